"""How much of the whole a selection shows."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from training.curation.base import Numbers, Vectors

COVERAGE_OF = 20_000
"""Decisions that the coverage is measured on, evenly spread; all would take time with their square."""
_BLOCK = 4096


def diversity_of(vectors: "Vectors", tools: Sequence[str], selected: "Numbers") -> dict[str, Any]:
    """``distance``: mean of 1 - cosine between two that were selected, None where there are not two.
    ``coverage``: mean cosine of a decision to the nearest that was selected. ``tools``: share of the
    tools that are still there. ``evenness``: entropy of the tools over the highest that it could be.
    """
    left = Counter(tools[place] for place in selected)
    return {
        "distance": _distance(vectors[selected]),
        "coverage": _coverage(vectors, vectors[selected]),
        "tools": len(left) / len(set(tools)) if tools else 1.0,
        "evenness": _evenness(left),
    }


def _distance(chosen: "Vectors") -> float | None:
    count = len(chosen)
    if count < 2:
        return None
    whole = chosen.sum(axis=0)
    cosines = float(whole @ whole - (chosen * chosen).sum()) / (count * (count - 1))
    return round(1 - cosines, 4)


def _coverage(vectors: "Vectors", chosen: "Vectors") -> float:
    if not len(vectors) or not len(chosen):
        return 0.0
    vectors = vectors[:: -(-len(vectors) // COVERAGE_OF)]
    whole = 0.0
    for start in range(0, len(vectors), _BLOCK):
        whole += float((vectors[start : start + _BLOCK] @ chosen.T).max(axis=1).sum())
    return round(whole / len(vectors), 4)


def _evenness(counts: Counter[str]) -> float:
    if len(counts) < 2:
        return 1.0
    whole = sum(counts.values())
    entropy = -sum(count / whole * math.log(count / whole) for count in counts.values())
    return round(entropy / math.log(len(counts)), 4)
