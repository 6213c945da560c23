"""Fitting the temperature under which a student's confidence means what it says.

A decision is the branches that its name was chosen from, and whether the name was right. The temperature is
the one under which what happened was likeliest. Errors after fitting are cross-fitted: each half of the
decisions is judged under the temperature that fits the other half.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from training.student.base import Branches
from training.student.confidence import confidence_of

Decided = tuple[Branches, bool]
Judged = tuple[float, bool]

BINS = 10
FEWEST = 100
COLDEST, HOTTEST = 0.05, 20.0
_GRID = 24
_GOLDEN = (math.sqrt(5) - 1) / 2
_CERTAIN = 1e-6


class CalibrationError(Exception):
    """Nothing can be fitted: one line that says why."""


@dataclass(frozen=True)
class Calibrated:
    """``ece_before`` at temperature 1; ``ece_after`` cross-fitted. ``right`` is the share of right names."""

    temperature: float
    decisions: int
    right: float
    ece_before: float
    ece_after: float


def fit_temperature(decisions: Sequence[Decided]) -> float:
    """Between COLDEST and HOTTEST: found on a grid, then by golden section."""

    def loss(logarithm: float) -> float:
        return surprise(judged(decisions, math.exp(logarithm)))

    low, high = math.log(COLDEST), math.log(HOTTEST)
    step = (high - low) / _GRID
    best = min((low + step * index for index in range(_GRID + 1)), key=loss)
    return math.exp(_golden(loss, max(best - step, low), min(best + step, high)))


def calibrate(decisions: Sequence[Decided]) -> Calibrated:
    """The temperature for these decisions, and what it is worth. Raises CalibrationError."""
    right = sum(one for _, one in decisions)
    if len(decisions) < FEWEST:
        raise CalibrationError(f"{len(decisions)} decisions have a confidence; {FEWEST} are needed")
    if right in (0, len(decisions)):
        raise CalibrationError(f"{right} of {len(decisions)} names are right; some of both kinds are needed")
    halves = decisions[::2], decisions[1::2]
    crossed = [
        *judged(halves[0], fit_temperature(halves[1])),
        *judged(halves[1], fit_temperature(halves[0])),
    ]
    return Calibrated(
        temperature=fit_temperature(decisions),
        decisions=len(decisions),
        right=right / len(decisions),
        ece_before=expected_calibration_error(judged(decisions)),
        ece_after=expected_calibration_error(crossed),
    )


def judged(decisions: Sequence[Decided], temperature: float = 1.0) -> list[Judged]:
    """The confidence of each decision under ``temperature``, and whether it was right."""
    return [(confidence_of(branches, temperature), right) for branches, right in decisions]


def surprise(decisions: Sequence[Judged]) -> float:
    """The mean negative log likelihood, in nats."""
    shares = (confidence if right else 1 - confidence for confidence, right in decisions)
    return -sum(math.log(max(share, _CERTAIN)) for share in shares) / len(decisions)


def expected_calibration_error(decisions: Sequence[Judged], bins: int = BINS) -> float:
    """How far confidence is from the share that is right, over bins of equal width weighted by their size."""
    filled: dict[int, list[Judged]] = {}
    for confidence, right in decisions:
        filled.setdefault(min(int(confidence * bins), bins - 1), []).append((confidence, right))
    gaps = (abs(sum(confidence - right for confidence, right in one)) for one in filled.values())
    return sum(gaps) / len(decisions) if decisions else 0.0


def _golden(loss: Callable[[float], float], low: float, high: float, tolerance: float = 5e-3) -> float:
    """Where ``loss`` is least between ``low`` and ``high``, if it falls and then rises."""
    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_left, at_right = loss(left), loss(right)
    while high - low > tolerance:
        if at_left < at_right:
            high, right, at_right = right, left, at_left
            left = high - _GOLDEN * (high - low)
            at_left = loss(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + _GOLDEN * (high - low)
            at_right = loss(right)
    return (low + high) / 2
