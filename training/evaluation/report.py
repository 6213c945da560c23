"""What an evaluation found, as facts that ``--json`` prints.

Accuracies are shares of the cases; ``tool_accuracy`` asks for the right tool, ``call_accuracy`` for its
arguments too, and where an answer was right, for an answer. ``restraint`` is the share answered of the cases
that want an answer, ``parse_rate`` of those where the student made a whole call or an answer. Intervals are
Wilson's, 95 %. Percentiles are of the nearest rank.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tools.protocol.calls import ANSWER
from training.evaluation.calibration import expected_calibration_error, judged
from training.evaluation.cases import Case
from training.evaluation.judging import Verdict, described, judge
from training.evaluation.predictions import Prediction
from training.student.base import Branches

Facts = dict[str, Any]
_Z = 1.96


@dataclass(frozen=True)
class Result:
    """One case, what was decided, and whether it was right."""

    case: Case
    made: Prediction
    verdict: Verdict


def results(cases: Sequence[Case], predictions: Sequence[Prediction]) -> list[Result]:
    """The predictions judged. Both are in the same order."""
    return [Result(case, made, judge(case, made)) for case, made in zip(cases, predictions, strict=True)]


def report(judged_cases: Sequence[Result]) -> Facts:
    """Everything that was measured."""
    decided = [one for one in judged_cases if one.made.parsed]
    wanting = [one for one in judged_cases if one.case.wants_answer]
    facts: Facts = {
        "cases": len(judged_cases),
        "tool_accuracy": share(one.verdict.tool for one in judged_cases),
        "call_accuracy": share(one.verdict.call for one in judged_cases),
        "tool_accuracy_95": interval([one.verdict.tool for one in judged_cases]),
        "call_accuracy_95": interval([one.verdict.call for one in judged_cases]),
        "restraint": share(one.made.answered for one in wanting),
        "parse_rate": share(one.made.parsed for one in judged_cases),
        "latency_ms": percentiles([one.made.latency_ms for one in decided]),
        "prompt_tokens": round(_mean([one.made.prompt_tokens for one in decided])),
        **_confidence(judged_cases),
    }
    official = [one.verdict.bfcl for one in judged_cases if one.verdict.bfcl is not None]
    if official:
        facts["bfcl_accuracy"] = share(official)
    return {
        **facts,
        "tags": _grouped(judged_cases, lambda one: one.case.tags),
        "tools": _grouped(judged_cases, lambda one: (expected_tool(one.case),)),
        "failures": [failure(one) for one in judged_cases if not one.verdict.call],
    }


def expected_tool(case: Case) -> str:
    """The tool that a case is counted under: the first that is right."""
    return case.expected[0].tool if case.rule != "some_call" else "any tool"


def failure(one: Result) -> Facts:
    """What was asked, what was decided, and why that is wrong."""
    return {
        "id": one.case.id,
        "request": one.case.request,
        "expected": [described(right) for right in one.case.expected],
        "got": [{"tool": call.tool, "arguments": call.arguments} for call in one.made.calls]
        or ([{"tool": ANSWER, "text": one.made.answer}] if one.made.parsed else []),
        "why": one.verdict.why,
        "confidence": round(one.made.confidence, 4),
    }


def decisions_of(judged_cases: Iterable[Result]) -> list[tuple[Branches, bool]]:
    """What a temperature is fitted to: names that were chosen among several, and whether each is right."""
    return [(one.made.branches, name_right(one)) for one in judged_cases if one.made.branches]


def name_right(one: Result) -> bool:
    """Whether the name that was chosen is right, whatever became of its arguments."""
    if one.case.rule == "some_call":
        return one.made.chosen != ANSWER
    return one.made.chosen in {right.tool for right in one.case.expected}


def _confidence(judged_cases: Sequence[Result]) -> Facts:
    """Calibration errors: of the confidence as said and as decoded; None where there is none."""
    said = [(one.made.confidence, name_right(one)) for one in judged_cases if one.made.confidence]
    decoded = judged(decisions_of(judged_cases))
    return {
        "ece": round(expected_calibration_error(said), 4) if said else None,
        "ece_uncalibrated": round(expected_calibration_error(decoded), 4) if decoded else None,
    }


def _grouped(judged_cases: Sequence[Result], names: Callable[[Result], Iterable[str]]) -> dict[str, Facts]:
    groups: dict[str, list[Result]] = {}
    for one in judged_cases:
        for name in names(one):
            groups.setdefault(name, []).append(one)
    return {
        name: {
            "cases": len(group),
            "tool_accuracy": share(one.verdict.tool for one in group),
            "call_accuracy": share(one.verdict.call for one in group),
        }
        for name, group in sorted(groups.items())
    }


def share(right: Iterable[bool]) -> float | None:
    """None of nothing."""
    all_of_them = list(right)
    return round(sum(all_of_them) / len(all_of_them), 4) if all_of_them else None


def interval(right: Sequence[bool]) -> list[float]:
    count, part = len(right), sum(right) / len(right)
    middle = (part + _Z**2 / (2 * count)) / (1 + _Z**2 / count)
    half = _Z / (1 + _Z**2 / count) * math.sqrt(part * (1 - part) / count + _Z**2 / (4 * count**2))
    return [round(max(middle - half, 0.0), 4), round(min(middle + half, 1.0), 4)]


def percentiles(values: Sequence[float]) -> Facts:
    ordered = sorted(values)
    if not ordered:
        return {"p50": None, "p95": None, "p99": None}
    return {
        f"p{share}": round(ordered[max(math.ceil(share / 100 * len(ordered)) - 1, 0)], 2)
        for share in (50, 95, 99)
    }


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
