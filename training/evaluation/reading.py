"""How well a student reads: where it points, what it is sure of, what it says is not there.

Shares are of the cases, intervals Wilson's, 95 %. ``right`` is the right line before any bound, or the right
other form; ``sure`` are the lines that are shown as the answer; ``possible`` those of which three are shown.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from tools.protocol.messages import Reading
from training.evaluation.reading_cases import ReadingCase
from training.evaluation.report import Facts, interval, percentiles, share
from training.evaluation.unfinished import Form, Unfinished
from training.student.base import Pointed
from training.student.fusion import SHOWN, LineScore, Scores, fused, shares
from training.student.passages import LINE, Passage


class Scorer(Protocol):
    """Fulfilled by ``training.student.local.LocalStudent``."""

    async def scores(self, reading: Reading, question: str, passages: Sequence[Passage]) -> Scores: ...


@dataclass(frozen=True)
class Scored:
    """What the student made of one case."""

    case_id: str
    scores: Scores
    latency_ms: float


@dataclass(frozen=True)
class ReadingResult:
    """One case, and what came of its scores under some weights and bounds."""

    case: ReadingCase
    pointed: Pointed
    best: tuple[int, ...]
    """The likeliest lines before any bound."""
    latency_ms: float = 0.0

    @property
    def is_sure_line(self) -> bool:
        return self.pointed.form == LINE and self.pointed.sure

    @property
    def right(self) -> bool:
        if self.case.form != LINE:
            return self.pointed.form == self.case.form
        return self.pointed.form in (LINE, "none") and self.best[:1] != () and self.best[0] in self.case.lines

    @property
    def among_shown(self) -> bool:
        return self.pointed.form == LINE and bool({*self.best[:SHOWN]} & {*self.case.lines})


def _to_dict(one: Scored) -> dict[str, Any]:
    return asdict(one)


def _from_dict(data: Mapping[str, Any]) -> Scored:
    scores = data["scores"]
    lines = tuple(LineScore(**line) for line in scores["lines"])
    return Scored(data["case_id"], Scores(scores["forms"], lines, scores["unread"]), data["latency_ms"])


SCORED: Form[Scored] = Form(lambda one: one.case_id, _to_dict, _from_dict)


async def score_all(
    score: Callable[[ReadingCase], Awaitable[Scored]],
    cases: Sequence[ReadingCase],
    kept: Unfinished[Scored],
    told: Callable[[Scored], None],
) -> list[Scored]:
    """All cases, those of an interrupted run taken as they are. Raises StudentError or OSError."""
    for case in cases:
        if case.id not in kept.made:
            made = await score(case)
            kept.add(made)
            told(made)
    return [kept.made[case.id] for case in cases]


def reading_results(
    cases: Sequence[ReadingCase], scored: Sequence[Scored], reading: Reading
) -> list[ReadingResult]:
    """The scores under the weights and bounds of ``reading``. Both are in the same order."""
    made = []
    for case, one in zip(cases, scored, strict=True):
        spots, _ = shares(one.scores.lines, reading)
        best = tuple(spot.line for spot in spots[:SHOWN])
        made.append(ReadingResult(case, fused(one.scores, reading), best, one.latency_ms))
    return made


def reading_report(results: Sequence[ReadingResult]) -> Facts:
    """Everything that was measured."""
    lines = [one for one in results if one.case.form == LINE]
    asked = [one for one in results if one.case.form in (LINE, "none")]
    others = [one for one in results if one.case.form not in (LINE, "none")]
    sure = [one for one in asked if one.is_sure_line]
    not_found = [one for one in asked if one.pointed.form == "none"]
    absent = [one for one in asked if one.case.form == "none"]
    tags = sorted({tag for one in results for tag in one.case.tags})
    return {
        "cases": len(results),
        "with_a_line": len(lines),
        "right": share(one.right for one in lines),
        "right_95": interval([one.right for one in lines]) if lines else None,
        "among_three": share(one.among_shown for one in lines),
        "sure": share(one.is_sure_line for one in asked),
        "right_of_sure": share(_shown_right(one) for one in sure),
        "right_of_sure_95": interval([_shown_right(one) for one in sure]) if sure else None,
        "sure_lines": len(sure),
        "not_found_precision": share(one.case.form == "none" for one in not_found),
        "not_found_recall": share(one.pointed.form == "none" for one in absent),
        "without_a_line": len(absent),
        "other_forms_right": share(one.right for one in others),
        "other_forms": len(others),
        "latency_ms": percentiles([one.latency_ms for one in results]),
        "tags": {
            tag: {"cases": len(found), "right": share(one.right for one in found)}
            for tag in tags
            for found in [[one for one in results if tag in one.case.tags]]
        },
        "failures": [failure(one) for one in results if not one.right],
    }


def _shown_right(one: ReadingResult) -> bool:
    """Whether the line that is shown as the answer is one; nothing is where there is none."""
    return one.case.form == LINE and one.best[0] in one.case.lines


def failure(one: ReadingResult) -> Facts:
    """One case that went wrong."""
    return {
        "id": one.case.id,
        "question": one.case.question,
        "expected": [place + 1 for place in one.case.lines] or one.case.form,
        "said": one.pointed.form if one.pointed.form != LINE else "sure" if one.pointed.sure else "possible",
        "share": round(one.pointed.share, 3),
        "best": [place + 1 for place in one.best],
    }
