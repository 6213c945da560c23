"""The ranker's weights as a small file: what was learned of each tool, and how rare each feature is.

Invariant: a model that loads can rank; anything else in the file is a ModelError that names it. Weights are
whole numbers of one byte with a scale for each tool: 100 KB in memory, half of that on disk, and no library
is needed to read them.
"""

import base64
import binascii
import json
import math
import os
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from tools.selection.features import BUCKETS

FORMAT = 1
RARITY_STEPS = 16
LARGEST_FILE = 64 << 20


class ModelError(Exception):
    """A ranker's file cannot be used: one line that names it and says how to mend it."""


@dataclass(frozen=True)
class RankerModel:
    """What was learned, ready to rank by.

    ``weights`` holds BUCKETS rows of ``len(tools)`` signed bytes; times the tool's scale they are log-odds.
    ``rarity`` has one byte per bucket: the inverse document frequency in steps of 1/16. ``evidence`` counts
    the requests that a tool was right for. ``slope`` and ``offset`` turn the likeness of a request and a
    description (0..1) into log-odds, for tools that are not in ``tools``. ``facts`` say how it was made.
    """

    tools: tuple[str, ...]
    weights: bytes
    scales: tuple[float, ...]
    biases: tuple[float, ...]
    rarity: bytes
    slope: float
    offset: float
    evidence: Mapping[str, int] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        sizes = (len(self.weights), len(self.scales), len(self.biases), len(self.rarity))
        wanted = (BUCKETS * len(self.tools), len(self.tools), len(self.tools), BUCKETS)
        if sizes != wanted:
            raise ModelError(f"the ranker's parts have sizes {sizes}, and {wanted} fit its tools")
        if not all(map(math.isfinite, (*self.scales, *self.biases, self.slope, self.offset))):
            raise ModelError("the ranker holds a number that is none")


def save_model(model: RankerModel, path: Path) -> None:
    """Write a model, whole or not at all. Raises OSError."""
    content = {
        "format": FORMAT,
        "facts": dict(model.facts),
        "tools": list(model.tools),
        "evidence": dict(model.evidence),
        "scales": list(model.scales),
        "biases": list(model.biases),
        "slope": model.slope,
        "offset": model.offset,
        "weights": _packed(model.weights),
        "rarity": _packed(model.rarity),
    }
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.new")
    unfinished.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    unfinished.replace(path)


def load_model(path: Path) -> RankerModel:
    """Read a model. Raises ModelError."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise ModelError(
                f"{path}: too large for a ranker; remove it, or make it again: apprentice tools fit"
            )
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"{path}: cannot be read: {error}") from None
    return _parsed(text, str(path))


@lru_cache(maxsize=1)
def shipped_model() -> RankerModel:
    """The model that comes with the program, fitted on the seed requests alone."""
    file = resources.files("tools.selection") / "ranker.json"
    return _parsed(file.read_text("utf-8"), "ranker.json")


def _parsed(text: str, source: str) -> RankerModel:
    mend = "remove it, or make it again: apprentice tools fit"
    try:
        content = json.loads(text)
        if content["format"] != FORMAT:
            raise ModelError(f"{source}: has format {content['format']!r}, not {FORMAT}; {mend}")
        tools = tuple(str(name) for name in content["tools"])
        return RankerModel(
            tools=tools,
            weights=_unpacked(content["weights"], BUCKETS * len(tools)),
            scales=tuple(float(scale) for scale in content["scales"]),
            biases=tuple(float(bias) for bias in content["biases"]),
            rarity=_unpacked(content["rarity"], BUCKETS),
            slope=float(content["slope"]),
            offset=float(content["offset"]),
            evidence={str(name): int(count) for name, count in content["evidence"].items()},
            facts=dict(content["facts"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, zlib.error) as error:
        raise ModelError(f"{source}: no ranker ({type(error).__name__}: {error}); {mend}") from None
    except ModelError as error:
        raise ModelError(str(error) if source in str(error) else f"{source}: {error}; {mend}") from None


def _packed(data: bytes) -> str:
    return base64.b64encode(zlib.compress(data, 9)).decode("ascii")


def _unpacked(text: str, size: int) -> bytes:
    """At most one byte more than ``size``, whatever the text would unfold to."""
    try:
        compressed = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None
    return zlib.decompressobj().decompress(compressed, size + 1)
