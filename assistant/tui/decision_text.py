"""Decisions and their events as cells and Markdown. Pure functions.

Invariant: rows come as ``training.events.decisions`` gives them; every text of theirs is made inert here.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from assistant.commands.decisions import why_text
from assistant.commands.markdown import code, plain, table
from assistant.text_safety import clean_line
from assistant.tui.widgets.row_table import Column, TableRow
from training.events.base import Event, EventType

Row = Mapping[str, Any]
COLUMNS = (
    Column("TIME", 16),
    Column("TOOL", 13),
    Column("CONF", 4, right=True),
    Column("OUTCOME", 7),
    Column("REVIEW", 9),
    Column("REQUEST"),
)
_TONES = {
    "done": "good", "failed": "bad", "unknown": "muted",
    "good": "good", "bad": "bad", "refused": "bad", "corrected": "bad",
}  # fmt: skip
_OUTCOME, _REVIEW = 3, 4


def decision_row(row: Row) -> TableRow:
    """One line of the table: when, what, how sure, what came of it, what was said of it, what for."""
    outcome, review = row["outcome"], row["review"]
    ended = "unknown" if outcome is None else "done" if outcome.get("success") else "failed"
    verdict = str(review.get("verdict") or "") if review else ""
    confidence = row["confidence"]
    request = row["context"].get("request", "") if isinstance(row["context"], Mapping) else ""
    cells = (
        local_minute(str(row["timestamp"])),
        clean_line(str(row["tool_selected"]), 40),
        f"{confidence:.0%}" if isinstance(confidence, int | float) else "",
        ended,
        clean_line(verdict, 16),
        clean_line(str(request), 300),
    )
    tones = [(_OUTCOME, _TONES[ended])]
    if verdict in _TONES:
        tones.append((_REVIEW, _TONES[verdict]))
    return TableRow(str(row["event_id"]), cells, ((0, "muted"), *tones))


def local_minute(timestamp: str) -> str:
    """A stored time in the reader's zone; what is no time is shown as it is."""
    return _local(timestamp, "%Y-%m-%d %H:%M")


def record_text(row: Row, events: Sequence[Event], cause: Event | None) -> str:
    """A decision as Markdown: what was chosen and from what, then its whole chain of events."""
    lines = [_event_cells(event) for event in events]
    if cause is not None:
        when, kind, what = _event_cells(cause)
        lines.insert(0, (when, f"cause: {kind}", f"{what} {code(cause.event_id)}"))
    elif events and events[0].causation_id:
        lines.insert(0, ("", "cause", f"{code(events[0].causation_id)}, not in this log"))
    return why_text(row, "the decision", table(("when", "event", "what"), lines))


def _event_cells(event: Event) -> tuple[str, str, str]:
    when = plain(_local(event.timestamp, "%Y-%m-%d %H:%M:%S"))
    return when, plain(_KINDS.get(event.event_type, event.event_type)), _what(event)


_KINDS: Mapping[str, str] = {
    EventType.AGENT_TOOL_SELECTED: "selection",
    EventType.AGENT_TOOL_COMPLETED: "outcome",
    EventType.DECISION_REVIEWED: "review",
}


def _what(event: Event) -> str:
    data = event.data
    if event.event_type == EventType.AGENT_TOOL_SELECTED:
        return code(f"{data.get('tool_selected')}")
    if event.event_type == EventType.AGENT_TOOL_COMPLETED:
        took = data.get("execution_time_ms")
        ended = "done" if data.get("success") else "failed"
        return f"{ended}, {took:,.0f} ms" if isinstance(took, int | float) else ended
    if event.event_type == EventType.DECISION_REVIEWED:
        return _review(data)
    return ""


def _review(data: Mapping[str, Any]) -> str:
    parts = [plain(str(data.get("verdict") or ""))]
    if data.get("corrected_tool") or data.get("corrected_parameters") is not None:
        arguments = json.dumps(data.get("corrected_parameters"), ensure_ascii=False, default=str)
        parts.append(f"to {code(str(data.get('corrected_tool') or 'the same tool'))} {code(arguments, 300)}")
    if data.get("reason"):
        parts.append("because " + plain(str(data["reason"]), 300))
    return " ".join(parts)


def _local(timestamp: str, form: str) -> str:
    try:
        return datetime.fromisoformat(timestamp).astimezone().strftime(form)
    except (ValueError, OverflowError):
        return clean_line(timestamp, 24)
