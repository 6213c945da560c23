"""What the log says of the calls of a session: how sure the student was, what came of them, what was said.

The session holds the conversation alone; this is read where an earlier one is shown again.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tools.calls import ToolCall

if TYPE_CHECKING:
    from training.events.base import EventLog

SHOWN_VERDICTS = frozenset({"good", "bad", "corrected", "undone", "refused"})


@dataclass(frozen=True)
class Mark:
    """Of one call. ``success`` is None where no outcome is known; ``verdict`` is empty without a review that
    a user gave of their own accord."""

    confidence: float = 0.0
    success: bool | None = None
    took_ms: float = 0.0
    verdict: str = ""


Marks = Mapping[tuple[int, str], Sequence[Mark]]
"""By the place of the message that made the calls and their tool, newest first."""


def marks_of(log: "EventLog", session_id: str) -> Marks:
    """The marks of a session. Raises EventLogError."""
    # Only here: the transcript shows marks, and its first paint reads no log.
    from training.events.decisions import rows

    found: dict[tuple[int, str], list[Mark]] = defaultdict(list)
    for row in rows(log, session_id=session_id):
        outcome, review = row["outcome"] or {}, row["review"] or {}
        verdict = str(review.get("verdict") or "")
        mark = Mark(
            float(row["confidence"] or 0.0),
            outcome.get("success"),
            float(outcome.get("execution_time_ms") or 0.0),
            verdict if verdict in SHOWN_VERDICTS else "",
        )
        found[(row["context"].get("message_index", -1), row["tool_selected"])].append(mark)
    return dict(found)


def marks_at(marks: Marks, index: int, calls: Sequence[ToolCall]) -> list[Mark | None]:
    """The mark of each of the ``calls`` that the message at ``index`` made.

    Where a conversation was rewound, places come again: the newest calls at a place are those that stand.
    """
    left: dict[str, list[Mark]] = {}
    for tool in {call.tool for call in calls}:
        number = sum(call.tool == tool for call in calls)
        left[tool] = list(marks.get((index, tool), ())[:number])
    return [left[call.tool].pop() if left[call.tool] else None for call in calls]
