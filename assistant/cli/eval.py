"""``apprentice eval``: how good the student is, on cases with known right decisions.

Invariant: facts go to stdout, progress and problems to stderr. Wrong cases are wrong usage, one line for each
wrong line of theirs; nothing is asked of the student before all of them are read.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from assistant.cli.eval_options import (
    Command,
    common_options,
    output_option,
    read_or_complain,
    selection_option,
    some_of,
    target_of,
    wanted_student,
    way_of,
)
from assistant.cli.eval_run import Asked, as_judged, evaluated
from assistant.cli.invocation import Invocation, pass_invocation, print_json
from assistant.cli.lazy import LazyGroup
from tools.selection.offer import Way
from training.evaluation.bfcl import CATEGORIES

COMMANDS = {
    "consistency": "assistant.cli.eval_consistency:consistency",
    "reading": "assistant.cli.eval_reading:reading",
    "tasks": "assistant.cli.eval_tasks:tasks",
}

_SOURCES = (
    click.option("--cases", "file", metavar="FILE", help="Cases, one JSON object a line."),
    click.option(
        "--bfcl", "folder", metavar="DIR", help="Data of the Berkeley Function Calling Leaderboard."
    ),
    click.option(
        "--category",
        "categories",
        multiple=True,
        type=click.Choice(CATEGORIES),
        metavar="NAME",
        help="A category of --bfcl; may be given several times.",
    ),
)


def _options(command: Command) -> Command:
    command = common_options(command)
    for option in reversed(_SOURCES):
        command = option(command)
    return command


@click.group("eval", cls=LazyGroup, lazy=COMMANDS)
def evaluation() -> None:
    """How good the student is, measured on cases with known right decisions.

    A case is a line of JSON: {"id", "request" or "messages", "tools"?, "expected": [{"tool", "arguments":
    {NAME: [acceptable values]}}]}. Any one of "expected" is right; "match": "all" asks for all of them
    together. "*" accepts any value; an argument that is left out counts as null and as "". Without "tools"
    the built-in ones are offered; the tool "answer" means that none is needed. "tags" are counted apart;
    cases of one "group" say the same in other words.

    A run that was interrupted goes on where it was when the same command is given again.
    """


@evaluation.command("tools")
@_options
@selection_option
@output_option
@pass_invocation
def tools(invocation: Invocation, /, output: str | None, fresh: bool, as_json: bool, **given: Any) -> None:
    """Right tools and right calls, restraint, confidence and speed.

    For --bfcl, calls are right by BFCL's rules with paths compared exactly; bfcl_accuracy is its own score.
    Categories: simple_python, multiple, parallel, parallel_multiple, irrelevance; live_simple, live_multiple,
    live_parallel, live_parallel_multiple, live_irrelevance, live_relevance.
    """
    from assistant.cli import eval_text
    from training.evaluation.report import report

    target = target_of(output)
    asked = _asked(invocation, **given)
    with evaluated(asked, fresh=fresh) as found:
        if target:
            eval_text.write_decisions(target, found)
        facts = {**report(found), **asked.facts()}
        print_json(facts) if as_json else click.echo(eval_text.report_text(facts))


@evaluation.command("calibrate")
@_options
@pass_invocation
def calibrate(invocation: Invocation, /, fresh: bool, as_json: bool, **given: Any) -> None:
    """Fit the confidence of a GGUF student to how often it is right, and use it from its next start on.

    The student chooses among all tools here; where the chat narrows them, the ranker has its say too. The
    cases must not be those that the student was trained on. The expected calibration error after fitting is
    that of each half of the decisions under what was fitted to the other half. 'student.ask_below' is a bound
    on the calibrated confidence: below it the student asks you instead of calling a tool.
    """
    from assistant.cli import eval_text
    from training.evaluation.calibration import CalibrationError
    from training.evaluation.calibration import calibrate as fit
    from training.evaluation.fitted import keep_fitted, thresholds
    from training.evaluation.report import decisions_of

    asked = _asked(invocation, selection="all", **given)
    guessing = replace(asked, settings=asked.settings.model_copy(update={"ask_below": 0.0}))
    with evaluated(guessing, fresh=fresh) as found:
        try:
            fitted = fit(decisions_of(found))
        except CalibrationError as error:
            raise click.ClickException(f"{asked.source}: {error}") from None
        kept = keep_fitted(fitted, asked.cases, asked.settings, asked.prompt)
        facts = {**kept.model_dump(), "thresholds": thresholds(found, fitted.temperature), **asked.facts()}
        print_json(facts) if as_json else click.echo(eval_text.calibration_text(facts))


def _asked(
    invocation: Invocation,
    file: str | None,
    folder: str | None,
    categories: Sequence[str],
    model: str | None,
    selection: Way | None,
    limit: int | None,
    seed: int | None,
) -> Asked:
    from training.evaluation.bfcl import read_bfcl
    from training.evaluation.cases import read_cases
    from training.student.prompt import prompt_for

    if (file is None) == (folder is None) or bool(folder) != bool(categories):
        raise click.UsageError("give --cases FILE, or --bfcl DIR with --category NAME")
    settings = invocation.settings()
    student = as_judged(wanted_student(settings.student, model))
    prompt = prompt_for(student.model, student.prompt)
    if folder is not None:
        cases = read_or_complain(lambda: read_bfcl(Path(folder).expanduser(), categories))
    else:
        cases = read_or_complain(lambda: read_cases(Path(file or "").expanduser()))
    return Asked(
        source=file or f"BFCL {', '.join(categories)}",
        cases=some_of(cases, limit, seed),
        settings=student,
        prompt=prompt,
        selection=way_of(settings, prompt, selection),
    )
