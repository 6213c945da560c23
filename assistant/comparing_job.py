"""The job that finds out whether a student is better than another: ``assistant.comparing`` in a process.

Invariant: what was decided is kept case by case, so that a job that is resumed decides nothing twice. Output:
``comparison.json``, the facts that ``apprentice models compare --json`` prints.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
from pydantic import BaseModel, ConfigDict

from assistant.replaying import OWN, NoReplays, own_replays
from training.jobs.base import JobError, JobSpec, Reporter

if TYPE_CHECKING:
    from training.evaluation.cases import Case

KIND = "compare"
WORK = "assistant.comparing_job:work"
COMPARISON = "comparison.json"
HELD_OUT = "examples that the run held out"
_SIDES = 2


class ComparisonOrder(BaseModel):
    """``other`` is a student, or ``base``. Cases: those of a file, what ``run`` held out, or the log's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    student: str
    other: str
    cases: Path | None = None
    run: Path | None = None
    log: bool = False

    @property
    def source(self) -> str:
        return str(self.cases) if self.cases is not None else OWN if self.log else HELD_OUT


def comparison_job(asked: ComparisonOrder) -> JobSpec:
    """The job that carries it out. Raises JobError."""
    from training.jobs.inputs import fingerprints

    inputs = fingerprints([asked.cases]) if asked.cases is not None else {}
    title = f"{asked.student} against {asked.other}"
    return JobSpec(KIND, title, WORK, asked.model_dump(mode="json"), inputs, "cpu")


def work(reporter: Reporter) -> Mapping[str, Any]:
    """Carry out the ``ComparisonOrder``. Raises JobError, training.jobs.base.Cancelled."""
    from training.evaluation.unfinished import EvaluationRunning
    from training.events.base import EventLogError
    from training.registry import RegistryError
    from training.registry.trials import TrialError
    from training.student.base import StudentError

    try:
        return _compared(ComparisonOrder.model_validate(reporter.arguments), reporter)
    except (StudentError, RegistryError, TrialError, EventLogError, EvaluationRunning, NoReplays) as error:
        raise JobError(str(error)) from None


def _compared(asked: ComparisonOrder, reporter: Reporter) -> Mapping[str, Any]:
    from assistant import comparing
    from assistant.cli.eval_run import evaluated
    from assistant.settings import load_settings
    from assistant.telling import tell_log
    from training.registry.comparisons import keep
    from training.registry.promotion import compared
    from training.registry.serving import own_registry

    registry, settings = own_registry(), load_settings(reporter.folder)
    sides = comparing.pair(registry, asked.student, asked.other)
    cases = own_replays(settings, registry, sides) if asked.log else _cases(asked)
    reporter.note(f"{len(cases):,} cases of {asked.source}, for each of {_SIDES} students")
    told = counter(reporter, _SIDES * len(cases))
    with ExitStack() as kept:
        first, second = (
            kept.enter_context(
                evaluated(comparing.asked(side, settings, cases, asked.source), fresh=False, told=told)
            )
            for side in sides
        )
        found = compared(first, second, settings.models.least_decisions)
        keep(registry, sides[0].id, sides[1].id, found, asked.source)
        made = comparing.events((sides[0], first), (sides[1], second), found, asked.source)
        tell_log(settings, registry, made)
    facts = {"candidate": sides[0].id, "other": sides[1].id, "cases": len(cases), "source": asked.source}
    return _handed_over(reporter, {**facts, **found.as_json()})


def _cases(asked: ComparisonOrder) -> "Sequence[Case]":
    """Raises JobError."""
    from training.evaluation.cases import CaseFileError, read_cases

    if asked.cases is None:
        return held_out_cases(asked.run)
    try:
        return read_cases(asked.cases)
    except CaseFileError as error:
        raise JobError(error.problems[0]) from None


def held_out_cases(run: Path | None) -> "Sequence[Case]":
    """Those of the run in a folder. Raises JobError where it held nothing out."""
    from training.evaluation.held_out import cases_of
    from training.export.naming import ExportError
    from training.export.source import read_run

    if run is None:
        raise JobError("neither cases nor a run were named; give a file of cases")
    try:
        examples, held_out = read_run(run).held_out()
    except ExportError as error:
        raise JobError(str(error)) from None
    cases = cases_of(examples) if held_out else ()
    if not cases:
        raise JobError("the run held no examples out; name a file of cases")
    return cases


def counter(reporter: Reporter, total: int) -> Callable[[object], None]:
    """Tell how many of ``total`` decisions are made, at each call."""
    done = 0

    def told(_made: object) -> None:
        nonlocal done
        done += 1
        reporter.progress(done, total, "decisions")

    return told


def _handed_over(reporter: Reporter, facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """One line's worth for the person, and all of it as a file."""
    try:
        with reporter.output(COMPARISON) as path:
            path.write_bytes(orjson.dumps(facts, option=orjson.OPT_INDENT_2) + b"\n")
    except OSError as error:
        raise JobError(f"{error.filename}: {error.strerror}; make room, then resume") from error
    return {name: facts[name] for name in ("candidate", "other", "cases", "outcome", "said")}
