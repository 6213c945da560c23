"""Having whole tasks done, one after another, and judging each by its checks.

Invariant: an outcome is kept before the next task is begun, so that a run that is stopped goes on where it
was. Who does the tasks is handed in: there is no loop here.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from tools.calls import ToolResult
from training.evaluation.checking import missing
from training.evaluation.tasks import Task
from training.evaluation.unfinished import Form, Unfinished
from training.evaluation.workplace import lay_out, taken, touched

OnOutcome = Callable[["Outcome"], None]


@dataclass(frozen=True)
class Attempt:
    """What was done about a request: each call as it is written, and the answer. ``problem`` says in one line
    why there is no answer."""

    answer: str = ""
    calls: tuple[str, ...] = ()
    problem: str = ""


class Solver(Protocol):
    """Whoever does tasks in ``folder``, which is its workspace."""

    @property
    def folder(self) -> Path: ...

    async def solve(self, request: str) -> Attempt:
        """Do what ``request`` says, with nothing known of earlier ones."""

    async def run(self, command: str) -> ToolResult:
        """Run a command of a check in the sandbox."""


@dataclass(frozen=True)
class Outcome:
    """How one task went. ``missing`` is empty where it was solved."""

    task_id: str
    missing: tuple[str, ...]
    answer: str
    calls: tuple[str, ...]
    seconds: float

    @property
    def solved(self) -> bool:
        return not self.missing


def _read_back(data: Mapping[str, Any]) -> Outcome:
    return Outcome(**{**data, "missing": tuple(data["missing"]), "calls": tuple(data["calls"])})


OUTCOMES: Form[Outcome] = Form(lambda one: one.task_id, asdict, _read_back)


async def solve_all(
    tasks: Sequence[Task],
    solver: Solver,
    kept: Unfinished[Outcome],
    on_outcome: OnOutcome = lambda made: None,
) -> list[Outcome]:
    """An outcome for each task, in their order; those in ``kept`` are taken from there.

    Raises WorkplaceError, OSError, or what ``solver`` raises.
    """
    for task in tasks:
        if task.id in kept.made:
            continue
        outcome = await solve(task, solver)
        kept.add(outcome)
        on_outcome(outcome)
    return [kept.made[task.id] for task in tasks]


async def solve(task: Task, solver: Solver) -> Outcome:
    """One task laid out, done and judged."""
    lay_out(task, solver.folder)
    before = taken(solver.folder)
    started = time.monotonic()
    attempt = await solver.solve(task.request)
    seconds = time.monotonic() - started
    found = [attempt.problem] if attempt.problem else []
    found += touched(before, taken(solver.folder), task.changes)
    found += await missing(task.checks, solver.folder, attempt.answer, solver.run)
    lines, calls = (tuple(_encodable(one) for one in texts) for texts in (found, attempt.calls))
    return Outcome(task.id, lines, _encodable(attempt.answer), calls, round(seconds, 3))


def _encodable(text: str) -> str:
    """Without halves of characters, which no JSON can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")
