"""``apprentice decisions export`` and ``replay``: the log as lines for other programs, and event by event.

Invariant: a file is there whole, under its name, or not at all; memory does not grow with the log.
"""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

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
from assistant.cli.decision_tables import event_line
from assistant.cli.invocation import is_raw, print_text, raw_option
from assistant.cli.moments import moment_or_sequence
from assistant.cli.stdout import binary_stdout
from assistant.decision_lines import FORMS, Counted, json_lines, lines_of
from assistant.outgoing import outgoing_value
from training.events.audit import COLUMNS, audit
from training.events.codec import to_document
from training.products.disk import replacing

_COLUMNS = "\n".join(f"{name:<21}{what}" for name, what in COLUMNS.items())
_HELP = f"""Write decisions as lines, the oldest first.

The format 'audit' (as a file: tool_calls_audit.jsonl) is one flat line per decision, with these columns:

\b
{_COLUMNS}

The format 'jsonl' is one line per decision as 'decisions list --json' prints it, for training and
evaluation. 'csv' has the columns of the log for a spreadsheet, where a nested value is its JSON. A file of
that name is replaced when all is written, and not before. --json prints what was written, and needs --output.
"""


@click.command(help=_HELP)
@click.option("--format", "form", type=click.Choice(["audit", *FORMS]), default="audit", show_default=True)
@click.option("-o", "--output", type=click.Path(dir_okay=False), help="File to write; stdout without it.")
@filter_options
@log_option
@json_option
@raw_option
def export(form: str, output: str | None, url: str | None, as_json: bool, **given: Any) -> None:
    if as_json and not output:
        raise click.UsageError("--json prints what was written to a file; give --output FILE")
    with opened(url) as log, reading(log) as view, _target(output) as file:
        wanted, safe = chosen(given), not is_raw()
        found: Iterable[Mapping[str, Any]] = ()
        if view is not None:
            found = audit(view, wanted) if form == "audit" else wanted.rows(view)
        rows = Counted(found)
        file.writelines(json_lines(rows, safe) if form == "audit" else lines_of(rows, form, safe))
    if output:
        facts = {"decisions": rows.count, "format": form, "output": output}
        print_facts(facts, as_json, lambda: f"wrote {rows.count} decisions to {output}")


@click.command()
@click.option(
    "--from", "first", type=click.IntRange(min=1), default=1, metavar="SEQ", help="From this event on."
)
@click.option("--until", type=moment_or_sequence, metavar="TIME|SEQ", help="Up to this time, or this event.")
@log_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line.")
@raw_option
def replay(first: int, until: datetime | int | None, url: str | None, as_json: bool) -> None:
    """Print the events in the order in which they were recorded."""
    with opened(url) as log, reading(log, until) as view:
        for event in view.read(after=first - 1) if view else ():
            document = to_document(event)
            if as_json:
                click.echo(json.dumps(document if is_raw() else outgoing_value(document)))
            else:
                print_text(event_line(event))


@contextmanager
def _target(output: str | None) -> Iterator[BinaryIO]:
    """Stdout, or a file that takes its name when it is whole and on the disk."""
    if output is None:
        yield binary_stdout()
        sys.stdout.flush()
        return
    try:
        with replacing(Path(output)) as file:
            yield file
    except OSError as error:
        raise click.ClickException(f"{output}: cannot be written: {error.strerror or error}") from error
