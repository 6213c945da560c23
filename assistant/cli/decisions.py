"""``apprentice decisions``: read the log of decisions.

Invariant: nothing is recorded here, and no log is made. Facts go to stdout; what the log had to say when it
was opened goes to stderr. Text from the log is made inert before it is shown.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import orjson

from assistant.cli.decision_tables import detail, statistics, statistics_table, table
from training.events import EventLogError, folder_of, is_postgres, open_log
from training.events.decisions import find_row, rows

if TYPE_CHECKING:
    from training.events.log import TinyEventLog
    from training.events.sql import SqlEventLog


@click.group()
def decisions() -> None:
    """What the student decided, what came of it, and what was said of it."""


def _options(command: Callable[..., None]) -> Callable[..., None]:
    log = click.option("--log", "url", metavar="URL", help="The log: a folder, or tinydb:///folder.")
    as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
    return log(as_json(command))


@decisions.command("list")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="Newest decisions.")
@click.option("--tool", help="Only decisions for this tool.")
@click.option("--session", help="Only decisions of this session.")
@_options
def list_decisions(limit: int, tool: str | None, session: str | None, url: str | None, as_json: bool) -> None:
    """The newest decisions, newest first."""
    with _opened(url) as log:
        found = list(islice(rows(log, tool=tool, session_id=session), limit)) if log else []
    _print(found, as_json, lambda: table(found))


@decisions.command()
@click.argument("event_id")
@_options
def show(event_id: str, url: str | None, as_json: bool) -> None:
    """One decision, whole: by the id of its selection, outcome or review."""
    with _opened(url) as log:
        row = find_row(log, event_id) if log else None
    if row is None:
        raise click.ClickException(f"no decision has the event {event_id!r}; see: apprentice decisions list")
    _print(row, as_json, lambda: detail(row))


@decisions.command()
@_options
def stats(url: str | None, as_json: bool) -> None:
    """How often each tool was chosen, and how it went."""
    with _opened(url) as log:
        found = statistics(rows(log) if log else ())
    _print(found, as_json, lambda: statistics_table(found))


@decisions.command()
@_options
def verify(url: str | None, as_json: bool) -> None:
    """Walk the whole log and name what is damaged. Exits with 1 where something is."""
    with _opened(url) as log:
        found = log.verify() if log else None
    damages = found.damages if found else ()
    facts = {
        "events": found.events if found else 0,
        "damaged": [
            {
                "offset": item.offset,
                "length": item.length,
                "events": list(range(item.first, item.last + 1)),
                "reason": item.reason,
            }
            for item in damages
        ],
    }
    whole = f"{facts['events']} events, all whole"
    lines = [f"{facts['events']} events are whole; damaged:", *(f"  {item.describe()}" for item in damages)]
    _print(facts, as_json, lambda: "\n".join(lines) if damages else whole)
    if damages:
        raise click.exceptions.Exit(1)


@contextmanager
def _opened(url: str | None) -> Iterator["TinyEventLog | SqlEventLog | None"]:
    """The log, or None where the person's own has not been begun. Ends the command on a log's error."""
    try:
        chosen = url or _configured()
        if not url and not is_postgres(chosen) and not folder_of(chosen).exists():
            yield None
            return
        log = open_log(chosen, create=False)
        try:
            for notice in log.notices:
                click.echo(f"note: {notice}", err=True)
            yield log
        finally:
            log.close()
    except (EventLogError, OSError) as error:
        raise click.ClickException(str(error)) from error


def _configured() -> str:
    from assistant.settings import SettingsError, load_settings

    try:
        return load_settings(Path.cwd()).events.url
    except SettingsError as error:
        raise click.ClickException(str(error)) from error


def _print(facts: Any, as_json: bool, text: Callable[[], str]) -> None:
    click.echo(orjson.dumps(facts, option=orjson.OPT_INDENT_2).decode() if as_json else text())
