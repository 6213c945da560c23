"""Several teachers on the same decisions, and how far they agree.

Invariant: agreement is measured on what every teacher answered. Kappa is None where it says nothing: with one
teacher, no decision, or nothing but one label.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

from training.teachers.base import TeacherError, TeacherProvider
from training.teachers.grading import Decided
from training.teachers.relabelling import Label, relabel
from training.teachers.run import TeacherRun


@dataclass(frozen=True)
class Agreement:
    """``pairwise`` is the share of pairs of teachers with the same label, ``fleiss`` that beyond chance."""

    decisions: int
    teachers: int
    unanimous: float
    pairwise: float
    fleiss: float | None


@dataclass(frozen=True)
class Voted:
    """``labels`` of one decision by teacher; ``winner`` is what most of them say, None in a tie."""

    decided: Decided
    labels: tuple[Label, ...]
    winner: Label | None
    votes: int


@dataclass(frozen=True)
class Verdicts:
    """What a committee said. Agreement on the tool, and on the whole decision with its arguments."""

    voted: tuple[Voted, ...]
    on_tools: Agreement
    on_decisions: Agreement


async def committee(
    run: TeacherRun,
    providers: Sequence[TeacherProvider],
    decisions: Sequence[Decided],
    *,
    soft: bool = False,
    told: Callable[[int], None] = lambda done: None,
) -> Verdicts:
    """Every teacher labels every decision, in turn. Raises TeacherError with fewer than two teachers.

    ``told`` hears how many decisions are labelled, where each teacher's label is a part of one.
    """
    if len(providers) < 2:
        raise TeacherError("a committee needs two teachers at least")
    labels: dict[str, list[Label]] = {decided.id: [] for decided in decisions}
    answers = 0
    for provider in providers:
        async for one in relabel(run, provider, decisions, soft=soft):
            answers += 1
            told(answers // len(providers))
            if one.label is not None:
                labels[one.decided.id].append(one.label)
    voted = tuple(_vote(decided, tuple(labels[decided.id])) for decided in decisions)
    whole = [one.labels for one in voted if len(one.labels) == len(providers)]
    return Verdicts(
        voted,
        on_tools=agreement([[label.tool for label in one] for one in whole]),
        on_decisions=agreement([[label.decision for label in one] for one in whole]),
    )


def _vote(decided: Decided, labels: tuple[Label, ...]) -> Voted:
    counted = Counter(label.decision for label in labels).most_common(2)
    if not counted or (len(counted) > 1 and counted[0][1] == counted[1][1]):
        return Voted(decided, labels, None, counted[0][1] if counted else 0)
    winner = next(label for label in labels if label.decision == counted[0][0])
    return Voted(decided, labels, winner, counted[0][1])


def agreement(labels: Sequence[Sequence[str]]) -> Agreement:
    """Of the labels that the same number of teachers gave to each decision."""
    teachers = len(labels[0]) if labels else 0
    if teachers < 2:
        return Agreement(len(labels), teachers, 0.0, 0.0, None)
    same = [sum(one == other for one, other in combinations(each, 2)) for each in labels]
    pairs = teachers * (teachers - 1) / 2
    observed = sum(same) / (pairs * len(labels))
    shares = Counter(label for each in labels for label in each)
    total = teachers * len(labels)
    chance = sum((count / total) ** 2 for count in shares.values())
    return Agreement(
        decisions=len(labels),
        teachers=teachers,
        unanimous=sum(count == pairs for count in same) / len(labels),
        pairwise=observed,
        fleiss=None if chance == 1 else (observed - chance) / (1 - chance),
    )
