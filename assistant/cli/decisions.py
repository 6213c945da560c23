"""``apprentice decisions``: read the log of decisions, and say what was right.

Invariant: only ``good``, ``bad`` and ``correct`` record here, ``migrate`` makes a log, and ``prune`` removes.
Text from the log is made inert before it is shown.
Invariant: only ``forget`` and ``widen`` record something, only ``migrate`` makes a log, and only ``prune``
removes from one. Text from the log is made inert before it is shown.
"""

from datetime import datetime
from itertools import islice
from typing import Any

import click

from assistant.cli.decision_options import (
    chosen,
    filter_options,
    json_option,
    log_option,
    opened,
    print_facts,
    reading,
)
from assistant.cli.decision_tables import detail, redaction_table, statistics_table, table
from assistant.cli.invocation import raw_option
from assistant.cli.lazy import LazyGroup
from assistant.cli.moments import moment_or_sequence
from assistant.cli.progress import waiting
from assistant.decision_chain import find_chain
from assistant.label_text import with_label
from training.events.codec import to_document
from training.events.figures import Period, redactions, statistics

_ELSEWHERE = {
    "corrections": "assistant.cli.decision_corrections:corrections",
    "export": "assistant.cli.decision_export:export",
    "good": "assistant.cli.decision_review:good",
    "bad": "assistant.cli.decision_review:bad",
    "correct": "assistant.cli.decision_review:correct",
    "forget": "assistant.cli.decision_corrections:forget",
    "migrate": "assistant.cli.decision_migrate:migrate",
    "prune": "assistant.cli.decision_prune:prune",
    "replay": "assistant.cli.decision_export:replay",
    "widen": "assistant.cli.decision_corrections:widen",
}


@click.group(cls=LazyGroup, lazy=_ELSEWHERE)
def decisions() -> None:
    """What the student decided, what came of it, and what was said of it."""


@decisions.command("list")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="Newest decisions.")
@filter_options
@log_option
@json_option
@raw_option
def list_decisions(limit: int, url: str | None, as_json: bool, **given: Any) -> None:
    """The newest decisions, newest first.

    FILTER is as in the panel /decisions: tool:run outcome:failed session: agent: since:2d until: and words.
    """
    with opened(url) as log, reading(log) as view:
        found = [with_label(row) for row in islice(chosen(given).rows(view), limit)] if view else []
    print_facts(found, as_json, lambda: table(found))


@decisions.command()
@click.argument("event_id")
@log_option
@json_option
@raw_option
def show(event_id: str, url: str | None, as_json: bool) -> None:
    """One decision, whole, with its events: by the id of its selection, outcome or review."""
    with opened(url) as log:
        found = find_chain(log, event_id) if log else None
    if found is None:
        raise click.ClickException(f"no decision has the event {event_id!r}; see: apprentice decisions list")
    facts = {
        **with_label(found.row),
        "cause": to_document(found.cause) if found.cause else None,
        "events": [to_document(event) for event in found.events],
    }
    print_facts(facts, as_json, lambda: detail(found))


@decisions.command()
@filter_options
@click.option("--by", type=click.Choice(["day", "week"]), help="Also over time, in your days or ISO weeks.")
@click.option(
    "--as-of",
    type=moment_or_sequence,
    metavar="TIME|SEQ",
    help="As the log stood at this time, or at this event.",
)
@click.option("--redactions", "redacted", is_flag=True, help="Instead: what was redacted, by kind.")
@log_option
@json_option
def stats(
    by: Period | None,
    as_of: datetime | int | None,
    redacted: bool,
    url: str | None,
    as_json: bool,
    **given: Any,
) -> None:
    """How often each tool was chosen, by whom, and how it went.

    SUCCESS is the share of the decisions with an outcome; REFUSED and CORRECTED of all decisions. ACCURACY is
    how right they were, as far as it is known: by what was said of them, was proved or a teacher chose, else
    by their outcome. How an agent's accuracy moved over time: --agent ID --by week.
    """
    if redacted and (by or any(given.values())):
        raise click.UsageError("--redactions counts over all events; of the filters it takes --as-of only")
    with opened(url) as log, reading(log, as_of) as view:
        if redacted:
            report = redactions(view.read() if view else ())
            print_facts(report, as_json, lambda: redaction_table(report))
        else:
            found = statistics(chosen(given).rows(view) if view else (), by)
            print_facts(found, as_json, lambda: statistics_table(found))


@decisions.command()
@log_option
@json_option
def verify(url: str | None, as_json: bool) -> None:
    """Walk the whole log and name what is damaged. Exits with 1 where something is."""
    with opened(url) as log, waiting("verifying"):
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
    print_facts(facts, as_json, lambda: "\n".join(lines) if damages else whole)
    if damages:
        raise click.exceptions.Exit(1)
