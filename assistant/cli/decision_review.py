"""``apprentice decisions good|bad|correct``: a user's word on a decision of the log.

Invariant: a correction names a tool that is known, with arguments that its schema allows.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import click
import orjson

from assistant.cli.decision_options import json_option, log_option, opened, print_facts
from assistant.label_text import whole_label, with_label
from assistant.reviewing import Correction, Reviewer, problem_of
from assistant.text_safety import clean_line
from tools.protocol.calls import ANSWER
from tools.protocol.messages import Signature
from tools.registry import builtin_signatures
from training.events import EventLogError

Row = dict[str, Any]
Said = Callable[[Reviewer, Row], Coroutine[Any, Any, Row | None]]
_reason = click.option("--reason", default="", metavar="TEXT", help="Why; the student may learn from it.")


@click.command()
@click.argument("event_id")
@_reason
@log_option
@json_option
def good(event_id: str, reason: str, url: str | None, as_json: bool) -> None:
    """Say that a decision was right."""
    _record(event_id, url, as_json, lambda reviewer, row: reviewer.rate(row["event_id"], "good", reason))


@click.command()
@click.argument("event_id")
@_reason
@log_option
@json_option
def bad(event_id: str, reason: str, url: str | None, as_json: bool) -> None:
    """Say that a decision was wrong."""
    _record(event_id, url, as_json, lambda reviewer, row: reviewer.rate(row["event_id"], "bad", reason))


@click.command()
@click.argument("event_id")
@click.argument("tool", required=False)
@click.argument("arguments", required=False)
@click.option("--answer", metavar="TEXT", help="Instead of a call: what it should have answered.")
@_reason
@log_option
@json_option
def correct(
    event_id: str,
    tool: str | None,
    arguments: str | None,
    answer: str | None,
    reason: str,
    url: str | None,
    as_json: bool,
) -> None:
    """Say what would have been right: TOOL with its ARGUMENTS as JSON, or an answer.

    \b
    apprentice decisions correct ID run_shell '{"command": "make check"}'
    apprentice decisions correct ID --answer 'No tool is needed for that.'
    """
    if (tool is None) is (answer is None):
        raise click.UsageError("give a TOOL with its ARGUMENTS, or --answer TEXT")
    meant = Correction(ANSWER, {"text": answer}) if answer is not None else _call(str(tool), arguments)

    def said(reviewer: Reviewer, row: Row) -> Coroutine[Any, Any, Row | None]:
        if meant.tool != ANSWER and (wrong := problem_of(meant.tool, meant.arguments, reviewer.known(row))):
            raise click.UsageError(wrong)
        return reviewer.correct(row["event_id"], meant, reason)

    _record(event_id, url, as_json, said)


class _BuiltIn:
    """The tools that a correction may name beside those that were offered."""

    def signatures(self) -> Sequence[Signature]:
        return tuple(one for name, one in builtin_signatures().items() if name != ANSWER)


def _call(tool: str, arguments: str | None) -> Correction:
    try:
        given = orjson.loads(arguments or "{}")
    except ValueError as error:
        raise click.UsageError(f"ARGUMENTS are no JSON: {error}") from None
    if not isinstance(given, dict):
        raise click.UsageError('ARGUMENTS are a JSON object, such as {"path": "a.py"}')
    return Correction(tool, given)


def _record(event_id: str, url: str | None, as_json: bool, say: Said) -> None:
    """Record it, and print the decision's label as it is now."""
    with opened(url) as log:
        found = None
        if log is not None:
            try:
                found = asyncio.run(_said(Reviewer(log, _BuiltIn()), event_id, say))
            except EventLogError as error:
                raise click.ClickException(str(error)) from error
    if found is None:
        raise click.ClickException(f"no decision has the event {event_id!r}; see: apprentice decisions list")
    row = found
    print_facts(with_label(row), as_json, lambda: f"{row['event_id']}  {clean_line(whole_label(row), 300)}")


async def _said(reviewer: Reviewer, event_id: str, say: Said) -> Row | None:
    row = await reviewer.row(event_id)
    return await say(reviewer, row) if row is not None else None
