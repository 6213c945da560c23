"""The ranker: how likely each tool is right for a request, the likeliest first.

Invariant: a ranking holds every tool that it was given, once; a tool that the request wishes by name comes
first. A tool of which enough was learned is ranked by its weights, any other by its description; both are
probabilities, so that they compare.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tools.protocol.messages import Signature
from tools.selection.features import Key, buckets_of, keys
from tools.selection.model import ModelError, RankerModel, load_model, shipped_model
from tools.selection.named import named
from tools.selection.similarity import SharedWords, Similarity

MOST_REMEMBERED = 1 << 15
WISHED = 0.95

Row = tuple[tuple[int, ...], int]


class Ranked(NamedTuple):
    """One tool's place. ``probability`` is 0..1, of its own: several tools may be right.

    ``learned`` says that it was ranked by evidence, ``named`` that the request holds its name; one that
    is wished by name is as good as certain.
    """

    tool: str
    probability: float
    learned: bool
    named: bool = False


class Ranker:
    """Ranks by one model. ``similarity`` serves the tools that the model does not know."""

    def __init__(self, model: RankerModel, similarity: Similarity | None = None) -> None:
        self.model = model
        self._similarity = similarity or SharedWords.of(model)
        self._weights = memoryview(model.weights).cast("b")
        self._column = {tool: index for index, tool in enumerate(model.tools)}
        self._rows: dict[Key, Row] = {}

    def rank(self, request: str, tools: Sequence[Signature]) -> tuple[Ranked, ...]:
        """Every one of ``tools``, the likeliest first; the order given where two are equal."""
        names = tuple(tool.name for tool in tools)
        found = named(request, names)
        ranked = [
            Ranked(name, _probability(odds), name in self._column, name in found.mentioned)
            for name, odds in zip(names, self._odds(request, tools), strict=True)
        ]
        for place, one in enumerate(ranked):
            if one.tool in found.wished:
                ranked[place] = one._replace(probability=max(one.probability, WISHED))
        ranked.sort(key=lambda one: (one.tool not in found.wished, -one.probability))
        return tuple(ranked)

    def _odds(self, request: str, tools: Sequence[Signature]) -> list[float]:
        learned = dict(zip(self.model.tools, self.learned_odds(request), strict=True))
        unknown = [tool for tool in tools if tool.name not in learned]
        if unknown:
            described = self._similarity(request, unknown)
            learned |= dict(zip((tool.name for tool in unknown), described, strict=True))
        return [learned[tool.name] for tool in tools]

    def learned_odds(self, request: str) -> list[float]:
        """Log-odds of each tool of the model, in its order."""
        known = self._rows
        rows = [known.get(key) or self._row(key) for key in keys(request)]
        share = 1 / math.sqrt(sum([size for _, size in rows]))
        sums = map(sum, zip(*[row for row, _ in rows], strict=True))
        return [
            value * share * scale + bias
            for value, scale, bias in zip(sums, self.model.scales, self.model.biases, strict=True)
        ]

    def _row(self, key: Key) -> Row:
        """The summed weights of a word or pair and of how many features, kept: the same ones come again."""
        if len(self._rows) >= MOST_REMEMBERED:
            self._rows.clear()
        width = len(self.model.tools)
        found = buckets_of(key)
        parts = (self._weights[bucket * width : (bucket + 1) * width] for bucket in found)
        row = self._rows[key] = (tuple(map(sum, zip(*parts, strict=True))), len(found))
        return row


def open_ranker(path: Path | None = None) -> tuple[Ranker, str]:
    """The ranker fitted to the person's own log, else the shipped one; and what is wrong with their own."""
    if path is not None and path.exists():
        try:
            return Ranker(load_model(path)), ""
        except ModelError as error:
            return Ranker(shipped_model()), f"{error}; the shipped ranker is used"
    return Ranker(shipped_model()), ""


def _probability(odds: float) -> float:
    """The logistic function, for any size of ``odds``."""
    return 1 / (1 + math.exp(-odds)) if odds > -700 else 0.0
