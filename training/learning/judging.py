"""Whether a student has learned corrections, and what it lost over it: right calls before and after.

Invariant: it has learned them only where wordings that were kept apart clearly improved, as chance would in
fewer than 5 of 100 trials, and where ordinary requests lost no more than one point.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tools.protocol.calls import ANSWER
from tools.protocol.messages import Message
from training.corrections.base import Correction
from training.datasets.example import Example
from training.evaluation.cases import Case, Expected
from training.evaluation.held_out import cases_of
from training.evaluation.report import Result
from training.registry.promotion import CHANCE
from training.registry.trials import mcnemar

KEPT, KNOWN, ORDINARY, NEAR = "kept wordings", "learned before", "ordinary requests", "near misses"
MOST_LOST = 0.01
_NAMED = 5


@dataclass(frozen=True)
class Figures:
    """Of cases of one kind, before or after."""

    cases: int
    right_tools: int
    right_calls: int

    def as_json(self) -> dict[str, int]:
        return dict(vars(self))


def kept_cases(kept: Sequence[tuple[Correction, str]], kind: str = KEPT) -> list[Case]:
    """Wordings that nobody learned from; ``group`` is the correction."""
    return [
        _case(f"{kind}-{at}", text, kind, _expected(one.tool, one.arguments), one.id)
        for at, (one, text) in enumerate(kept)
    ]


def near_case(at: int, request: str, expected: Expected | None = None) -> Case:
    """A near miss; ``expected`` is what the student decides now."""
    return _case(f"near-{at}", request, NEAR, expected or Expected(ANSWER, {}))


def present(result: Result) -> Expected | None:
    """What the student decided on a case; None where it could not, or made several calls."""
    if not result.made.parsed or len(result.made.calls) > 1:
        return None
    if result.made.answered:
        return Expected(ANSWER, {})
    return _expected(result.made.calls[0].tool, result.made.calls[0].arguments)


def ordinary_cases(examples: Sequence[Example]) -> list[Case]:
    """The decisions in scripted examples that nobody learned from."""
    found = cases_of(examples)
    return [
        Case(
            id=f"ordinary-{at}",
            messages=one.messages,
            expected=one.expected,
            signatures=one.signatures,
            system=one.system,
            tags=(ORDINARY,),
            rule=one.rule,
        )
        for at, one in enumerate(found)
    ]


def figures(results: Sequence[Result]) -> dict[str, Figures]:
    """By kind of case."""
    found = {}
    for kind in (KEPT, KNOWN, ORDINARY, NEAR):
        verdicts = [one.verdict for one in results if kind in one.case.tags]
        if verdicts:
            tools, calls = sum(one.tool for one in verdicts), sum(one.call for one in verdicts)
            found[kind] = Figures(len(verdicts), tools, calls)
    return found


def learned(after: Sequence[Result]) -> list[str]:
    """The ids of the corrections whose kept wordings are all right."""
    right: dict[str, bool] = {}
    for one in after:
        if one.case.group:
            right[one.case.group] = right.get(one.case.group, True) and one.verdict.call
    return [correction for correction, all_right in right.items() if all_right]


def objection(before: Sequence[Result], after: Sequence[Result]) -> str:
    """Why the student should not serve, with what would be needed; empty where it should. Paired cases."""
    kept = [(one, two) for one, two in zip(before, after, strict=True) if KEPT in one.case.tags]
    gained = sum(two.verdict.call and not one.verdict.call for one, two in kept)
    lost = sum(one.verdict.call and not two.verdict.call for one, two in kept)
    then, now = figures(before), figures(after)
    if not kept:
        return "no wording could be kept apart to judge by; correct requests in more words of your own"
    if gained <= lost or mcnemar(gained, lost) >= CHANCE:
        wrong = list(dict.fromkeys(two.case.request for _, two in kept if not two.verdict.call))
        named = ", ".join(repr(one) for one in wrong[:_NAMED])
        still = f"; still wrong: {named}" if named else ""
        return (
            f"{_words(then, now, KEPT)}: no clear improvement{still}; correct these habits in more words of "
            "your own, at least four each, and check that the corrected calls agree"
        )
    if ORDINARY in then:
        one, two = then[ORDINARY], now[ORDINARY]
        if (one.right_calls - two.right_calls) / one.cases > MOST_LOST:
            return (
                f"{_words(then, now, ORDINARY)}: more than one point lost; learn fewer habits at once "
                "(forget some: apprentice decisions forget ID), or review more ordinary decisions as good, "
                "which are replayed"
            )
    return ""


def _words(before: Mapping[str, Figures], after: Mapping[str, Figures], kind: str) -> str:
    one, two = before[kind], after[kind]
    return f"{kind}: {one.right_calls} of {one.cases} right before, {two.right_calls} after"


def _expected(tool: str, arguments: Mapping[str, Any]) -> Expected:
    if tool == ANSWER:
        return Expected(ANSWER, {})
    return Expected(tool, {name: (value,) for name, value in arguments.items()})


def _case(id_: str, request: str, kind: str, expected: Expected, group: str = "") -> Case:
    return Case(id_, (Message("user", request),), (expected,), tags=(kind,), group=group)
