"""``apprentice decisions export`` and ``replay``: the log as lines for other programs, and event by event.

Invariant: a file is there whole, under its name, or not at all; memory does not grow with the log.
"""

import os
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import click
import orjson

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
from assistant.cli.moments import moment_or_sequence
from assistant.decision_lines import oldest_first
from training.events.audit import COLUMNS, audit
from training.events.codec import to_document

_COLUMNS = "\n".join(f"{name:<21}{what}" for name, what in COLUMNS.items())
_HELP = f"""Write decisions as JSON lines, the oldest first.

The format 'audit' (as a file: tool_calls_audit.jsonl) is one flat line per decision, with these columns:

\b
{_COLUMNS}

The format 'jsonl' is one line per decision as 'decisions list --json' prints it, for training and evaluation.
--json prints what was written, and needs --output.
"""


@click.command(help=_HELP)
@click.option("--format", "form", type=click.Choice(["audit", "jsonl"]), default="audit", show_default=True)
@click.option("-o", "--output", type=click.Path(dir_okay=False), help="File to write; stdout without it.")
@filter_options
@log_option
@json_option
def export(form: str, output: str | None, url: str | None, as_json: bool, **given: Any) -> None:
    if as_json and not output:
        raise click.UsageError("--json prints what was written to a file; give --output FILE")
    written = 0
    with opened(url) as log, reading(log) as view, _target(output) as file:
        wanted = chosen(given)
        found: Iterable[Mapping[str, Any]] = ()
        if view is not None:
            found = audit(view, wanted) if form == "audit" else wanted.rows(view)
        for line in oldest_first(found):
            file.write(line)
            written += 1
    if output:
        facts = {"decisions": written, "format": form, "output": output}
        print_facts(facts, as_json, lambda: f"wrote {written} decisions to {output}")


@click.command()
@click.option(
    "--from", "first", type=click.IntRange(min=1), default=1, metavar="SEQ", help="From this event on."
)
@click.option("--until", type=moment_or_sequence, metavar="TIME|SEQ", help="Up to this time, or this event.")
@log_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line.")
def replay(first: int, until: datetime | int | None, url: str | None, as_json: bool) -> None:
    """Print the events in the order in which they were recorded."""
    with opened(url) as log, reading(log, until) as view:
        for event in view.read(after=first - 1) if view else ():
            click.echo(orjson.dumps(to_document(event)).decode() if as_json else event_line(event))


@contextmanager
def _target(output: str | None) -> Iterator[IO[bytes]]:
    """Stdout, or a file that takes its name when it is whole and on the disk."""
    if output is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    path = Path(output)
    part = None
    try:
        with tempfile.NamedTemporaryFile(
            "wb", dir=path.parent, prefix=f".{path.name}.", delete=False
        ) as file:
            part = Path(file.name)
            yield file.file
            file.flush()
            os.fsync(file.fileno())
        part.chmod(0o666 & ~_umask())
        part.replace(path)
    except BaseException as error:
        if part is not None:
            with suppress(FileNotFoundError):
                part.unlink()
        if isinstance(error, OSError):
            raise click.ClickException(f"{output}: cannot be written: {error.strerror or error}") from error
        raise


def _umask() -> int:
    current = os.umask(0o077)
    os.umask(current)
    return current
