"""Following a job in the terminal: notes as lines of their own, progress in place.

Invariant: who stops watching stops nothing else.
"""

import json
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from assistant.cli.invocation import is_raw
from assistant.job_text import line, progress_line
from assistant.outgoing import outgoing_value
from assistant.text_safety import visible
from training.events.redaction import redact_text

if TYPE_CHECKING:
    from training.jobs.base import Job
    from training.jobs.store import Jobs

_CLEARED = "\r\x1b[K"


def jobs_store() -> "Jobs":
    """The jobs of the person."""
    from assistant import paths
    from training.jobs.store import Jobs

    return Jobs(paths.jobs_dir())


def watch(store: "Jobs", job_id: str, *, as_json: bool = False, quiet: bool = False) -> int:
    """Follow a job until it ends, and return the exit code that says how. Prints how it ended unless it is
    ``quiet``; with ``as_json`` each entry of its journal as a JSON line instead.
    """
    from training.jobs.news import note_told

    try:
        for entry in store.follow(job_id):
            if as_json and entry is not None:
                click.echo(json.dumps(entry if is_raw() else outgoing_value(entry)))
            elif not as_json:
                _tell(store.get(job_id), entry)
    except KeyboardInterrupt:
        click.echo(
            f"\nthe job goes on; to see it: apprentice jobs watch {job_id}; "
            f"to end it: apprentice jobs cancel {job_id}",
            err=True,
        )
        return 130
    job = store.get(job_id)
    with suppress(OSError):  # a full disk: it is told once more
        note_told(job)
    return _ended(job, quiet=as_json or quiet)


def _tell(job: "Job", entry: dict[str, Any] | None) -> None:
    terminal = sys.stderr.isatty()
    if entry is not None and entry["what"] == "note":
        click.echo(
            (_CLEARED if terminal else "") + visible(redact_text(str(entry.get("text", "")))), err=True
        )
    elif terminal and (entry is None or entry["what"] == "progress"):
        click.echo(_CLEARED + visible(progress_line(job)), nl=False, err=True)


def _ended(job: "Job", *, quiet: bool) -> int:
    if sys.stderr.isatty():
        click.echo(_CLEARED, nl=False, err=True)
    if not quiet:
        click.echo(visible(line(job)))
    return {"done": 0, "cancelled": 130}.get(job.state, 1)
