"""What a decision teaches: the right call, the wrong one, or nothing that anybody knows.

Invariant: who was right is what ``training.labels`` says, and nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from training.curation.base import Row
from training.labels import label_of

Source = Literal["said", "proved", "taught", "survived"]
_UNKNOWN = 0.3


@dataclass(frozen=True)
class Lesson:
    """``tool`` is empty where only the wrong call is known, ``rejected_tool`` where there is no wrong one.
    ``strength`` is how sure that is, 0 to 1."""

    source: Source
    strength: float = 1.0
    tool: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    rejected_tool: str = ""
    rejected_arguments: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""


def lesson_of(row: Row) -> Lesson | None:
    """None where nothing tells right from wrong."""
    label = label_of(row)
    if label.source == "none" or not label.is_known:
        return None
    return Lesson(
        label.source,
        label.strength,
        label.tool,
        label.arguments,
        label.rejected_tool,
        label.rejected_arguments,
        label.reason,
    )


def quality_of(row: Row) -> float:
    """How much an example of this decision is worth, 0 to 1: the strength of its label, 0.3 without any.

    A ``teacher_grade`` (0 to 1), where nobody said anything, is half of it. The student's loss takes a fifth
    of the scale: what it knows by heart teaches it little. It is how unsure the student was of a tool that a
    person or a teacher says was right; where it only survived, being unsure may mean that it was wrong.
    """
    lesson = lesson_of(row)
    worth = _UNKNOWN if lesson is None else lesson.strength
    grade, sure = row.get("teacher_grade"), row.get("confidence")
    if grade is not None and (lesson is None or lesson.source != "said"):
        worth = (worth + float(grade)) / 2
    known = lesson is not None and lesson.source != "survived" and lesson.tool == row.get("tool_selected")
    if known and sure is not None:
        worth = 0.8 * worth + 0.2 * (1.0 - min(max(float(sure), 0.0), 1.0))
    return worth
