"""What the commands of ``apprentice decisions`` share: the log, filters, facts, how far a reading is.

Invariant: no log is made here. Facts go to stdout; what the log had to say, and progress where a person
watches, to stderr.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from assistant.cli.invocation import print_json, print_text
from assistant.cli.moments import moment
from assistant.cli.progress import progress
from assistant.decision_query import parse_query
from training.events import EventLogError, folder_of, is_postgres, open_log
from training.events.base import EventLog
from training.events.matching import OUTCOMES, DecisionFilter
from training.events.views import LogView, last_sequence

if TYPE_CHECKING:
    from training.events.log import TinyEventLog
    from training.events.sql import SqlEventLog

Command = Callable[..., None]

log_option = click.option(
    "--log", "url", metavar="URL", help="The log: a folder, tinydb:///folder, or postgresql+psycopg://..."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")

_FILTERS = (
    click.option("--tool", help="Only decisions for this tool."),
    click.option("--session", "session_id", metavar="ID", help="Only decisions of this session."),
    click.option("--agent", "agent_id", metavar="ID", help="Only decisions of this agent."),
    click.option("--outcome", type=click.Choice(OUTCOMES), help="Only decisions that ended so."),
    click.option(
        "--since",
        type=moment,
        metavar="TIME",
        help="Only from this time on: 2026-11-20, 2026-11-20T09:30, 7d.",
    ),
    click.option("--until", type=moment, metavar="TIME", help="Only before this time."),
    click.option("--text", help="Only where this was asked, thought, called, returned or said."),
)


def filter_options(command: Command) -> Command:
    """The options and words that ``chosen`` makes a filter of."""
    for option in reversed(_FILTERS):
        command = option(command)
    return click.argument("words", nargs=-1, metavar="[FILTER]...")(command)


def chosen(given: dict[str, Any]) -> DecisionFilter:
    """Build a filter from options and words such as ``tool:run outcome:failed``. Raises UsageError."""
    options = {name: value for name, value in given.items() if name != "words" and value is not None}
    try:
        wanted = parse_query(" ".join(given["words"]))
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    for name in options:
        if getattr(wanted, name) is not None:
            raise click.UsageError(f"{name.removesuffix('_id')} is given twice, as an option and as a word")
    return replace(wanted, **options)


@contextmanager
def opened(url: str | None) -> Iterator["TinyEventLog | SqlEventLog | None"]:
    """The log, or None where the person's own has not been begun. Ends the command on a log's error."""
    try:
        where = url or _configured()
        if not url and not is_postgres(where) and not folder_of(where).exists():
            yield None
            return
        log = open_log(where, create=False)
        try:
            yield log
        finally:
            for notice in log.notices:
                click.echo(f"note: {notice}", err=True)
            log.close()
    except (EventLogError, OSError) as error:
        raise click.ClickException(str(error)) from error


def print_facts(facts: Any, as_json: bool, text: Callable[[], str]) -> None:
    print_json(facts) if as_json else print_text(text())


@contextmanager
def reading(log: EventLog | None, until: datetime | int | None = None) -> Iterator[LogView | None]:
    """A view of the log that shows progress while it is read; None where there is no log."""
    if log is None:
        yield None
        return
    read = count()
    with progress("reading", last_sequence(log)) as told:
        yield LogView(log, until=until, on_event=lambda event: told(next(read)))


def _configured() -> str:
    from assistant.settings import SettingsError, load_settings

    try:
        return load_settings(Path.cwd()).events.url
    except SettingsError as error:
        raise click.ClickException(str(error)) from error
