"""What a decision teaches: the right call, the wrong one, or nothing that anybody knows.

Invariant: only what succeeded, or what a person or a teacher named, is right; what was refused is wrong, with
the reason; a call that was allowed and then failed teaches neither.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from training.curation.base import Row
from training.events.worth import judged
from training.products.distillation import taught

Source = Literal["person", "teacher", "outcome"]
TEACHER_SURE = 0.8
"""Taken for the confidence of a teacher that gave none."""
_WORTH: Mapping[str, float] = {"person": 1.0, "outcome": 0.6}
_UNKNOWN = 0.3


@dataclass(frozen=True)
class Lesson:
    """``tool`` is empty where only the wrong call is known, ``rejected_tool`` where there is no wrong one."""

    source: Source
    tool: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    rejected_tool: str = ""
    rejected_arguments: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""


def lesson_of(row: Row) -> Lesson | None:
    """None where nothing tells right from wrong."""
    found = taught(row)
    if found is None:
        return None
    source, target, rejected = found
    if source == "person" and judged(row) and _allowed_and_failed(row):
        return None
    right, wrong = target or ("", None), rejected or ("", None)
    reason = (row.get("review") or {}).get("reason") or ""
    return Lesson(
        source, str(right[0]), dict(right[1] or {}), str(wrong[0]), dict(wrong[1] or {}), str(reason)
    )


def quality_of(row: Row) -> float:
    """How much an example of this decision is worth, 0 to 1, by the strongest evidence that there is.

    A person's word counts 1, a teacher's as much as the teacher was sure, a success 0.6, nothing 0.3. A
    ``teacher_grade`` (0 to 1), where nobody reviewed, is half of it. The student's loss takes a fifth of the
    scale: what it knows by heart teaches it little. It is how unsure the student was of a tool that a person
    or a teacher says was right; where only the outcome says so, being unsure may mean that it was wrong.
    """
    lesson = lesson_of(row)
    if lesson is None:
        worth = _UNKNOWN
    elif lesson.source == "teacher":
        sure = row.get("teacher_confidence")
        worth = TEACHER_SURE if sure is None else float(sure)
    else:
        worth = _WORTH[lesson.source]
    grade, sure = row.get("teacher_grade"), row.get("confidence")
    if grade is not None and (lesson is None or lesson.source != "person"):
        worth = (worth + float(grade)) / 2
    known = lesson is not None and lesson.source != "outcome" and lesson.tool == row.get("tool_selected")
    if known and sure is not None:
        worth = 0.8 * worth + 0.2 * (1.0 - min(max(float(sure), 0.0), 1.0))
    return worth


def _allowed_and_failed(row: Row) -> bool:
    """``approved`` is said before a call runs, so that it says nothing of what came of it."""
    approved = (row.get("review") or {}).get("verdict") == "approved"
    return approved and (row.get("outcome") or {}).get("success") is False
