"""``apprentice eval reading``: how well the student points at what answers a question in a result."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from assistant.cli.eval_options import (
    common_options,
    read_or_complain,
    some_of,
    target_of,
    wanted_student,
)
from assistant.cli.invocation import Invocation, pass_invocation, print_json

if TYPE_CHECKING:
    from tools.protocol.messages import Prompt, Reading
    from training.evaluation.reading import Scored
    from training.evaluation.reading_cases import ReadingCase
    from training.evaluation.unfinished import Unfinished
    from training.student.settings import StudentSettings


@click.command("reading")
@click.option("--cases", "file", required=True, metavar="FILE", help="Cases, one JSON object a line.")
@click.option(
    "--fit",
    "fitted_to",
    metavar="PROMPT",
    help="Fit the weights and bounds to these cases, and write the prompt with them here.",
)
@click.option(
    "--right",
    type=click.FloatRange(0.5, 1.0),
    default=0.95,
    show_default=True,
    metavar="SHARE",
    help="With --fit: how many of the lines that are shown as the answer should be right.",
)
@common_options
@click.option("--output", metavar="FILE", help="Write every case and what was said here, as JSON lines.")
@pass_invocation
def reading(
    invocation: Invocation,
    /,
    file: str,
    fitted_to: str | None,
    right: float,
    model: str | None,
    limit: int | None,
    seed: int | None,
    output: str | None,
    fresh: bool,
    as_json: bool,
) -> None:
    """Right lines, how sure the student is of them, and what it says is not there.

    A case is a line of JSON: {"id", "question", "text" or "file", "call"?: {"tool", "arguments"}, "lines"?:
    [numbers from 1], "form"?, "tags"?}. Any of "lines" is right; without them the form is "none", or what
    "form" says: "result" (all of it), "done", "ask". "file" is a path beside the cases.

    With --fit the figures are of each half of the texts under what was fitted to the other half. Train on
    none of the cases, and judge on others than those of --fit.
    """
    from assistant.cli import eval_reading_text, eval_text
    from assistant.cli.eval_run import as_judged, going_on
    from training.evaluation.reading import failure, reading_report, reading_results
    from training.evaluation.reading_cases import read_reading_cases
    from training.evaluation.reading_fit import fit, halves
    from training.student.prompt import prompt_for, prompt_text, with_reading

    target, written = target_of(output), target_of(fitted_to)
    student = as_judged(wanted_student(invocation.settings().student, model))
    prompt = prompt_for(student.model, student.prompt)
    if student.remote or prompt.reading is None:
        raise click.UsageError("this student does not point at lines: its prompt has no [reading]")
    cases = some_of(read_or_complain(lambda: read_reading_cases(Path(file).expanduser())), limit, seed)
    with _kept(cases, student, prompt) as kept:
        with going_on(kept, len(cases), "cases", fresh=fresh) as told:
            scored = asyncio.run(_scored(cases, student, prompt.reading, kept, told))
        results = (
            halves(cases, scored, prompt.reading, right)
            if written
            else reading_results(cases, scored, prompt.reading)
        )
        facts = {**reading_report(results), **_facts(file, student, prompt)}
        if written:
            fitted = fit(cases, scored, prompt.reading, right)
            written.write_text(with_reading(prompt_text(student.model, student.prompt), fitted), "utf-8")
            facts["fitted"] = {name: value for name, value in vars(fitted).items() if name != "instructions"}
        if target:
            eval_text.write_lines(target, ({**failure(one), "right": one.right} for one in results))
        print_json(facts) if as_json else click.echo(eval_reading_text.reading_text(facts))
        kept.discard()


def _kept(cases: "Sequence[ReadingCase]", student: "StudentSettings", prompt: "Prompt") -> Any:
    """What was scored so far of the same cases by the same student, whatever the weights."""
    from assistant import paths
    from tools.protocol.messages import Reading
    from training.evaluation.reading import SCORED
    from training.evaluation.reading_cases import reading_fingerprint
    from training.evaluation.unfinished import evaluation_key, unfinished

    plain = Reading(prompt.reading.instructions if prompt.reading else "")
    key = evaluation_key(reading_fingerprint(cases), student, replace(prompt, reading=plain), "reading")
    return unfinished(paths.evaluations_dir(), key, SCORED)


async def _scored(
    cases: "Sequence[ReadingCase]",
    settings: "StudentSettings",
    reading: "Reading",
    kept: "Unfinished[Scored]",
    told: "Callable[[Scored], None]",
) -> "list[Scored]":
    from assistant.wiring import make_student
    from training.evaluation.reading import Scored, score_all

    student: Any = make_student(settings)

    async def score(case: "ReadingCase") -> "Scored":
        started = time.perf_counter()
        scores = await student.scores(reading, case.question, [case.passage])
        return Scored(case.id, scores, (time.perf_counter() - started) * 1000)

    try:
        return await score_all(score, cases, kept, told)
    finally:
        await student.close()


def _facts(file: str, student: "StudentSettings", prompt: "Prompt") -> dict[str, Any]:
    """Who was evaluated on what."""
    from training.student.temperatures import prompt_fingerprint

    return {
        "source": file,
        "model": student.model,
        "adapter": student.adapter_path,
        "prompt": prompt_fingerprint(prompt)[:12],
        "selection": "all",
    }
