"""``apprentice train export``: from a run that ended to a student in the registry, proved.

Invariant: what does not pass the conversion gate ends with exit code 1, its report on stdout, and is
registered as what it is.
"""

from typing import TYPE_CHECKING

import click

from assistant.cli import watching
from assistant.cli.invocation import Invocation, pass_invocation, print_json
from assistant.cli.jobs import as_json, facts
from assistant.cli.runs import folder_of

if TYPE_CHECKING:
    from training.export.quantise import Quantisation
    from training.jobs.base import Job

QUANTISATIONS = ("Q4_K_M", "Q5_K_M", "Q8_0", "f16")


@click.command()
@click.argument("run", default="last")
@click.option("--name", default="", help="What to call the student; by default as the run.")
@click.option("--merge", is_flag=True, help="Merge the adapter into the base, and write a whole model.")
@click.option(
    "--quantisation",
    type=click.Choice(QUANTISATIONS),
    help="Of a whole model, the first that is tried; a larger one follows where it loses too much.",
)
@click.option("--detach", is_flag=True, help="Start it and return; it goes on by itself.")
@as_json
@pass_invocation
def export(
    invocation: Invocation,
    /,
    run: str,
    name: str,
    merge: bool,
    quantisation: "Quantisation | None",
    detach: bool,
    as_json: bool,
) -> int:
    """Make a student of RUN, a fine-tuning job (its id, 'last') or its folder.

    Writes a GGUF adapter, or with --merge a whole model; puts it through the conversion gate, whose report is
    printed; and registers it as a candidate with its card. `apprentice models compare` and `deploy` follow.
    """
    from assistant.telling import tell_log
    from training.export.order import export_job, export_order
    from training.registry.serving import own_registry

    registry, store = own_registry(), watching.jobs_store()
    asked = export_order(
        folder_of(run),
        name=name,
        form="merged" if merge or quantisation else None,
        quantisation=quantisation,
        registry=registry.folder,
        least_decisions=invocation.settings().models.least_decisions,
    )
    job = store.submit(export_job(asked))
    if not as_json:
        click.echo(f"job {job.id}: {job.outputs}", err=True)
    if detach:
        print_json(facts(job)) if as_json else click.echo(job.id)
        return 0
    code = watching.watch(store, job.id, quiet=True)
    job = store.get(job.id)
    tell_log(invocation.settings(), registry)
    print_json(facts(job)) if as_json else _say(job)
    return code or (0 if job.result.get("passed") else 1)


def _say(job: "Job") -> None:
    """The report, or why there is none."""
    from assistant.job_text import line
    from assistant.text_safety import clean, visible

    if "student" not in job.result:
        click.echo(visible(line(job)))
        return
    click.echo(clean((job.outputs / "report.txt").read_text("utf-8")), nl=False)
    student = job.result["student"]
    click.echo(f"\nstudent {student}; next: apprentice models compare {student} --log, or --cases FILE")
