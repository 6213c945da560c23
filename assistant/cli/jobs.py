"""``apprentice jobs``: list, show, watch, cancel, resume and remove long work."""

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from assistant.cli.invocation import print_json
from assistant.job_text import line, progress_line, report
from assistant.text_safety import clean, visible

if TYPE_CHECKING:
    from training.jobs.base import Job
    from training.jobs.store import Jobs

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def jobs() -> None:
    """Long work: list, show, watch, cancel and resume it."""


@jobs.command("list")
@as_json
def list_jobs(as_json: bool) -> None:
    """All jobs, the newest first."""
    found = _jobs().all()
    if as_json:
        print_json([facts(job) for job in found])
        return
    for job in found:
        click.echo(visible(line(job)))
    if not found:
        click.echo("no jobs yet", err=True)


@jobs.command()
@click.argument("job")
@click.option("--log", is_flag=True, help="Print the end of its log instead.")
@as_json
def show(job: str, log: bool, as_json: bool) -> None:
    """Show one job, given by id, a part of it, or 'last'."""
    found = _jobs().get(job)
    if log:
        from training.jobs.logs import tail

        click.echo(clean(tail(found.folder)), nl=False)
    elif as_json:
        print_json(facts(found))
    else:
        click.echo(clean(report(found)))


@jobs.command()
@click.argument("job", default="last")
@click.option("--json", "as_json", is_flag=True, help="Print each entry of its journal as a JSON line.")
def watch(job: str, as_json: bool) -> int:
    """Follow a job until it ends; Ctrl+C stops the watching, not the job."""
    import json

    store = _jobs()
    found = store.get(job)
    try:
        for entry in store.follow(found.id):
            if as_json and entry is not None:
                click.echo(json.dumps(entry))
            elif not as_json:
                _tell(store.get(found.id), entry)
    except KeyboardInterrupt:
        click.echo(f"\nthe job goes on; to end it: apprentice jobs cancel {found.id}", err=True)
        return 130
    return _ended(store.get(found.id), quiet=as_json)


@jobs.command()
@click.argument("job")
@as_json
def cancel(job: str, as_json: bool) -> None:
    """Ask a job to stop. What it has done so far is kept for a resume."""
    _say(_jobs().cancel(job), "is asked to stop", as_json)


@jobs.command()
@click.argument("job")
@as_json
def resume(job: str, as_json: bool) -> None:
    """Start a job again from its last checkpoint."""
    _say(_jobs().resume(job), "goes on", as_json)


@jobs.command("rm")
@click.argument("job")
@click.option("--yes", is_flag=True, help="Do not ask.")
@as_json
def remove(job: str, yes: bool, as_json: bool) -> None:
    """Delete a job that ended, with its outputs."""
    store = _jobs()
    found = store.get(job)
    if not yes:
        click.confirm(f"Delete {found.id} and {found.outputs}?", abort=True, err=True)
    _say(store.remove(found.id), "is deleted", as_json)


def facts(job: "Job") -> dict[str, Any]:
    """A job as JSON."""
    return {**asdict(job), "folder": str(job.folder), "outputs": str(job.outputs)}


def _jobs() -> "Jobs":
    from assistant import paths
    from training.jobs.store import Jobs

    return Jobs(paths.jobs_dir())


def _say(job: "Job", what: str, as_json: bool) -> None:
    if as_json:
        print_json(facts(job))
    else:
        click.echo(f"{job.id} {what}")


def _tell(job: "Job", entry: dict[str, Any] | None) -> None:
    """A note as a line of its own; progress in place, where stderr is a terminal."""
    terminal = sys.stderr.isatty()
    if entry is not None and entry["what"] == "note":
        click.echo(("\r\x1b[K" if terminal else "") + visible(str(entry.get("text", ""))), err=True)
    elif terminal and (entry is None or entry["what"] == "progress"):
        click.echo("\r\x1b[K" + visible(progress_line(job)), nl=False, err=True)


def _ended(job: "Job", *, quiet: bool) -> int:
    if sys.stderr.isatty():
        click.echo("\r\x1b[K", nl=False, err=True)
    if not quiet:
        click.echo(visible(line(job)))
    return {"done": 0, "cancelled": 130}.get(job.state, 1)
