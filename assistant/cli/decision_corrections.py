"""``apprentice decisions corrections|forget|widen``: what counts at once, and for what.

Invariant: nothing is removed; each change is an event that the opposite one undoes.
"""

from pathlib import Path
from typing import Any

import click

from assistant.cli.decision_options import json_option, log_option, opened, print_facts
from assistant.cli.decision_tables import align, local_time
from assistant.cli.invocation import raw_option
from assistant.correction_text import Wish, counts_for, wish
from assistant.plain.steps import call_text
from assistant.text_safety import clean_line

undo_option = click.option("--undo", is_flag=True, help="Undo it.")


@click.command()
@click.option("--all", "everywhere", is_flag=True, help="Of all projects, not of this folder alone.")
@log_option
@json_option
@raw_option
def corrections(everywhere: bool, url: str | None, as_json: bool) -> None:
    """What you corrected: the next request like one of these is decided by it, before any training."""
    from training.corrections.book import Corrections

    found: list[dict[str, Any]] = []
    with opened(url) as log:
        if log is not None:
            book = Corrections(log)
            book.refresh()
            for one in book.all() if everywhere else book.of(str(Path.cwd().resolve())):
                if not one.against:
                    said = {"wrong": sorted(one.wrong), "counts": counts_for(book.standing(one.id))}
                    found.append({**vars(one), **said})
    print_facts(found, as_json, lambda: _table(found))


@click.command()
@click.argument("event_id")
@undo_option
@log_option
def forget(event_id: str, undo: bool, url: str | None) -> None:
    """Follow a correction no more: by the id of the corrected decision, or of one that it decided."""
    _wish(event_id, "forget", undo, url)


@click.command()
@click.argument("event_id")
@undo_option
@log_option
def widen(event_id: str, undo: bool, url: str | None) -> None:
    """Follow a correction in all projects, not only in its own."""
    _wish(event_id, "widen", undo, url)


def _wish(event_id: str, wanted: Wish, undo: bool, url: str | None) -> None:
    with opened(url) as log:
        if log is None:
            raise click.ClickException("no decisions yet")
        said = wish(log, event_id, wanted, undo=undo)
    click.echo(clean_line(said, 200))


def _table(found: list[dict[str, Any]]) -> str:
    if not found:
        return "no corrections yet: c on a decision, e on a call that is asked"
    lines = [
        (
            local_time(one["at"]),
            clean_line(one["request"], 50),
            clean_line(call_text(one["tool"], one["arguments"]), 50),
            one["counts"],
            one["id"],
        )
        for one in found
    ]
    return align([("TIME", "REQUEST", "RIGHT", "COUNTS", "EVENT"), *lines])
