"""Decisions as lines of a table. Pure functions.

Invariant: rows come as ``training.events.decisions`` gives them; every text of theirs is made inert here.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from assistant.decision_outcome import outcome_of, verdict_of
from assistant.label_text import short_label
from assistant.text_safety import clean_line
from assistant.tui.formatting import argument_line, duration
from assistant.tui.widgets.row_table import Column, TableRow

Row = Mapping[str, Any]
COLUMNS = (
    Column("TIME", 14),
    Column("TOOL", 13),
    Column("ARGUMENTS", from_width=130),
    Column("CONF", 4, right=True, from_width=90),
    Column("OUTCOME", 7),
    Column("REVIEW", 9),
    Column("LABEL", 13, from_width=95),
    Column("TOOK", 7, right=True, from_width=130),
    Column("AGENT", 10, from_width=150),
    Column("REQUEST"),
)
TONES = {
    "done": "good", "failed": "bad", "unknown": "muted", "not run": "muted",
    "good": "good", "approved": "good", "bad": "bad", "refused": "bad", "corrected": "bad",
}  # fmt: skip
"""How outcomes and verdicts are coloured; other verdicts are not."""
_OUTCOME, _REVIEW = 4, 5


def decision_row(row: Row) -> TableRow:
    """One line of the table: when, what, how sure, what came of it, what was said of it, what for."""
    ended, verdict, confidence = outcome_of(row), verdict_of(row), row["confidence"]
    took = (row["outcome"] or {}).get("execution_time_ms")
    arguments = row["tool_parameters"]
    request = row["context"].get("request", "") if isinstance(row["context"], Mapping) else ""
    cells = (
        local(str(row["timestamp"]), "%y-%m-%d %H:%M"),
        clean_line(str(row["tool_selected"]), 40),
        argument_line(arguments) if isinstance(arguments, Mapping) else "",
        f"{confidence:.0%}" if isinstance(confidence, int | float) else "",
        ended,
        clean_line(verdict, 16),
        short_label(row),
        duration(took) if isinstance(took, int | float) else "",
        clean_line(str(row["agent_id"]), 40),
        clean_line(str(request), 300),
    )
    tones = [(_OUTCOME, TONES[ended])]
    if verdict in TONES:
        tones.append((_REVIEW, TONES[verdict]))
    return TableRow(str(row["event_id"]), cells, ((0, "muted"), *tones))


def local(timestamp: str, form: str = "%Y-%m-%d %H:%M:%S") -> str:
    """A stored time in the reader's zone; what is no time is shown as it is."""
    try:
        return datetime.fromisoformat(timestamp).astimezone().strftime(form)
    except (ValueError, OverflowError):
        return clean_line(timestamp, 24)
