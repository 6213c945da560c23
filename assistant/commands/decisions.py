"""What was decided and why: /decisions, /why."""

import asyncio
import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

from assistant.commands.base import Command, CommandContext
from assistant.commands.errors import CommandError
from assistant.commands.markdown import block, code, plain, table
from assistant.correction_text import WISHES, Wish, because, wish
from assistant.decision_outcome import outcome_of
from assistant.label_text import short_label, whole_label
from training.events.base import EventLog, EventLogError
from training.events.tool_figures import choices

G = TypeVar("G")
T = TypeVar("T")
Row = Mapping[str, Any]
SHOWN = 20
MOST = 500


async def _decisions(context: CommandContext, argument: str) -> None:
    if argument and not (argument.isdecimal() and 1 <= int(argument) <= MOST):
        raise CommandError(f"/decisions takes a number from 1 to {MOST}, not {argument}")
    if not argument and await context.interface.open_panel("decisions"):
        return
    rows = await _from_log(newest, context.chat.log, int(argument or SHOWN))
    if not rows:
        context.interface.show("No decisions yet. Every call that the student chooses is recorded here.")
        return
    header = ("UTC", "call", "sure", "outcome", "label")
    context.interface.show(table(header, [_cells(row) for row in rows]))


async def _why(context: CommandContext, argument: str) -> None:
    if argument and argument not in WISHES:
        raise CommandError(f"/why takes {' or '.join(WISHES)}, not {argument}")
    if context.chat.last_decision is None:
        context.interface.notify("nothing decided yet: ask something first", "warning")
        return
    if argument:
        wanted: Wish = "forget" if argument == "forget" else "widen"
        change = partial(wish, wanted=wanted)
        context.interface.note(await _from_log(change, context.chat.log, context.chat.last_decision))
        return
    if await context.interface.open_panel("why"):
        return
    row = await _from_log(find_decision, context.chat.log, context.chat.last_decision)
    if row is None:
        raise CommandError(f"the log holds no decision {context.chat.last_decision}; see /decisions")
    context.interface.show(why_text(row))


def newest(log: EventLog, limit: int) -> list[Row]:
    """The last ``limit`` decisions, the last one first."""
    from training.events.decisions import history

    return list(reversed(history(log, limit=limit)))


def find_decision(log: EventLog, event_id: str) -> Row | None:
    """The row of one decision, with its ``alternatives``: ``(tool, probability)``, best first, and
    the correction ``seen`` in its turn."""
    from training.corrections.book import seen_in_turn
    from training.events.decisions import find_row

    row = find_row(log, event_id)
    event = log.get(event_id)
    if row is None or event is None:
        return None
    seen = seen_in_turn(log, row["event_id"])
    return {**row, "alternatives": event.data.get("alternatives") or (), "seen": seen}


async def _from_log(read: Callable[[EventLog, G], T], log: EventLog, given: G) -> T:
    """Read the log in a thread, so that a long one does not hold the screen."""
    try:
        return await asyncio.to_thread(read, log, given)
    except EventLogError as error:
        raise CommandError(str(error)) from error


def why_text(row: Row, title: str = "the last decision", below: str = "") -> str:
    """One decision as Markdown: chosen, offered, confidence, alternatives, latency, outcome, review.

    ``below`` is Markdown that stands between these facts and the longer texts.
    """
    facts = [
        ("request", plain(str(row["context"].get("request", "")), 400)),
        ("chosen", code(call_text(row), 400)),
        ("because", plain(because(row.get("seen"), row["context"].get("workspace")), 400)),
        ("confidence", share(row["confidence"])),
        ("alternatives", _alternatives(row)),
        ("offered", ", ".join(map(code, choices(row)))),
        ("student", code(str(row["model"] or "")) + f", {row['latency_ms'] or 0:,.0f} ms"),
        ("outcome", _outcome(row)),
        ("review", _review(row)),
        ("label", plain(whole_label(row), 400)),
        ("recorded", code(row["event_id"]) + " " + plain(str(row["timestamp"]))),
    ]
    parts = [table(("", title), [(name, text) for name, text in facts if text])]
    if below:
        parts.append(below)
    if row["reasoning"]:
        parts.append("It thought:\n\n" + block(str(row["reasoning"])))
    if row["outcome"] and row["outcome"].get("result"):
        parts.append("The result:\n\n" + block(str(row["outcome"]["result"])[:2000]))
    return "\n\n".join(parts)


def share(confidence: float | None) -> str:
    """A probability in percent; nothing where the student does not know it."""
    return f"{confidence:.0%}" if confidence else ""


def call_text(row: Row) -> str:
    """The chosen call on one line."""
    arguments = row["tool_parameters"] or {}
    inner = ", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in arguments.items())
    return f"{row['tool_selected']}({inner})"


def _cells(row: Row) -> tuple[str, ...]:
    """One decision in a width that a terminal of 80 columns holds."""
    took = (row["outcome"] or {}).get("execution_time_ms")
    return (
        plain(str(row["timestamp"])[5:16].replace("T", " ")),
        code(call_text(row), 28),
        share(row["confidence"]),
        _outcome(row) + (f" {took:,.0f} ms" if took else ""),
        plain(short_label(row) or str((row["review"] or {}).get("verdict") or "")),
    )


def _outcome(row: Row) -> str:
    """A decision without outcome is unknown: it is never run again."""
    return {"done": "ok", "failed": "**failed**"}.get(ended := outcome_of(row), ended)


def _review(row: Row) -> str:
    review = row["review"]
    if not review:
        return ""
    parts = [plain(str(review.get("verdict") or ""))]
    if review.get("corrected_parameters") is not None or review.get("corrected_tool"):
        corrected = {
            "tool_selected": review.get("corrected_tool") or row["tool_selected"],
            "tool_parameters": review.get("corrected_parameters"),
        }
        parts.append("to " + code(call_text(corrected), 400))
    if review.get("reason"):
        parts.append("because " + plain(str(review["reason"]), 400))
    return " ".join(parts)


def _alternatives(row: Row) -> str:
    return ", ".join(f"{code(str(name))} {share:.0%}" for name, share in row["alternatives"])


COMMANDS = (
    Command("decisions", "the last decisions with their outcome, and who was right", _decisions, usage="[N]"),
    Command(
        "why",
        "the record behind the last decision; forget or widen the correction in it",
        _why,
        usage="[forget|widen]",
        complete=lambda _, typed: [one for one in WISHES if one.startswith(typed)],
    ),
)
