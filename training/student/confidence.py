"""How sure a choice of a name is, from the shares of the branches that it was chosen among.

``Branches`` has one entry for each choice on the way down the token trie: ``(label, share)`` pairs that add
up to 1, the branch taken first. A temperature above 1 makes all of it less sure, one below 1 surer; it never
changes what was chosen.
"""

import math
from collections.abc import Sequence

from training.student.base import Branches

SHOWN_ALTERNATIVES = 5


def weighed(branches: Branches, temperature: float = 1.0) -> tuple[float, tuple[tuple[str, float], ...]]:
    """The probability of the name that was chosen, and the likeliest others with theirs, best first."""
    confidence = 1.0
    others: list[tuple[str, float]] = []
    for branch in branches:
        taken, *rest = _tempered(branch, temperature)
        others += [(label, confidence * share) for (label, _), share in zip(branch[1:], rest, strict=True)]
        confidence *= taken
    others.sort(key=lambda pair: -pair[1])
    return confidence, tuple(others[:SHOWN_ALTERNATIVES])


def confidence_of(branches: Branches, temperature: float = 1.0) -> float:
    """The probability of the name that was chosen."""
    return math.prod(_tempered(branch, temperature)[0] for branch in branches)


def _tempered(branch: Sequence[tuple[str, float]], temperature: float) -> list[float]:
    """Shares as if the logits behind them had been divided by ``temperature``."""
    largest, power = branch[0][1], 1 / temperature
    powers = [(share / largest) ** power for _, share in branch]
    total = sum(powers)
    return [one / total for one in powers]
