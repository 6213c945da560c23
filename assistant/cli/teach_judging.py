"""``apprentice teach grade`` and ``relabel``: teachers judge decisions of the student.

Invariant: what was paid for is kept by what was asked, so that the same command goes on, or repeats, for
nothing. Nothing in the decision log is changed.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from assistant import teach_text
from assistant.cli import teach_options
from assistant.cli.invocation import Invocation, pass_invocation, print_json
from assistant.cli.progress import progress
from assistant.cli.teach_asking import Sayer, ask, warn_of_small
from assistant.text_safety import visible
from tools.protocol.calls import ANSWER

if TYPE_CHECKING:
    from assistant.cli.eval_run import Asked
    from training.generation.judging import Subject
    from training.generation.judging_run import Judging
    from training.teachers.base import ProviderConfig

_JUDGES = click.Choice(["anthropic", "openai", "local"])
_SOURCES = (
    click.option(
        "--input", "file", metavar="FILE", help="Decision rows or examples, JSON lines; else the log."
    ),
    click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Only the newest N."),
    click.option("--output", metavar="FILE", help="Write each with what was said of it, as JSON lines."),
    *teach_options.ASKING,
    teach_options.yes,
    teach_options.as_json,
)


@click.command()
@click.option("--provider", type=_JUDGES, required=True, help="Who grades.")
@click.option("--cases", metavar="FILE", help="Let the student decide on evaluation cases, and grade that.")
@click.option("--student", metavar="M", help="With --cases: another student than the settings name.")
@click.option("--fresh", is_flag=True, help="With --cases: decide anew what an interrupted run has decided.")
@teach_options.options(*_SOURCES)
@pass_invocation
def grade(
    invocation: Invocation,
    /,
    provider: str,
    cases: str | None,
    student: str | None,
    fresh: bool,
    file: str | None,
    limit: int | None,
    output: str | None,
    max_cost: float | None,
    yes: bool,
    as_json: bool,
    **asking: Any,
) -> int:
    """A teacher grades what the student decided: tool, arguments and answer, 0 to 2, and says why.

    Graded are the decisions of the log, those of --input, or those that the student makes now on --cases.
    """
    if ((student or fresh) and not cases) or (cases and file):
        raise click.UsageError("give --input FILE, or --cases FILE with --student M, or neither for the log")
    teachers = _teachers(invocation, [provider], **asking)
    with _decided(invocation, cases, student, fresh, file, limit) as subjects:
        judging = _judging(invocation, "grade", teachers, subjects, max_cost)
        found = _judged(invocation, judging, output, yes=yes)
        print_json(found) if as_json else click.echo(teach_text.grades_text(found))
    return 0


@click.command()
@click.option("--provider", "providers", type=_JUDGES, multiple=True, required=True, help="Who labels.")
@click.option("--soft-labels", "soft", is_flag=True, help="Ask for the distribution over the tools too.")
@teach_options.options(*_SOURCES)
@pass_invocation
def relabel(
    invocation: Invocation,
    /,
    providers: tuple[str, ...],
    soft: bool,
    file: str | None,
    limit: int | None,
    output: str | None,
    max_cost: float | None,
    yes: bool,
    as_json: bool,
    **asking: Any,
) -> int:
    """A teacher says what would have been right, without seeing what the student decided.

    Labelled are the decisions of the log or those of --input. --output has the rows with teacher_model,
    teacher_tool, teacher_parameters and teacher_confidence, or the examples with the teacher's calls. With
    --provider given several times the teachers vote, and how far they agree is said.
    """
    teachers = _teachers(invocation, providers, **asking)
    judging = _judging(invocation, "relabel", teachers, _read(invocation, file, limit), max_cost, soft=soft)
    found = _judged(invocation, judging, output, yes=yes)
    print_json(found) if as_json else click.echo(teach_text.labels_text(found))
    return 0


def _read(invocation: Invocation, file: str | None, limit: int | None) -> "list[Subject]":
    from training.generation.judging import from_rows, read_subjects

    if file is not None:
        return read_subjects(Path(file).expanduser())[-(limit or 0) :]
    from assistant import paths
    from training.events import open_log
    from training.events.decisions import history

    log = open_log(invocation.settings().events.url or paths.events_dir(), create=False)
    try:
        return from_rows(history(log, limit=limit))
    finally:
        log.close()


@contextmanager
def _decided(
    invocation: Invocation,
    cases: str | None,
    student: str | None,
    fresh: bool,
    file: str | None,
    limit: int | None,
) -> "Iterator[list[Subject]]":
    """What is to be graded. What the student decides on cases is kept until the block has ended well."""
    if cases is None:
        yield _read(invocation, file, limit)
        return
    from assistant.cli.eval_run import evaluated
    from training.generation.judging import Subject
    from training.teachers.grading import Decided

    with evaluated(_on_cases(invocation, cases, student, limit), fresh=fresh) as found:
        yield [
            Subject(
                Decided(
                    one.case.id,
                    one.case.messages,
                    tuple(tool for tool in one.case.offered() if tool.name != ANSWER),
                    one.made.calls,
                    one.made.answer or one.made.problem,
                )
            )
            for one in found
        ]


def _on_cases(invocation: Invocation, cases: str, student: str | None, limit: int | None) -> "Asked":
    """As ``apprentice eval tools`` asks, but with answers written to their end."""
    from assistant.cli.eval_options import read_or_complain, some_of, wanted_student, way_of
    from assistant.cli.eval_run import Asked
    from training.evaluation.cases import read_cases
    from training.registry.serving import in_force
    from training.student.prompt import prompt_for

    settings = invocation.settings()
    decides = in_force(wanted_student(settings.student, student))
    prompt = prompt_for(decides.model, decides.prompt)
    read = read_or_complain(lambda: read_cases(Path(cases).expanduser()))
    return Asked(cases, some_of(read, limit, None), decides, prompt, way_of(settings, prompt, None))


def _teachers(
    invocation: Invocation, providers: Sequence[str], models: tuple[str, ...], **asking: Any
) -> "list[ProviderConfig]":
    """Those that are asked, which have a model and a key: a student may work for an hour before them."""
    from assistant.teaching import can_ask, read_models, teacher_config
    from training.generation.base import GenerationError

    try:
        names = read_models(models, dict.fromkeys(providers, 1))
    except GenerationError as error:
        raise click.UsageError(str(error)) from None
    settings = invocation.settings()
    teachers = [teacher_config(settings, name, names.get(name, ""), **asking) for name in providers]
    asyncio.run(can_ask(teachers))
    warn_of_small(teachers, "judges")
    return teachers


def _judging(
    invocation: Invocation,
    purpose: Literal["grade", "relabel"],
    teachers: "Sequence[ProviderConfig]",
    subjects: "Sequence[Subject]",
    max_cost: float | None,
    *,
    soft: bool = False,
) -> "Judging":
    from assistant import paths
    from assistant.teaching import budget_of
    from training.generation.judging_run import Judging

    if not subjects:
        raise click.ClickException("there is no decision to judge")
    settings = invocation.settings()
    prices, budget = settings.teachers.prices, budget_of(settings, max_cost)
    return Judging(purpose, teachers, subjects, paths.judgings_dir(), prices, budget, soft)


def _judged(invocation: Invocation, judging: "Judging", output: str | None, *, yes: bool) -> dict[str, Any]:
    """What the teachers find, within a budget; a line for each goes to ``output``."""
    _agreed(invocation, judging, yes=yes)
    try:
        with progress("judging", len(judging.subjects)) as told:
            found, lines = asyncio.run(judging.judge(told, Sayer()))
    except KeyboardInterrupt:
        click.echo("\napprentice: stopped; the same command goes on, and pays for nothing twice", err=True)
        raise
    if output is not None:
        Path(output).expanduser().write_bytes(b"".join(lines))
    return {**found, "output": output or ""}


def _agreed(invocation: Invocation, judging: "Judging", *, yes: bool) -> None:
    """Say what it will cost; ask where that is much."""
    from assistant.teaching import needs_word
    from training.generation.costs import sums

    if all(config.provider == "local" for config in judging.teachers):
        return
    facts = sums(asyncio.run(judging.estimates()), batch=False)
    click.echo(visible(teach_text.estimate_text(facts)), err=True)
    ask(needs_word(facts["cost_usd"], invocation.settings()), yes=yes)
