"""Running an evaluation for the command line: as the chat decides, with a bar, going on where it was."""

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from tools.protocol.messages import Prompt
    from tools.selection.offer import Way
    from training.evaluation.cases import Case
    from training.evaluation.predictions import Prediction
    from training.evaluation.report import Result
    from training.evaluation.running import Decide
    from training.evaluation.unfinished import Unfinished
    from training.student.settings import StudentSettings

Told = Callable[["Prediction"], None]
_JUDGED_WITHOUT_TEXT = {"answer_tokens": 16}
"""The text of an answer is not judged, so it is not written to its end."""


@dataclass(frozen=True)
class Asked:
    """What is evaluated: the cases, who decides, with which prompt, and out of how many tools."""

    source: str
    cases: "tuple[Case, ...]"
    settings: "StudentSettings"
    prompt: "Prompt"
    selection: "Way"

    def facts(self) -> dict[str, Any]:
        """Who was evaluated on what."""
        from training.student.temperatures import prompt_fingerprint

        return {
            "source": self.source,
            "model": self.settings.model,
            "adapter": self.settings.adapter_path,
            "prompt": prompt_fingerprint(self.prompt)[:12],
            "selection": self.selection,
        }


def as_judged(settings: "StudentSettings") -> "StudentSettings":
    """The student as files, for decisions alone. Raises StudentError."""
    from training.registry.serving import in_force

    return in_force(settings).model_copy(update=_JUDGED_WITHOUT_TEXT)


@contextmanager
def evaluated(asked: Asked, *, fresh: bool, told: Told | None = None) -> "Iterator[list[Result]]":
    """Every case decided and judged. What is done already is taken from the interrupted run; it is forgotten
    when the block has ended well, so that nothing is lost where the results cannot be written.

    ``told`` is called for each case, those of an interrupted run included; without it a bar is shown.
    Raises StudentError, ModelFileError, EvaluationRunning, OSError or KeyboardInterrupt.
    """
    from assistant import paths
    from training.evaluation.cases import fingerprint
    from training.evaluation.report import results
    from training.evaluation.unfinished import PREDICTIONS, evaluation_key, unfinished

    key = evaluation_key(fingerprint(asked.cases), asked.settings, asked.prompt, asked.selection)
    with unfinished(paths.evaluations_dir(), key, PREDICTIONS) as kept:
        telling = (
            going_on(kept, len(asked.cases), "cases", fresh=fresh) if told is None else _telling(kept, told)
        )
        with telling as on_prediction:
            predictions = asyncio.run(_predicted(asked, kept, on_prediction))
        yield results(asked.cases, predictions)
        kept.discard()


@contextmanager
def going_on(
    kept: "Unfinished[Any]", total: int, what: str, *, fresh: bool
) -> Iterator[Callable[[Any], None]]:
    """Say what of an interrupted run is done, show a bar, and say where Ctrl+C stopped.

    Yields what has to be told of each one that is done.
    """
    if fresh:
        kept.discard()
    if kept.made:
        done = f"{len(kept.made)} of {total} {what} are done already"
        click.echo(f"apprentice: {done}; --fresh begins anew", err=True)
    try:
        with _progress(total, len(kept.made)) as told:
            yield told
    except KeyboardInterrupt:
        done = f"stopped after {len(kept.made)} of {total} {what}"
        click.echo(f"\napprentice: {done}; the same command goes on from there", err=True)
        raise


@contextmanager
def _telling(kept: "Unfinished[Prediction]", told: Told) -> Iterator[Told]:
    for made in kept.made.values():
        told(made)
    yield told


async def _predicted(asked: Asked, kept: "Unfinished[Prediction]", told: Told) -> "list[Prediction]":
    from assistant.wiring import make_student
    from training.evaluation.running import predict_all

    student = make_student(asked.settings)
    try:
        return await predict_all(student, asked.cases, asked.prompt, kept, told, _as_the_chat(asked))
    finally:
        await student.close()


def _as_the_chat(asked: Asked) -> "Decide":
    """What the ranker's file lacks is said."""
    from assistant import paths
    from assistant.deciding import as_the_chat
    from tools.selection.ranker import open_ranker

    ranker, problem = open_ranker(paths.ranker_file())
    if problem:
        click.echo(f"apprentice: {problem}", err=True)
    return as_the_chat(ranker, asked.selection, remote=asked.settings.remote)


@contextmanager
def _progress(total: int, done: int) -> Iterator[Callable[[Any], None]]:
    """A bar on stderr where a person watches it."""
    if not sys.stderr.isatty():
        yield lambda made: None
        return
    with click.progressbar(length=total, label="deciding", file=sys.stderr, show_pos=True) as bar:
        bar.update(done)
        yield lambda made: bar.update(1)
