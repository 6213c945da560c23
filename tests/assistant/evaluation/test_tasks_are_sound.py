"""The tasks that judge students can be done, and cannot be done by doing nothing or by guessing."""

from pathlib import Path

import pytest

from tests.assistant.evaluation.benches import bench_of, doing
from training.evaluation.checking import says
from training.evaluation.solving import Outcome, solve
from training.evaluation.tasks import Holds, Passes, Says, Solution, Task, read_tasks

FOLDER = Path(__file__).parents[3] / "benchmarks" / "requests" / "tasks"
TASKS = read_tasks(FOLDER)

pytestmark = [pytest.mark.bubblewrap, pytest.mark.timeout(600)]


async def done(folder: Path, tasks: tuple[Task, ...], ways: dict[str, Solution]) -> dict[str, Outcome]:
    async with bench_of(folder, lambda: doing(tasks, ways)) as bench:
        return {task.id: await solve(task, bench) for task in tasks}


async def test_every_solution_solves_its_task_through_the_real_tools(tmp_path: Path) -> None:
    found = await done(tmp_path / "bench", TASKS, {})
    assert {name: one.missing for name, one in found.items() if not one.solved} == {}
    assert [task.id for task in TASKS if len(found[task.id].calls) != len(task.solution.calls)] == []


async def test_to_do_nothing_solves_no_task_whatever_is_said(tmp_path: Path) -> None:
    """The request said back holds no fact; where more than a fact is asked, right words are not enough."""
    said_back = {task.id: Solution((), task.request) for task in TASKS}
    found = await done(tmp_path / "bench", TASKS, said_back)
    assert [name for name, one in found.items() if one.solved] == []
    work = tuple(task for task in TASKS if any(isinstance(one, Holds | Passes) for one in task.checks))
    claimed = {task.id: Solution((), task.solution.answer) for task in work}
    found = await done(tmp_path / "claims", work, claimed)
    assert [name for name, one in found.items() if one.solved] == []


def test_a_fact_that_is_asked_for_is_not_in_the_request() -> None:
    known = [
        task.id
        for task in TASKS
        for check in task.checks
        if isinstance(check, Says) and any(says(task.request, one) for one in check.answer)
    ]
    assert known == []
