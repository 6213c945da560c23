"""Whether a candidate should take the place of the student that serves.

Invariant: it is better only where the right calls, the right tools or the restraint clearly grew, and neither
of these, nor the parse rate, nor the speed, clearly fell; "clearly" is outside of what chance would do in 95
of 100 trials. Everything else is said as what it is.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from training.evaluation.report import Result
from training.models.settings import LEAST_DECISIONS
from training.registry.base import Gate
from training.registry.trials import Share, Speed, shares, speed

Outcome = Literal["better", "not worse", "worse", "unclear", "not enough"]

DECIDING = ("call accuracy", "tool accuracy", "restraint")
CHANCE = 0.05
MARGIN = 0.02
"""A share that may have fallen by no more than this is not worse."""
SLOWER = 1.1
UNPROVED: Gate = "not enough to prove"
MORE_HELD_OUT = "hold more out: curate more decisions, with a larger share for validation"
MORE_CASES = "name a file of more cases, or work on and review what it did, then compare again"


def not_enough(decisions: int, least: int) -> str:
    """That so few held-out decisions prove nothing, and how many are missing."""
    missing = least - decisions
    return (
        f"{UNPROVED}: {decisions:,} held-out decisions, {least:,} are needed (models.least_decisions), "
        f"{missing:,} more"
    )


@dataclass(frozen=True)
class Promotion:
    """``said`` is the reason, in one line. ``speed`` is None where nothing was timed."""

    outcome: Outcome
    said: str
    shares: tuple[Share, ...]
    speed: Speed | None

    def allowed(self, *, not_worse_is_enough: bool = False) -> bool:
        """Whether the candidate may take the other's place."""
        return self.outcome == "better" or (not_worse_is_enough and self.outcome == "not worse")

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def compared(candidate: Sequence[Result], other: Sequence[Result], least: int = LEAST_DECISIONS) -> Promotion:
    """The candidate against the student that serves, on the same cases; fewer than ``least`` prove nothing.

    Raises TrialError.
    """
    found, times = tuple(shares(candidate, other)), speed(candidate, other)
    if len(candidate) < least:
        return Promotion("not enough", f"{not_enough(len(candidate), least)}; {MORE_CASES}", found, times)
    outcome, said = _judged(found, times)
    return Promotion(outcome, said, found, times)


def _judged(found: Sequence[Share], times: Speed | None) -> tuple[Outcome, str]:
    fallen = [one for one in found if one.high < 0]
    if fallen:
        return "worse", f"worse: {_words(fallen[0])}"
    if times is not None and times.low > SLOWER:
        return "worse", f"slower: {times.candidate:.0f} ms per decision against {times.other:.0f} ms"
    grown = [one for name in DECIDING for one in found if one.name == name and _grew(one)]
    if grown:
        return "better", f"better: {_words(grown[0])}; nothing clearly fell"
    if all(one.low >= -MARGIN for one in found):
        return (
            "not worse",
            f"not worse: no share fell by more than {100 * MARGIN:.0f} points, none clearly grew",
        )
    least = min(found, key=lambda one: one.low)
    return "unclear", f"unclear, more cases are needed: {_words(least)}"


def _grew(one: Share) -> bool:
    return one.low > 0 and one.chance < CHANCE


def _words(one: Share) -> str:
    return (
        f"{one.name} {one.candidate:.1%} against {one.other:.1%} in {one.cases:,} cases "
        f"({100 * one.low:+.1f} to {100 * one.high:+.1f} points, p {one.chance:.1g})"
    )
