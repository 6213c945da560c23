"""Decisions, figures over them and events as plain text.

Invariant: rows come as ``training.events.decisions`` gives them; every text of theirs is made inert here.
Times are the reader's local ones.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson

from assistant.correction_text import because, counts_for
from assistant.decision_chain import Chain
from assistant.decision_outcome import outcome_of
from assistant.label_text import short_label, whole_label
from assistant.text_safety import clean, clean_line
from training.events.base import Event

Row = dict[str, Any]
NOTHING = "no decisions yet"
_SHARES = ("success_rate", "refusal_rate", "correction_rate", "accuracy", "confidence")
_TELLING = ("tool_selected", "success", "verdict", "corrected_tool")


def table(rows: Sequence[Row]) -> str:
    """One line per decision."""
    if not rows:
        return NOTHING
    head = ("TIME", "TOOL", "OUTCOME", "CONF", "CHOSEN IN", "REVIEW", "LABEL", "EVENT", "REQUEST")
    return align([head, *(_line(row) for row in rows)])


def detail(found: Chain) -> str:
    """One decision, a field per line, longer values indented below their name; then its events in order."""
    row = found.row
    shown = {**row, "timestamp": local_time(row["timestamp"])}
    shown["outcome"] = row["outcome"] or "unknown"
    shown["label"] = whole_label(row)
    shown["because"] = because(row)
    shown["because"] = because(found.seen, row["context"].get("workspace"))
    shown["correction"] = counts_for(found.correction[1]) if found.correction else ""
    lines = []
    for name, value in shown.items():
        if value is None or value in ("", [], {}):
            continue
        text = value if isinstance(value, str) else orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
        text = clean(text)
        lines.append(f"{name}: {text}" if "\n" not in text else f"{name}:\n" + _indented(text))
    if found.cause is not None:
        lines.append("cause:\n" + event_line(found.cause))
    elif found.selection.causation_id:
        lines.append(f"cause: {clean_line(found.selection.causation_id)}, which is not in this log")
    return "\n".join([*lines, "events:", *map(event_line, found.events)])


def statistics_table(found: Row) -> str:
    """Per tool, per agent where there are several, and per period where it was asked for."""
    if not found["decisions"]:
        return NOTHING
    parts = [_figures("TOOL", "tool", [*found["tools"], {"tool": "all", **found}])]
    if len(found["agents"]) > 1:
        parts.append(_figures("AGENT", "agent", found["agents"]))
    if "over_time" in found:
        parts.append(_figures("PERIOD", "period", found["over_time"]))
    reviews = ", ".join(f"{clean_line(name, 24)} {count}" for name, count in found["reviews"].items())
    span = f"{local_time(found['first'])} to {local_time(found['last'])}"
    return "\n\n".join([*parts, f"sessions {found['sessions']}; reviews: {reviews or 'none'}; {span}"])


def redaction_table(found: Row) -> str:
    """What was redacted, by kind, the most frequent first."""
    said = f"{found['redacted']} redacted in {found['with_redactions']} of {found['events']} events"
    if not found["kinds"]:
        return said
    lines = [
        (clean_line(one["kind"], 40), str(one["redacted"]), str(one["events"])) for one in found["kinds"]
    ]
    return f"{align([('KIND', 'REDACTED', 'EVENTS'), *lines])}\n\n{said}"


def event_line(event: Event) -> str:
    """One event of any type on one line."""
    parts = [
        f"{event.sequence:>6}",
        local_time(event.timestamp),
        f"{clean_line(event.event_type, 24):<20}",
        clean_line(f"{event.aggregate_type} {event.aggregate_id} v{event.version}", 80),
    ]
    said = [str(event.data[name]) for name in _TELLING if event.data.get(name) is not None]
    return "  ".join([*parts, *([clean_line(" ".join(said), 60)] if said else [])]).rstrip()


def _figures(title: str, name: str, entries: Sequence[Row]) -> str:
    head = (title, "DECISIONS", "DONE", "FAILED", "UNKNOWN", "SUCCESS", "REFUSED", "CORRECTED", "ACCURACY")
    lines: list[Sequence[str]] = [(*head, "CONF", "CHOSEN IN", "RAN IN")]
    for entry in entries:
        lines.append(
            (
                clean_line(entry[name], 24),
                *(str(entry[count]) for count in ("decisions", "succeeded", "failed", "unknown")),
                *(_share(entry[rate]) for rate in _SHARES),
                _duration(entry["latency_ms"]),
                _duration(entry["execution_time_ms"]),
            )
        )
    return align(lines)


def align(lines: Sequence[Sequence[str]]) -> str:
    """Columns two spaces apart, none padded at the end of a line."""
    widths = [max(_cells(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join("  ".join(map(_padded, line, widths)).rstrip() for line in lines)


def _padded(cell: str, width: int) -> str:
    return cell + " " * (width - _cells(cell))


def _cells(text: str) -> int:
    """How many cells of a terminal a text takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def local_time(timestamp: str) -> str:
    """An ISO time in the reader's zone; what is no time is shown as it is."""
    try:
        return datetime.fromisoformat(timestamp).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError):
        return clean_line(timestamp, 24)


def _line(row: Row) -> tuple[str, ...]:
    return (
        local_time(row["timestamp"]),
        clean_line(str(row["tool_selected"]), 24),
        outcome_of(row),
        _share(row["confidence"]),
        _duration(row["latency_ms"]),
        clean_line(str(row["review"]["verdict"]), 16) if row["review"] else "-",
        short_label(row) or "-",
        clean_line(row["event_id"], 40),
        clean_line(str(row["context"].get("request", "")), 60),
    )


def _share(value: Any) -> str:
    return f"{value:.0%}" if isinstance(value, int | float) else "-"


def _duration(milliseconds: Any) -> str:
    if not isinstance(milliseconds, int | float):
        return "-"
    return f"{milliseconds:.0f} ms" if milliseconds < 10_000 else f"{milliseconds / 1000:.1f} s"


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
