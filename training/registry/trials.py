"""Two students on the same cases: how far they are apart, and whether that may be chance.

Everything is paired, case by case. Intervals are bootstrapped over the cases, 95 %; the probability that so
many cases changed sides in favour of one by chance is that of the exact test of McNemar.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from training.evaluation.report import Result

DRAWS = 2000
SEED = 20
LOW, HIGH = 0.025, 0.975

Measured = Callable[[Result], bool]
Rows = np.ndarray[Any, np.dtype[np.float64]]


class TrialError(Exception):
    """Two students cannot be compared: one line that says why."""


@dataclass(frozen=True)
class Share:
    """A share of ``cases``, of both students; ``difference`` is the candidate's minus the other's, between
    ``low`` and ``high``. ``gained`` cases only the candidate has right, ``lost`` only the other; so uneven or
    more they would be by chance with the probability ``chance``."""

    name: str
    cases: int
    candidate: float
    other: float
    difference: float
    low: float
    high: float
    gained: int
    lost: int
    chance: float


@dataclass(frozen=True)
class Speed:
    """Median milliseconds per decision; ``ratio`` is the candidate's to the other's."""

    candidate: float
    other: float
    ratio: float
    low: float
    high: float


SHARES: dict[str, tuple[Measured, Measured | None]] = {
    "tool accuracy": (lambda one: one.verdict.tool, None),
    "call accuracy": (lambda one: one.verdict.call, None),
    "restraint": (lambda one: one.made.answered, lambda one: one.case.wants_answer),
    "parse rate": (lambda one: one.made.parsed, None),
}
"""What is measured, and of which cases; of all where None."""


def shares(candidate: Sequence[Result], other: Sequence[Result]) -> list[Share]:
    """Each share that there are cases for. Raises TrialError where the cases are not the same."""
    if [one.case.id for one in candidate] != [one.case.id for one in other] or not candidate:
        raise TrialError("the two students were not asked the same cases")
    found = []
    for name, (measured, counts) in SHARES.items():
        pairs = [
            (measured(one), measured(two))
            for one, two in zip(candidate, other, strict=True)
            if counts is None or counts(one)
        ]
        if pairs:
            found.append(_share(name, pairs))
    return found


def speed(candidate: Sequence[Result], other: Sequence[Result]) -> Speed | None:
    """Over the cases that both decided; None where there is none."""
    pairs = [
        (one.made.latency_ms, two.made.latency_ms)
        for one, two in zip(candidate, other, strict=True)
        if one.made.parsed and two.made.parsed and one.made.latency_ms and two.made.latency_ms
    ]
    if not pairs:
        return None
    rows = np.array(pairs)
    ratios = [one[0] / one[1] for one in (np.median(drawn, axis=0) for drawn in _draws(rows))]
    low, high = np.quantile(ratios, [LOW, HIGH])
    mine, others = np.median(rows, axis=0)
    return Speed(*(round(float(value), 3) for value in (mine, others, mine / others, low, high)))


def mcnemar(gained: int, lost: int) -> float:
    """The probability of so uneven a split where both sides are as likely; 1 where nothing changed."""
    changed = gained + lost
    tail = sum(math.comb(changed, count) for count in range(min(gained, lost) + 1))
    return min(1.0, 2 * tail / (1 << changed))


def _share(name: str, pairs: Sequence[tuple[bool, bool]]) -> Share:
    """Drawing cases with replacement is drawing how many of them changed to either side."""
    count = len(pairs)
    gained = sum(one and not two for one, two in pairs)
    lost = sum(two and not one for one, two in pairs)
    odds = [gained / count, lost / count, (count - gained - lost) / count]
    drawn = np.random.default_rng(SEED).multinomial(count, odds, size=DRAWS)
    low, high = np.quantile((drawn[:, 0] - drawn[:, 1]) / count, [LOW, HIGH])
    mine, others = (sum(column) / count for column in zip(*pairs, strict=True))
    return Share(
        name=name,
        cases=count,
        candidate=round(mine, 4),
        other=round(others, 4),
        difference=round(mine - others, 4),
        low=round(float(low), 4),
        high=round(float(high), 4),
        gained=gained,
        lost=lost,
        chance=float(f"{mcnemar(gained, lost):.3g}"),
    )


def _draws(rows: Rows) -> Iterator[Rows]:
    """The rows drawn with replacement, DRAWS times."""
    dice = np.random.default_rng(SEED)
    for _ in range(DRAWS):
        yield rows[dice.integers(len(rows), size=len(rows))]
