"""``apprentice eval``: how good the student is, on cases with known right decisions.

Invariant: facts go to stdout, progress and problems to stderr. Wrong cases are wrong usage, one line for each
wrong line of theirs; nothing is asked of the student before all of them are read.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from assistant.cli.eval_run import Asked, evaluated
from assistant.cli.invocation import Invocation, pass_invocation, print_json
from tools.selection.offer import Way
from training.evaluation.bfcl import CATEGORIES

if TYPE_CHECKING:
    from training.evaluation.cases import Case
    from training.student.settings import StudentSettings

Command = Callable[..., None]
SHOWN_PROBLEMS = 50
_JUDGED_WITHOUT_TEXT = {"answer_tokens": 16}
"""The text of an answer is not judged, so it is not written to its end."""

_OPTIONS = (
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
    click.option("-m", "--model", help="Another student than the settings name."),
    click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Only the first N cases."),
    click.option("--seed", type=int, metavar="S", help="With --limit: N cases at random instead."),
    click.option("--fresh", is_flag=True, help="Forget what an interrupted run of the same had done."),
    click.option("--json", "as_json", is_flag=True, help="Print JSON."),
)


def _options(command: Command) -> Command:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@click.group("eval")
def evaluation() -> None:
    """How good the student is, measured on cases with known right decisions.

    A case is a line of JSON: {"id", "request" or "messages", "tools"?, "expected": [{"tool", "arguments":
    {NAME: [acceptable values]}}]}. Any one of "expected" is right; "match": "all" asks for all of them
    together. "*" accepts any value; an argument that is left out counts as null and as "". Without "tools"
    the built-in ones are offered; the tool "answer" means that none is needed. "tags" are counted apart.

    A run that was interrupted goes on where it was when the same command is given again.
    """


@evaluation.command("tools")
@_options
@click.option(
    "--selection",
    type=click.Choice(get_args(Way)),
    metavar="WAY",
    help="How tools are narrowed: all, shortlist or bundles. By default as in the chat.",
)
@click.option("--output", metavar="FILE", help="Write every decision and its verdict here, as JSON lines.")
@pass_invocation
def tools(invocation: Invocation, /, output: str | None, fresh: bool, as_json: bool, **given: Any) -> None:
    """Right tools and right calls, restraint, confidence and speed.

    For --bfcl, calls are right by BFCL's rules with paths compared exactly; bfcl_accuracy is its own score.
    Categories: simple_python, multiple, parallel, parallel_multiple, irrelevance; live_simple, live_multiple,
    live_parallel, live_parallel_multiple, live_irrelevance, live_relevance.
    """
    from assistant.cli import eval_text
    from training.evaluation.report import report

    target = _target(output)
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


def _target(output: str | None) -> Path | None:
    """Where to write, known to be possible before the work is done."""
    if output is None:
        return None
    target = Path(output).expanduser().absolute()
    if target.is_dir() or not target.parent.is_dir():
        raise click.UsageError(f"--output {output}: give a file in a folder that exists")
    return target


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
    from training.student.prompt import prompt_for

    if (file is None) == (folder is None) or bool(folder) != bool(categories):
        raise click.UsageError("give --cases FILE, or --bfcl DIR with --category NAME")
    settings = invocation.settings()
    student = _student(settings.student, model)
    prompt = prompt_for(student.model, student.prompt)
    wanted = selection or settings.tools.selection
    return Asked(
        source=file or f"BFCL {', '.join(categories)}",
        cases=_chosen(_cases(file, folder, categories), limit, seed),
        settings=student,
        prompt=prompt,
        selection=prompt.selection if wanted == "auto" else wanted,
    )


def _student(settings: "StudentSettings", model: str | None) -> "StudentSettings":
    """The student of the settings, or another model, to which their adapter and prompt do not belong."""
    from training.registry.serving import in_force

    if model is not None and model != settings.model:
        settings = settings.model_copy(update={"model": model, "adapter": "", "name": "", "prompt": ""})
    return in_force(settings).model_copy(update=_JUDGED_WITHOUT_TEXT)


def _cases(file: str | None, folder: str | None, categories: Sequence[str]) -> "tuple[Case, ...]":
    from assistant.text_safety import clean_line
    from training.evaluation.bfcl import read_bfcl
    from training.evaluation.cases import CaseFileError, read_cases

    try:
        if folder is not None:
            return read_bfcl(Path(folder).expanduser(), categories)
        return read_cases(Path(file or "").expanduser())
    except CaseFileError as error:
        shown = [clean_line(problem) for problem in error.problems[:SHOWN_PROBLEMS]]
        left = len(error.problems) - len(shown)
        for line in [*shown, *([f"and {left} more"] if left else [])]:
            click.echo(f"apprentice: {line}", err=True)
        raise click.exceptions.Exit(2) from None


def _chosen(cases: "tuple[Case, ...]", limit: int | None, seed: int | None) -> "tuple[Case, ...]":
    if seed is not None and limit is not None:
        picked = sorted(random.Random(seed).sample(range(len(cases)), min(limit, len(cases))))
        return tuple(cases[index] for index in picked)
    return cases[:limit]
