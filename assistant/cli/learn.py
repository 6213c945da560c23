"""``apprentice learn``: from the corrections of a project to a student that has learned them.

Invariant: nothing is deployed that did not win, or that nobody agreed to. Exit code 0 where it serves.
"""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from assistant.cli import watching
from assistant.cli.invocation import Invocation, is_terminal, pass_invocation, print_json, print_notices
from assistant.cli.jobs import as_json

if TYPE_CHECKING:
    from training.jobs.base import Job


@click.command()
@click.option("--yes", is_flag=True, help="Ask nothing: begin, and deploy what won.")
@click.option(
    "--project",
    type=click.Path(path_type=Path, file_okay=False),
    help="Whose corrections are learned; by default the current folder's.",
)
@as_json
@pass_invocation
def learn(invocation: Invocation, /, yes: bool, project: Path | None, as_json: bool) -> int:
    """Let the student learn what you corrected in this project.

    It shows what was corrected and how long the training takes, and asks. Then the student that serves is
    trained further on other wordings of the corrections, and on ordinary requests so that it forgets
    nothing; exported through the conversion gate; and compared, on wordings that were kept apart and on
    ordinary requests. What won is deployed if you agree.

    It runs as a job: Ctrl+C stops the watching, and `apprentice jobs` watches, cancels and resumes it.
    """
    from assistant import learning
    from assistant.text_safety import clean
    from training.jobs.base import ACTIVE

    started, settings = time.monotonic(), invocation.settings()
    found, asked = learning.planned(settings, (project or invocation.workspace).resolve())
    facts: dict[str, Any] = {
        "status": "not_enough", "student": asked.student, "corrections": len(found.corrections),
        "before": {}, "after": {}, "elapsed_s": 0.0, "why": found.missing,
    }  # fmt: skip
    if found.missing:
        return _end(facts, started, as_json)
    if not as_json:
        click.echo(clean(learning.plan_text(found)), err=True)
    if is_terminal() and not (yes or as_json):
        click.echo(learning.time_text(asked, found), err=True)
        click.confirm("Start?", default=True, abort=True, err=True)
    store, job = watching.jobs_store(), learning.begun(asked)
    if not as_json:
        click.echo(f"job {job.id}", err=True)
    code = watching.watch(store, job.id, quiet=True)
    job = store.get(job.id)
    if job.state in ACTIVE:
        return code
    if code:
        facts |= {"status": "refused", "why": _unfinished(job)}
        return max(code, _end(facts, started, as_json))
    facts |= {name: job.result[name] for name in ("student", "before", "after", "why")}
    facts["status"] = "refused"
    if job.result["won"]:
        if not as_json:
            click.echo(learning.figures_text(facts), err=True)
        agreed = yes or (
            is_terminal() and not as_json and click.confirm("Deploy it?", default=True, err=True)
        )
        if agreed:
            print_notices(tuple(learning.deploy(settings, facts["student"], invocation.settings)))
            facts["status"] = "deployed"
        else:
            facts["why"] = f"it won, and you did not deploy it: apprentice models deploy {facts['student']}"
    return _end(facts, started, as_json)


def _unfinished(job: "Job") -> str:
    why = job.error or f"the job was {job.state}"
    return f"{why}; apprentice jobs resume {job.id} goes on"


def _end(facts: dict[str, Any], started: float, as_json: bool) -> int:
    from assistant import learning
    from assistant.text_safety import clean

    facts["elapsed_s"] = round(time.monotonic() - started, 1)
    if as_json:
        print_json(facts)
    elif facts["status"] == "deployed":
        click.echo(f"{facts['student']} serves; a chat that is open takes it with /model {facts['student']}")
    else:
        if facts["after"]:
            click.echo(learning.figures_text(facts))
        click.echo(clean(f"{facts['status'].replace('_', ' ')}: {facts['why']}"))
    return 0 if facts["status"] == "deployed" else 1
