"""``apprentice decisions migrate``: move the log to another place, and prove that nothing was lost."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import click

from assistant.cli.decision_options import json_option, opened, print_facts
from assistant.cli.progress import progress, waiting
from training.events import open_log
from training.events.incoming import unredacted
from training.events.migration import Moved, move
from training.events.views import last_sequence

if TYPE_CHECKING:
    from training.events.log import TinyEventLog
    from training.events.sql import SqlEventLog


@click.command()
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@click.option("--force", is_flag=True, help="Allow a TO with other events, and a damaged FROM.")
@json_option
def migrate(source: str, target: str, force: bool, as_json: bool) -> None:
    """Copy every event of FROM to TO, and prove both equal.

    FROM and TO are folders, tinydb:///folder, or postgresql+psycopg://user@host:5432/database; either way
    works, and FROM stays as it is. Events keep their ids, so a move that was interrupted goes on where it was
    when it is given again.

    TO must be empty (it is made where it is not there) or hold a beginning of FROM. With --force it may hold
    other events: those of FROM get new numbers behind them, and everything but the numbers is compared. With
    --force a damaged FROM is moved without what cannot be read.

    The proof reads both logs to the end: every event is equal in every field, the chain of hashes over them
    ends alike, and TO verifies.
    """
    with opened(source) as log, _made(target) as other:
        assert log is not None
        with waiting("verifying FROM"):
            damages = log.verify().damages
        if damages and not force:
            raise click.ClickException(
                f"{len(damages)} damaged places are in {source}, and what is there cannot be moved; see: "
                f"apprentice decisions verify; give --force to move the rest"
            )
        with _steps(last_sequence(log)) as told:
            moved = move(log, other, told, force=force)
        with waiting("verifying TO"):
            whole = not other.verify().damages
        if not whole:
            raise click.ClickException(f"{target} does not verify; see: apprentice decisions verify --log TO")
    facts = {
        "events": moved.events,
        "copied": moved.copied,
        "only_in_target": moved.more,
        "equal": True,
        "same_numbers": moved.numbered,
        "head": moved.head,
    }
    print_facts(facts, as_json, lambda: _said(moved))


@contextmanager
def _made(url: str) -> Iterator["TinyEventLog | SqlEventLog"]:
    """The log to move to, which takes events as they are: they were redacted when they were recorded."""
    log = open_log(url, redactor=unredacted)
    try:
        yield log
    finally:
        log.close()


@contextmanager
def _steps(total: int) -> Iterator[Callable[[str, int], None]]:
    """Progress of both steps, a bar each."""
    with ExitStack() as bars:
        told: dict[str, Callable[[int], None]] = {}

        def tell(step: str, done: int) -> None:
            if step not in told:
                bars.close()
                told[step] = bars.enter_context(progress(step, total))
            told[step](done)

        yield tell


def _said(moved: Moved) -> str:
    numbers = "every field" if moved.numbered else "every field but their numbers"
    more = f"; TO holds {moved.more} more of its own" if moved.more else ""
    return (
        f"moved {moved.copied} events, {moved.events - moved.copied} were there already\n"
        f"FROM and TO hold the same {moved.events} events, equal in {numbers}{more}\n"
        f"chain head {moved.head}"
    )
