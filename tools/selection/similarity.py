"""How well a request fits tools of which only the description is known.

This is what ranks a tool from elsewhere (an MCP server, another agent) before there is any evidence of it.
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Protocol, Self

from tools.protocol.messages import Signature
from tools.selection.features import buckets
from tools.selection.model import RARITY_STEPS, RankerModel

Vector = Sequence[float]


class Similarity(Protocol):
    """Log-odds that each of ``tools`` is right for ``request``, in their order."""

    def __call__(self, request: str, tools: Sequence[Signature]) -> list[float]: ...


def told(tool: Signature) -> str:
    """All that a signature says in words: its name, its description, its parameters."""
    properties = tool.parameters.get("properties", {})
    parts = [tool.name, tool.description]
    for name, schema in properties.items() if isinstance(properties, dict) else ():
        parts += [name, str(schema.get("description", "")) if isinstance(schema, dict) else ""]
    return " ".join(part.replace("_", " ").replace("-", " ") for part in parts if part)


class SharedWords:
    """The cosine of the hashed features of both, rare ones counting more. ``rarity`` as in the model."""

    def __init__(self, rarity: bytes, slope: float, offset: float) -> None:
        self._rarity = rarity
        self._slope = slope
        self._offset = offset
        self._described = lru_cache(maxsize=1024)(self._vector)

    @classmethod
    def of(cls, model: RankerModel) -> Self:
        """With what a ranker's model knows of rarity and likeness."""
        return cls(model.rarity, model.slope, model.offset)

    def __call__(self, request: str, tools: Sequence[Signature]) -> list[float]:
        return [self._slope * likeness + self._offset for likeness in self.likeness(request, tools)]

    def likeness(self, request: str, tools: Sequence[Signature]) -> list[float]:
        """Cosines, 0..1."""
        asked = self._vector(request)
        return [_dot(asked, self._described(told(tool))) for tool in tools]

    def _vector(self, text: str) -> dict[int, float]:
        """A sparse vector of length 1; empty where the text holds no word."""
        raw = {
            bucket: math.sqrt(count) * self._rarity[bucket] / RARITY_STEPS
            for bucket, count in Counter(buckets(text)).items()
        }
        norm = math.sqrt(sum(value * value for value in raw.values()))
        return {bucket: value / norm for bucket, value in raw.items()} if norm else {}


class Embedded:
    """The same over a model's embeddings: ``embed`` gives one vector for each text.

    ``slope`` and ``offset`` turn a cosine into log-odds and belong to the model that embeds.
    """

    def __init__(
        self, embed: Callable[[Sequence[str]], Sequence[Vector]], slope: float, offset: float
    ) -> None:
        self._embed = embed
        self._slope = slope
        self._offset = offset
        self._known: dict[str, Vector] = {}

    def __call__(self, request: str, tools: Sequence[Signature]) -> list[float]:
        texts = [told(tool) for tool in tools]
        missing = [text for text in dict.fromkeys(texts) if text not in self._known]
        asked, *new = self._embed([request, *missing])
        self._known |= dict(zip(missing, new, strict=True))
        return [self._slope * _cosine(asked, self._known[text]) + self._offset for text in texts]


def _dot(first: dict[int, float], second: dict[int, float]) -> float:
    if len(second) < len(first):
        first, second = second, first
    return sum(value * second[bucket] for bucket, value in first.items() if bucket in second)


def _cosine(first: Vector, second: Vector) -> float:
    product = sum(a * b for a, b in zip(first, second, strict=True))
    norms = math.sqrt(sum(a * a for a in first) * sum(b * b for b in second))
    return product / norms if norms else 0.0
