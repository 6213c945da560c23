"""Decisions as plain text and as figures.

Invariant: rows come as ``training.events.decisions`` gives them; every text of theirs is made inert here.
Times are the reader's local ones.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from statistics import median
from typing import Any

import orjson

from assistant.text_safety import clean, clean_line

Row = dict[str, Any]
NOTHING = "no decisions yet"


def table(rows: Sequence[Row]) -> str:
    """One line per decision."""
    if not rows:
        return NOTHING
    head = ("TIME", "TOOL", "OUTCOME", "CONF", "CHOSEN IN", "REVIEW", "EVENT", "REQUEST")
    return align([head, *(_line(row) for row in rows)])


def detail(row: Row) -> str:
    """One decision, a field per line; longer values indented below their name."""
    shown = {**row, "timestamp": local_time(row["timestamp"])}
    shown["outcome"] = row["outcome"] or "unknown"
    lines = []
    for name, value in shown.items():
        if value is None or value in ("", [], {}):
            continue
        text = value if isinstance(value, str) else orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
        text = clean(text)
        lines.append(f"{name}: {text}" if "\n" not in text else f"{name}:\n" + _indented(text))
    return "\n".join(lines)


def statistics(rows: Iterable[Row]) -> dict[str, Any]:
    """Figures over decisions given newest first.

    ``success_rate`` (0..1) is over those with an outcome, None where there is none; times are medians in ms.
    """
    by_tool: dict[str, list[Row]] = defaultdict(list)
    sessions: set[Any] = set()
    reviews: Counter[str] = Counter()
    newest = oldest = None
    for row in rows:
        by_tool[str(row["tool_selected"])].append(_figures(row))
        sessions.add(row["session_id"])
        if row["review"]:
            reviews[str(row["review"]["verdict"])] += 1
        newest, oldest = newest or row["timestamp"], row["timestamp"]
    everything = [figures for tool in by_tool.values() for figures in tool]
    ranked = sorted(by_tool.items(), key=lambda item: (-len(item[1]), item[0]))
    return {
        **_summary(everything),
        "sessions": len(sessions),
        "reviews": dict(reviews),
        "first": oldest,
        "last": newest,
        "tools": [{"tool": tool, **_summary(figures)} for tool, figures in ranked],
    }


def statistics_table(found: dict[str, Any]) -> str:
    if not found["decisions"]:
        return NOTHING
    head = ("TOOL", "DECISIONS", "DONE", "FAILED", "UNKNOWN", "SUCCESS", "CONF", "CHOSEN IN", "RAN IN")
    lines: list[Sequence[str]] = [head]
    for entry in (*found["tools"], {"tool": "all", **found}):
        lines.append(
            (
                clean_line(entry["tool"], 24),
                *(str(entry[name]) for name in ("decisions", "succeeded", "failed", "unknown")),
                _share(entry["success_rate"]),
                _share(entry["confidence"]),
                _duration(entry["latency_ms"]),
                _duration(entry["execution_time_ms"]),
            )
        )
    reviews = ", ".join(f"{clean_line(name, 24)} {count}" for name, count in found["reviews"].items())
    span = f"{local_time(found['first'])} to {local_time(found['last'])}"
    return f"{align(lines)}\n\nsessions {found['sessions']}; reviews: {reviews or 'none'}; {span}"


def align(lines: Sequence[Sequence[str]]) -> str:
    """Columns two spaces apart, none padded at the end of a line."""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def local_time(timestamp: str) -> str:
    """An ISO time in the reader's zone; what is no time is shown as it is."""
    try:
        return datetime.fromisoformat(timestamp).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    except ValueError:
        return clean_line(timestamp, 24)


def _line(row: Row) -> tuple[str, ...]:
    return (
        local_time(row["timestamp"]),
        clean_line(str(row["tool_selected"]), 24),
        {None: "unknown", True: "done", False: "failed"}[_success(row)],
        _share(row["confidence"]),
        _duration(row["latency_ms"]),
        clean_line(str(row["review"]["verdict"]), 16) if row["review"] else "-",
        clean_line(row["event_id"], 40),
        clean_line(str(row["context"].get("request", "")), 60),
    )


def _success(row: Row) -> bool | None:
    return None if row["outcome"] is None else bool(row["outcome"]["success"])


def _figures(row: Row) -> Row:
    ran = row["outcome"]["execution_time_ms"] if row["outcome"] else None
    return {
        "success": _success(row),
        "confidence": row["confidence"],
        "latency_ms": row["latency_ms"],
        "execution_time_ms": ran,
    }


def _summary(rows: Sequence[Row]) -> Row:
    successes = Counter(row["success"] for row in rows)
    known = successes[True] + successes[False]
    return {
        "decisions": len(rows),
        "succeeded": successes[True],
        "failed": successes[False],
        "unknown": successes[None],
        "success_rate": successes[True] / known if known else None,
        **{name: _median(rows, name) for name in ("confidence", "latency_ms", "execution_time_ms")},
    }


def _median(rows: Sequence[Row], name: str) -> float | None:
    values = [row[name] for row in rows if isinstance(row[name], int | float)]
    return median(values) if values else None


def _share(value: Any) -> str:
    return f"{value:.0%}" if isinstance(value, int | float) else "-"


def _duration(milliseconds: Any) -> str:
    if not isinstance(milliseconds, int | float):
        return "-"
    return f"{milliseconds:.0f} ms" if milliseconds < 10_000 else f"{milliseconds / 1000:.1f} s"


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
