"""The job that lets the student learn corrections: data, training, export through the gate, judging.

Invariant: each step is whole or not there, so that a job that is resumed goes on at the step it had reached.
Nothing that serves changes here: what wins is marked as having learned, which counts only once it serves. A
job that is cancelled may leave a candidate behind, and nothing else.
"""

import asyncio
import math
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
from pydantic import BaseModel, ConfigDict, Field

from assistant.comparing_job import counter
from training.corrections.base import Correction
from training.finetune.settings import FinetuneSettings
from training.jobs.base import JobError, JobSpec, Reporter
from training.learning.examples import MOST_REPLAYED, ORDINARY
from training.registry.comparisons import RAW

if TYPE_CHECKING:
    from assistant.comparing import Side
    from assistant.settings import Settings
    from training.datasets.example import Example
    from training.evaluation.cases import Case
    from training.evaluation.report import Result
    from training.finetune.order import Order
    from training.generation.settings import Parts

KIND = "learn"
WORK = "assistant.learning_job:work"
DATA, NEAR, EXPORT, EXPORTED, PROMPT, JUDGEMENT = (
    "data", "near.json", "export", "exported.json", "prompt.toml", "judgement.json",
)  # fmt: skip
SETTINGS = FinetuneSettings(keep="last", validate_every=1000, validation_most=64)
"""The defaults otherwise. The last weights: what judges here chooses none of them."""
_SPARE = 1.25
_TOGETHER = 24
"""Scripted examples made for one that is wanted: some are near to what is learned, or made twice."""


class LearnOrder(BaseModel):
    """``student`` is the one that serves and is trained further; empty for the base as it is.

    ``corrections`` and ``known`` are ``training.learning.plan.Plan``'s, as they were when it was asked for.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    project: str
    student: str = ""
    base: str = "embedded"
    corrections: tuple[dict[str, Any], ...]
    known: tuple[dict[str, Any], ...] = ()
    replayed: int = Field(default=MOST_REPLAYED, ge=0)
    """The most scripted examples against forgetting."""
    ordinary: int = Field(default=ORDINARY, ge=1)
    settings: FinetuneSettings = SETTINGS

    @property
    def side(self) -> str:
        """What the serving student is called in a comparison."""
        return self.student or RAW


def stored(one: Correction) -> dict[str, Any]:
    """A correction as plain JSON."""
    return {**vars(one), "arguments": dict(one.arguments), "wrong": sorted(one.wrong)}


def restored(facts: Mapping[str, Any]) -> Correction:
    """The inverse of ``stored``."""
    return Correction(**{**facts, "wrong": frozenset(facts["wrong"])})


def learning_job(asked: LearnOrder) -> JobSpec:
    """The job that carries it out."""
    title = f"{len(asked.corrections)} corrections by {asked.student or asked.base}"
    return JobSpec(KIND, title, WORK, asked.model_dump(mode="json"), {}, "cpu")


def work(reporter: Reporter) -> Mapping[str, Any]:
    """Carry out the ``LearnOrder``. Raises JobError, training.jobs.base.Cancelled."""
    from training.evaluation.unfinished import EvaluationRunning
    from training.events.base import EventLogError
    from training.generation.base import GenerationError
    from training.registry import RegistryError
    from training.registry.trials import TrialError
    from training.student.base import StudentError

    try:
        return _learned(LearnOrder.model_validate(reporter.arguments), reporter)
    except (
        StudentError, RegistryError, TrialError, EventLogError, EvaluationRunning, GenerationError,
    ) as error:  # fmt: skip
        raise JobError(str(error)) from None
    except OSError as error:
        raise JobError(
            f"{error.filename or reporter.folder}: {error.strerror}; make room, then resume"
        ) from error


def _learned(asked: LearnOrder, reporter: Reporter) -> Mapping[str, Any]:
    from assistant.settings import load_settings
    from training.finetune.job import work as train
    from training.finetune.outputs import RUN
    from training.learning.stage import Stage

    settings = load_settings(reporter.folder)
    data = reporter.folder / DATA
    if not data.is_dir():
        _prepare(asked, settings, reporter)
    order = order_of(asked, data)
    if not (reporter.folder / "outputs" / RUN).is_file():
        train(Stage(reporter, order.model_dump(mode="json"), reporter.folder))
    exported = _exported(settings, reporter)
    return _judged(asked, settings, exported, reporter)


def order_of(asked: LearnOrder, data: Path) -> "Order":
    """The fine-tuning: the serving student's adapter further, under its own prompt. Raises JobError."""
    from training.finetune.order import order
    from training.registry.serving import own_registry

    start = None
    if asked.student:
        found = own_registry().get(asked.student)
        if found.adapter is None:
            raise JobError(
                f"{found.id} ({found.name}) is whole, not an adapter over a base; deploy one that is: "
                "apprentice models students"
            )
        start = found.adapter
    return order(
        data,
        base=asked.base,
        prompt=str(data / PROMPT),
        name=f"{len(asked.corrections)} corrections",
        start=start,
        settings=asked.settings,
    )


def _prepare(asked: LearnOrder, settings: "Settings", reporter: Reporter) -> None:
    """Write the examples, what judges, and the prompt. Raises JobError, GenerationError, StudentError."""
    from tools.registry import builtin_registry
    from training.datasets.example import to_line
    from training.learning import examples

    part = reporter.folder / f".{DATA}.part"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(mode=0o700)
    prompt = prompt_of(asked)
    (part / PROMPT).write_text(prompt, "utf-8")
    tools = builtin_registry().signatures()
    corrections = [restored(one) for one in asked.corrections]
    known = [restored(one) for one in asked.known]
    said = examples.wordings(corrections)
    again = examples.rehearsed(known, corrections)
    reporter.note(f"{len(said.learned)} wordings of {len(corrections)} corrections to learn from")
    ours = examples.of_corrections((*said.learned, *again.learned), tools)
    near = _near(asked, settings, corrections, reporter)
    for at, (request, right) in enumerate(near):
        if at % 2 == 0 and right["tool"] != "answer":
            made = examples.example(request, right["tool"], right["arguments"], tools, f"near-{at}", "near")
            ours.append(made)
    (part / NEAR).write_bytes(orjson.dumps([one for at, one in enumerate(near) if at % 2]))
    ours += _of_log(settings, corrections)
    count = min(asked.replayed, examples.replayed_count(len(said.learned)))
    reporter.note(f"making {count} scripted examples against forgetting, and {asked.ordinary} to judge by")
    replayed = examples.ordinary(_scripted(asked, settings, count, _parts(prompt), 1, reporter), corrections)
    wanted = _scripted(asked, settings, asked.ordinary, examples.ORDINARY_PARTS, 2, reporter)
    judging = examples.ordinary(wanted, corrections, [*ours, *replayed])[: asked.ordinary]
    for name, found in (("train.jsonl", [*ours, *replayed[:count]]), ("validation.jsonl", judging)):
        (part / name).write_bytes(b"".join(to_line(one) for one in found))
    part.rename(reporter.folder / DATA)


def prompt_of(asked: LearnOrder) -> str:
    """The TOML of the serving student's prompt. Raises RegistryError, StudentError."""
    from training.registry.serving import own_registry
    from training.student.prompt import prompt_text

    path = str(own_registry().get(asked.student).prompt) if asked.student else ""
    return prompt_text(asked.base, path)


def _parts(prompt: str) -> "Parts":
    """As usual; with readings for a student whose prompt says how to read."""
    from training.generation.settings import Parts
    from training.student.prompt import parse_prompt

    return Parts(reading=0.1) if parse_prompt(prompt, PROMPT).reading is not None else Parts()


def _near(
    asked: LearnOrder, settings: "Settings", corrections: Sequence[Correction], reporter: Reporter
) -> list[tuple[str, dict[str, Any]]]:
    """Near misses, with what the student decides on them now."""
    import random

    from training.learning.examples import SEED
    from training.learning.judging import near_case, present
    from training.learning.near import near_misses

    found = near_misses(corrections, 2, random.Random(SEED))
    cases = [near_case(at, request) for at, request in enumerate(sum(found.values(), ()))]
    if not cases:
        return []
    reporter.note(f"asking the student what it does now with {len(cases)} requests near to them")
    made = _decided(_side(asked), settings, cases, "near misses", counter(reporter, len(cases)))
    decided = [(one.case.request, present(one)) for one in made]
    return [
        (
            request,
            {"tool": right.tool, "arguments": {name: value[0] for name, value in right.arguments.items()}},
        )
        for request, right in decided
        if right is not None
    ]


def _side(asked: LearnOrder) -> "Side":
    from assistant.comparing import Side
    from training.student.settings import NO_ADAPTER

    return Side(asked.student, asked.student) if asked.student else Side(RAW, asked.base, NO_ADAPTER)


def _decided(
    side: "Side", settings: "Settings", cases: "Sequence[Case]", source: str, told: Callable[[object], None]
) -> "list[Result]":
    from assistant import comparing
    from assistant.cli.eval_run import evaluated

    with evaluated(comparing.asked(side, settings, cases, source), fresh=False, told=told) as found:
        return found


def _of_log(settings: "Settings", corrections: Sequence[Correction]) -> "list[Example]":
    from assistant import paths
    from training.events import open_log
    from training.events.decisions import history
    from training.learning.examples import of_log

    with closing(open_log(settings.events.url or paths.events_dir(), create=False)) as log:
        return of_log(history(log), corrections)


def _scripted(
    asked: LearnOrder, settings: "Settings", count: int, parts: "Parts", seed: int, reporter: Reporter
) -> "list[Example]":
    """More than ``count``, as some of them are left out. Raises GenerationError, JobError."""
    from training.generation.crew import Crew
    from training.learning.examples import SEED

    wanted = math.ceil(count * _SPARE)

    async def made() -> "list[Example]":
        async with Crew(SEED * 100 + seed, settings.sandbox, parts) as crew:
            found = []
            for start in range(0, wanted, _TOGETHER):
                numbers = range(start, min(wanted, start + _TOGETHER))
                found += await asyncio.gather(*(crew.make(number) for number in numbers))
                reporter.progress(len(found), wanted, "examples")
            return found

    return asyncio.run(made())


def _exported(settings: "Settings", reporter: Reporter) -> dict[str, Any]:
    """What the export says of the student that it registered."""
    from training.export.job import work as export
    from training.export.order import export_order
    from training.learning.stage import Stage
    from training.registry.serving import own_registry

    folder = reporter.folder / EXPORT
    known = folder / EXPORTED
    if not known.is_file():
        asked = export_order(
            reporter.folder, registry=own_registry().folder, least_decisions=settings.models.least_decisions
        )
        stage = Stage(reporter, asked.model_dump(mode="json"), folder)
        made = export(stage)
        part = known.with_suffix(".part")
        part.write_bytes(orjson.dumps(dict(made)))
        part.rename(known)
    found: dict[str, Any] = orjson.loads(known.read_bytes())
    return found


def cases_of(asked: LearnOrder, data: Path) -> "list[Case]":
    """What judges: the same before and after, and the same each time it is called."""
    from training.datasets.example import read
    from training.evaluation.cases import Expected
    from training.learning import examples, judging

    corrections = [restored(one) for one in asked.corrections]
    again = examples.rehearsed([restored(one) for one in asked.known], corrections)
    near = [
        judging.near_case(
            at,
            request,
            Expected(right["tool"], {name: (value,) for name, value in right["arguments"].items()}),
        )
        for at, (request, right) in enumerate(orjson.loads((data / NEAR).read_bytes()))
    ]
    return [
        *judging.kept_cases(examples.wordings(corrections).kept),
        *judging.kept_cases(again.kept, judging.KNOWN),
        *judging.ordinary_cases(list(read(data / "validation.jsonl"))),
        *near,
    ]


def _judged(
    asked: LearnOrder, settings: "Settings", exported: Mapping[str, Any], reporter: Reporter
) -> Mapping[str, Any]:
    """Both students on the same cases, each once; what won is marked as having learned."""
    from assistant import comparing
    from assistant.cli.eval_run import evaluated
    from assistant.telling import tell_log
    from training.learning import judging
    from training.registry.comparisons import keep
    from training.registry.promotion import compared
    from training.registry.serving import own_registry

    registry, student = own_registry(), str(exported["student"])
    if student == asked.student:
        raise JobError(f"the training changed nothing: what came of it is {student} again")
    cases, source = cases_of(asked, reporter.folder / DATA), "corrections and ordinary requests"
    sides = comparing.pair(registry, student, asked.side)
    reporter.note(f"{len(cases)} cases for each of two students: {sides[1].id} and {sides[0].id}")
    told = counter(reporter, len(sides) * len(cases))
    with ExitStack() as stack:
        after, before = (
            stack.enter_context(
                evaluated(comparing.asked(side, settings, cases, source), fresh=False, told=told)
            )
            for side in sides
        )
        found = compared(after, before, settings.models.least_decisions)
        keep(registry, student, asked.side, found, source)
        tell_log(settings, registry, comparing.events((sides[0], after), (sides[1], before), found, source))
    why = judging.objection(before, after)
    if exported["gate"] != "passed":
        why = f"the conversion gate was {exported['gate']}" + (f"; {why}" if why else "")
    elif not why and not found.allowed():
        why = found.said
    learned = [] if why else judging.learned(after)
    _mark(settings, learned, student)
    facts = {
        "won": not why,
        "student": student,
        "corrections": len(asked.corrections),
        "learned": len(learned),
        "before": {kind: one.as_json() for kind, one in judging.figures(before).items()},
        "after": {kind: one.as_json() for kind, one in judging.figures(after).items()},
        "why": why,
        "said": why or f"{student} learned them; apprentice models deploy {student} lets it serve",
    }
    with reporter.output(JUDGEMENT) as path:
        path.write_bytes(orjson.dumps(facts, option=orjson.OPT_INDENT_2) + b"\n")
    return facts


def _mark(settings: "Settings", ids: Sequence[str], student: str) -> None:
    """Retire the corrections for the student that learned them. Raises EventLogError."""
    from assistant import paths
    from training.corrections.book import change
    from training.events import open_log

    if ids:
        with closing(open_log(settings.events.url or paths.events_dir())) as log:
            change(log, ids, "learned", student=student)
