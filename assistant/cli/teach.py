"""``apprentice teach``: teachers make examples, grade the student, and say what would have been right.

Invariant: what it costs is said before it is spent, and a person is asked above ``teachers.confirm_usd``.
Facts go to stdout, progress and costs to stderr.
"""

import asyncio
from typing import TYPE_CHECKING, Any

import click

from assistant import teach_text
from assistant.cli import teach_options
from assistant.cli.invocation import Invocation, pass_invocation, print_json
from assistant.cli.lazy import LazyGroup
from assistant.cli.teach_asking import Sayer, ask, warn_of_small
from assistant.cli.teach_progress import steps_bar
from assistant.text_safety import visible

if TYPE_CHECKING:
    from training.generation.plan import Plan

_JUDGING = "assistant.cli.teach_judging"


@click.group(cls=LazyGroup, lazy={"grade": f"{_JUDGING}:grade", "relabel": f"{_JUDGING}:relabel"})
def teach() -> None:
    """Teachers make training examples, grade the student and label its decisions.

    A teacher is 'anthropic', 'openai' (or any compatible endpoint, by teachers.openai_url), 'local' (a GGUF)
    or 'scripted', a program that is right by construction and free. Keys are read from ANTHROPIC_API_KEY and
    OPENAI_API_KEY, or from the keyring of the system, and are written nowhere.
    """


@teach.command()
@teach_options.making
@click.option(
    "--output-dir",
    "folder",
    metavar="D",
    help="Where train.jsonl is written; without it, a folder for this project outside of it, which is shown.",
)
@click.option("--from-log", is_flag=True, help="Begin with decisions that were corrected, or unsure.")
@click.option("--resume", is_flag=True, help="Go on with what is in the folder.")
@click.option("--job", is_flag=True, help="Run as a job, and return at once.")
@teach_options.yes
@teach_options.as_json
@pass_invocation
def generate(
    invocation: Invocation,
    /,
    resume: bool,
    job: bool,
    yes: bool,
    as_json: bool,
    **given: Any,
) -> int:
    """Make N examples: train.jsonl, and train_metadata.json with all that is known of them.

    The scripted teacher makes a request in a generated repository, executes the right calls in the sandbox
    and answers from what they return. The other teachers word such requests anew, or label them. Equal and
    nearly equal examples, requests of generation.evaluation_sets and what is of no use are made up for.

    It may be stopped at any time: --resume goes on, and pays for nothing twice. --from-log sends requests out
    of your decision log to the teacher.
    """
    from training.generation.running import generate as run
    from training.generation.work import begun

    plan = teach_options.plan_from(invocation, **given)
    if plan.from_log and not plan.teachers:
        raise click.UsageError("--from-log needs a teacher that is asked: anthropic, openai or local")
    begun(plan.output, plan.identity(), resume=resume)
    warn_of_small(plan.teachers, "teaches")
    if plan.from_log:
        _begin_with_log(invocation, plan)
    _agreed(invocation, plan, yes=yes)
    if job:
        return _as_job(plan, as_json=as_json)
    try:
        with steps_bar(plan.examples) as told:
            found = asyncio.run(run(plan, resume=resume, told=told, said=Sayer()))
    except KeyboardInterrupt:
        click.echo("\napprentice: stopped; what is there is kept, --resume goes on", err=True)
        return 130
    print_json(found) if as_json else click.echo(teach_text.metadata_text(found, plan.folder))
    return 0


@teach.command()
@teach_options.making
@teach_options.as_json
@pass_invocation
def estimate(invocation: Invocation, /, as_json: bool, **given: Any) -> None:
    """What `teach generate` with the same options would cost. Nothing is charged."""
    from assistant.teaching import facts_of

    plan = teach_options.plan_from(invocation, folder=".", **given)
    facts = {**facts_of(plan), **_estimate(plan)}
    del facts["output_dir"]
    print_json(facts) if as_json else click.echo(teach_text.estimate_text(facts))


def _estimate(plan: "Plan", *, begins: bool = False) -> dict[str, Any]:
    from assistant.teaching import estimated
    from training.generation.costs import sums

    return sums(asyncio.run(estimated(plan, begins=begins)), batch=plan.batch)


def _agreed(invocation: Invocation, plan: "Plan", *, yes: bool) -> None:
    """Say what it will cost; ask where that is much."""
    from assistant.teaching import costs_money, left_of, needs_word

    if not costs_money(plan):
        return
    facts = _estimate(left_of(plan), begins=True)
    click.echo(visible(teach_text.estimate_text(facts)), err=True)
    ask(needs_word(facts["cost_usd"], invocation.settings()), yes=yes)


def _begin_with_log(invocation: Invocation, plan: "Plan") -> None:
    from assistant.teaching import begin_with_log

    count = begin_with_log(plan, invocation.settings())
    click.echo(f"apprentice: {count} decisions of the log go first", err=True)


def _as_job(plan: "Plan", *, as_json: bool) -> int:
    from assistant import paths
    from assistant.cli.jobs import facts
    from training.generation.job import spec
    from training.jobs.store import Jobs

    found = Jobs(paths.jobs_dir()).submit(spec(plan))
    print_json(facts(found)) if as_json else click.echo(f"{found.id} runs; apprentice jobs watch {found.id}")
    return 0
