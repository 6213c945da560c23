"""``apprentice jobs``: list, show, watch, cancel, resume and remove long work."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from assistant.cli import watching
from assistant.cli.invocation import print_json, print_notices, print_text, raw_option
from assistant.cli.watching import jobs_store
from assistant.job_text import line, report
from assistant.text_safety import clean, visible

if TYPE_CHECKING:
    from training.jobs.base import Job

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def jobs() -> None:
    """Long work: list, show, watch, cancel, resume and delete it."""


@jobs.command("list")
@as_json
@raw_option
def list_jobs(as_json: bool) -> None:
    """All jobs, the newest first."""
    store = jobs_store()
    found = store.all()
    print_notices(tuple(store.damaged()))
    if as_json:
        print_json([facts(job) for job in found])
        return
    for job in found:
        print_text(visible(line(job)))
    if not found:
        click.echo("no jobs yet", err=True)


@jobs.command()
@click.argument("job")
@click.option("--log", is_flag=True, help="Print the end of its log instead.")
@as_json
@raw_option
def show(job: str, log: bool, as_json: bool) -> None:
    """Show one job, given by id, a part of it, or 'last'."""
    found = jobs_store().get(job)
    if log:
        from training.jobs.logs import tail

        print_text(clean(tail(found.folder)), nl=False)
    elif as_json:
        print_json(facts(found))
    else:
        print_text(clean(report(found)))


@jobs.command()
@click.argument("job", default="last")
@click.option("--json", "as_json", is_flag=True, help="Print each entry of its journal as a JSON line.")
@raw_option
def watch(job: str, as_json: bool) -> int:
    """Follow a job until it ends; Ctrl+C stops the watching, not the job."""
    store = jobs_store()
    return watching.watch(store, store.get(job).id, as_json=as_json)


@jobs.command()
@click.argument("job")
@as_json
def cancel(job: str, as_json: bool) -> None:
    """Ask a job to stop. What it has done so far is kept for a resume."""
    _say(jobs_store().cancel(job), "is asked to stop", as_json)


@jobs.command()
@click.argument("job")
@as_json
def resume(job: str, as_json: bool) -> None:
    """Start a job again from its last checkpoint."""
    _say(jobs_store().resume(job), "goes on", as_json)


@jobs.command("rm")
@click.argument("job")
@click.option("--yes", is_flag=True, help="Do not ask.")
@as_json
def remove(job: str, yes: bool, as_json: bool) -> None:
    """Delete a job that ended, with its outputs."""
    store = jobs_store()
    found = store.get(job)
    if not yes:
        click.confirm(f"Delete {found.id} and {found.outputs}?", abort=True, err=True)
    _say(store.remove(found.id), "is deleted", as_json)


def facts(job: "Job") -> dict[str, Any]:
    """A job as JSON."""
    return {**asdict(job), "folder": str(job.folder), "outputs": str(job.outputs)}


def _say(job: "Job", what: str, as_json: bool) -> None:
    if as_json:
        print_json(facts(job))
    else:
        click.echo(f"{job.id} {what}")
