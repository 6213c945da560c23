"""``apprentice train``: a better student from examples."""

from typing import Any

import click

from assistant.cli import watching
from assistant.cli.invocation import Invocation, is_terminal, pass_invocation, print_json
from assistant.cli.jobs import as_json, facts
from assistant.cli.train_estimate import bases, estimate, notebook
from assistant.cli.train_export import export
from assistant.cli.train_mean import mean
from assistant.cli.train_options import of_an_order, order_of
from assistant.cli.train_remote import at_a_provider, providers, run_elsewhere, within
from assistant.text_safety import clean
from assistant.train_text import estimate_text
from assistant.train_wanted import estimated


@click.group()
def train() -> None:
    """Tune a student on examples, and prove what came of it."""


train.add_command(bases)
train.add_command(estimate)
train.add_command(export)
train.add_command(mean)
train.add_command(notebook)
train.add_command(providers)


@train.command()
@of_an_order
@at_a_provider
@within
@click.option("--detach", is_flag=True, help="Start it and return; it goes on by itself.")
@click.option("--yes", is_flag=True, help="Do not ask after the estimate.")
@as_json
@pass_invocation
def run(
    invocation: Invocation,
    /,
    provider: Any,
    max_cost: float | None,
    detach: bool,
    yes: bool,
    as_json: bool,
    **given: Any,
) -> int:
    """Tune a student on the examples of --data, as a job.

    In a terminal it says what it will take, and asks. Ctrl+C stops the watching, not the job;
    `apprentice jobs` watches, cancels and resumes it.

    With --provider it is tuned elsewhere: the examples are sent there, and it may cost money, which is said
    before and asked about above teachers.confirm_usd. Cancelling the job cancels it there; resuming it goes
    on with the same run and pays for nothing twice.
    """
    if provider != "local":
        return run_elsewhere(
            invocation, provider, detach=detach, yes=yes, as_json=as_json, max_cost=max_cost, **given
        )
    from training.finetune.order import job_of

    asked = order_of(**given)
    if is_terminal() and not (yes or as_json or detach):
        click.echo(clean(estimate_text(estimated(asked))), err=True)
        click.confirm("Start?", default=True, abort=True, err=True)
    store = watching.jobs_store()
    job = store.submit(job_of(asked))
    if not as_json:
        click.echo(f"job {job.id}: {job.outputs}", err=True)
    code = 0 if detach else watching.watch(store, job.id, quiet=as_json)
    if as_json:
        print_json(facts(store.get(job.id)))
    elif detach:
        click.echo(job.id)
    return code
