"""``apprentice decisions prune``: remove old events from a log, and know what was removed.

Invariant: nothing is removed that the person did not name and confirm; what a dataset or a model cites stays
unless it is forced.
"""

from datetime import datetime
from typing import Any

import click

from assistant.cli.decision_options import json_option, log_option, opened, print_facts
from assistant.cli.decision_tables import align, local_time
from assistant.cli.invocation import is_terminal
from assistant.cli.moments import moment
from assistant.cli.progress import waiting
from training.events import EventLog, EventType

_MB = 1_000_000


@click.command()
@click.option("--before", type=moment, metavar="TIME", help="Events older than this: 2026-11-20, or 90d.")
@click.option(
    "--type",
    "types",
    multiple=True,
    type=click.Choice(list(EventType)),
    metavar="TYPE",
    help="Events of this type, such as AGENT_TOOL_COMPLETED; may be given several times.",
)
@click.option("--max-mb", type=click.FloatRange(min=0), metavar="MB", help="The oldest beyond this size.")
@click.option("--force", is_flag=True, help="Also what a dataset or a model cites.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--history", is_flag=True, help="Instead: what was pruned so far.")
@log_option
@json_option
def prune(
    before: datetime | None,
    types: tuple[str, ...],
    max_mb: float | None,
    force: bool,
    yes: bool,
    history: bool,
    url: str | None,
    as_json: bool,
) -> None:
    """Remove the content of events, for good.

    What is given must all hold: --before 90d --type AGENT_TOOL_COMPLETED removes the outcomes that are older
    than 90 days. Of a removed event its envelope stays (id, type, time, numbers), so that the chain still
    proves the rest; when and by which rule is written down (--history). What a dataset or a model cites is
    kept unless --force is given, and so are the records of datasets and models where --type does not name
    them. PostgreSQL gives the space back at its next vacuum.
    """
    if not history and before is None and not types and max_mb is None:
        raise click.UsageError("say what may go: --before TIME, --type TYPE, --max-mb MB")
    with opened(url) as log:
        if history:
            found = log.pruned() if log else []
            print_facts(found, as_json, lambda: _history(found))
            return
        if not yes:
            _confirm(_said(before, types, max_mb, force))
        done: dict[str, Any] = {"events": 0, "by_type": {}, "cited": 0, "freed": 0}
        if log is not None:
            with waiting("pruning"):
                result = log.prune(
                    before=before,
                    types=types or None,
                    max_bytes=None if max_mb is None else int(max_mb * _MB),
                    keep_cited=_cited(log).__contains__,
                    force=force,
                )
            done = {name: getattr(result, name) for name in done}
    kept = f"; {done['cited']} kept because they are cited" if done["cited"] else ""
    print_facts(done, as_json, lambda: f"removed {done['events']} events, {done['freed'] / _MB:.1f} MB{kept}")


def _cited(log: EventLog) -> frozenset[str]:
    from training.products.base import ProductError
    from training.products.citations import cited_events
    from training.products.store import ProductStore

    try:
        return cited_events(log, ProductStore())
    except ProductError as error:
        raise click.ClickException(str(error)) from error


def _confirm(what: str) -> None:
    if not is_terminal():
        raise click.UsageError("events are removed for good; give --yes")
    click.confirm(f"Remove the content of {what}, for good?", abort=True, err=True)


def _said(before: datetime | None, types: tuple[str, ...], max_mb: float | None, force: bool) -> str:
    """Which events the options name."""
    kinds = f"{', '.join(types)} events" if types else "all events"
    age = f" before {local_time(before.isoformat())}" if before else ""
    size = f", the oldest beyond {max_mb:g} MB" if max_mb is not None else ""
    return f"{kinds}{age}{size}{', also what is cited' if force else ''}"


def _history(found: list[dict[str, Any]]) -> str:
    if not found:
        return "nothing was pruned"
    lines = [
        (
            local_time(one["at"]),
            str(one["events"]),
            str(one["cited"]),
            ", ".join(f"{name} {count}" for name, count in one["by_type"].items()),
        )
        for one in found
    ]
    return align([("TIME", "EVENTS", "KEPT", "TYPES"), *lines])
