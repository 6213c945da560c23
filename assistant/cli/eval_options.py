"""What the commands of ``apprentice eval`` have in common: who is evaluated, on what, where it is written.

Invariant: wrong cases are wrong usage, one line for each wrong line of theirs.
"""

import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, get_args

import click

from tools.selection.offer import Way

if TYPE_CHECKING:
    from assistant.settings import Settings
    from tools.protocol.messages import Prompt
    from training.student.settings import StudentSettings

Command = Callable[..., None]
Chosen = TypeVar("Chosen")
SHOWN_PROBLEMS = 50

_OPTIONS = (
    click.option("-m", "--model", help="Another student than the settings name."),
    click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Only the first N."),
    click.option("--seed", type=int, metavar="S", help="With --limit: N at random instead."),
    click.option("--fresh", is_flag=True, help="Forget what an interrupted run of the same had done."),
    click.option("--json", "as_json", is_flag=True, help="Print JSON."),
)
selection_option = click.option(
    "--selection",
    type=click.Choice(get_args(Way)),
    metavar="WAY",
    help="How tools are narrowed: all, shortlist or bundles. By default as in the chat.",
)
output_option = click.option(
    "--output", metavar="FILE", help="Write every decision and its verdict here, as JSON lines."
)


def common_options(command: Command) -> Command:
    """Which student, how many cases, and how it is told."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def target_of(output: str | None) -> Path | None:
    """Where to write, known to be possible before the work is done."""
    if output is None:
        return None
    target = Path(output).expanduser().absolute()
    if target.is_dir() or not target.parent.is_dir():
        raise click.UsageError(f"--output {output}: give a file in a folder that exists")
    return target


def wanted_student(settings: "StudentSettings", model: str | None) -> "StudentSettings":
    """The student of the settings, or another model, to which their adapter and prompt do not belong."""
    if model is None or model == settings.model:
        return settings
    return settings.model_copy(update={"model": model, "adapter": "", "name": "", "prompt": ""})


def way_of(settings: "Settings", prompt: "Prompt", selection: Way | None) -> Way:
    """How tools are narrowed: as asked for, or as in the chat."""
    wanted = selection or settings.tools.selection
    return prompt.selection if wanted == "auto" else wanted


def read_or_complain(read: Callable[[], tuple[Chosen, ...]]) -> tuple[Chosen, ...]:
    """What ``read`` reads; exit code 2 where that has problems."""
    from assistant.text_safety import clean_line
    from training.evaluation.cases import CaseFileError

    try:
        return read()
    except CaseFileError as error:
        shown = [clean_line(problem) for problem in error.problems[:SHOWN_PROBLEMS]]
        left = len(error.problems) - len(shown)
        for line in [*shown, *([f"and {left} more"] if left else [])]:
            click.echo(f"apprentice: {line}", err=True)
        raise click.exceptions.Exit(2) from None


def some_of(given: Sequence[Chosen], limit: int | None, seed: int | None) -> tuple[Chosen, ...]:
    """The first ``limit``, or with a seed that many at random, in their order."""
    if seed is not None and limit is not None:
        picked = sorted(random.Random(seed).sample(range(len(given)), min(limit, len(given))))
        return tuple(given[index] for index in picked)
    return tuple(given[:limit])
