"""Tasks are done by the chat itself, one after another, and nothing of them stays or leaks."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from assistant import paths
from tests.assistant.evaluation.benches import bench_of, doing
from tests.training.evaluation.task_files import EDIT, HEAD, LOOK, tasks_of
from tools.calls import ToolCall
from tools.protocol.messages import Conversation
from training.evaluation.solving import OUTCOMES, Outcome, solve, solve_all
from training.evaluation.tasks import Solution, Task
from training.evaluation.unfinished import unfinished
from training.evaluation.workplace import WorkplaceError
from training.student.base import Decision, StudentError, StudentInfo
from training.student.scripted import ScriptedStudent, answer

FIX = """
[[tasks]]
id = "fix"
kind = "fix"
request = "Make the tests pass."
changes = ["src/boats.py"]
checks = [{ command = "python3 -c 'from src.boats import sails; assert sails() == 3'" }]
solution = [
    { tool = "run_shell", command = "cat src/boats.py" },
    { tool = "edit_file", path = "src/boats.py", old_text = "return 2", new_text = "return 3" },
]
final = "They pass."
"""
CREATE = """
[[tasks]]
id = "create"
kind = "create"
request = "Write the port into port.json."
changes = ["port.json"]
checks = [{ file = "port.json", at = ["port"], value = 8081 }]
solution = [{ tool = "write_file", path = "port.json", content = '{"port": 8081}' }]
final = "Written."
"""
REMOVE = """
[[tasks]]
id = "remove"
kind = "run"
request = "Remove the notes."
changes = ["notes.txt"]
edits = { "notes.txt" = "x" }
checks = [{ file = "notes.txt", exists = false }]
solution = [{ tool = "run_shell", command = "rm notes.txt" }]
final = "Removed."
"""
FIVE = HEAD + LOOK + EDIT + FIX + CREATE + REMOVE
WRONG = {
    "look": Solution((ToolCall("", "read_file", {"path": "README.md"}),), "It is 8080."),
    "edit": Solution((), "Done."),
    "fix": Solution((ToolCall("", "write_file", {"path": "src/boats.py", "content": "x"}),), "They pass."),
    "create": Solution((ToolCall("", "write_file", {"path": "port.json", "content": "8081"}),), "Written."),
    "remove": Solution((ToolCall("", "run_shell", {"command": "rm -r notes.txt src"}),), "Removed."),
}


async def outcomes(tmp_path: Path, tasks: Sequence[Task], student: ScriptedStudent) -> list[Outcome]:
    with unfinished(tmp_path / "kept", "key", OUTCOMES) as kept:
        async with bench_of(tmp_path / "bench", lambda: student) as bench:
            return await solve_all(tasks, bench, kept)


@pytest.mark.bubblewrap
async def test_right_calls_solve_five_tasks_and_wrong_ones_none(tmp_path: Path) -> None:
    tasks = tasks_of(tmp_path, FIVE)
    solved = await outcomes(tmp_path, tasks, doing(tasks))
    assert [one.missing for one in solved] == [()] * 5
    assert solved[2].calls[0] == 'run_shell {"command": "cat src/boats.py"}'
    (tmp_path / "again").mkdir()
    failed = await outcomes(tmp_path / "again", tasks, doing(tasks, WRONG))
    assert [one.solved for one in failed] == [False] * 5
    assert failed[4].missing == ("src/boats.py was removed, and the task did not ask for that",)


@pytest.mark.bubblewrap
async def test_nothing_reaches_the_persons_sessions_or_log(tmp_path: Path) -> None:
    tasks = tasks_of(tmp_path, FIVE)
    student = doing(tasks)
    await outcomes(tmp_path, tasks, student)
    assert not list(paths.sessions_dir().iterdir()) and not list(paths.events_dir().iterdir())
    begun = [one for one in student.conversations if one.messages[-1].role == "user"]
    assert [len(one.messages) for one in begun] == [1] * 5


@pytest.mark.bubblewrap
async def test_a_task_that_takes_too_long_is_ended_and_the_next_is_done(tmp_path: Path) -> None:
    tasks = tasks_of(tmp_path, HEAD + LOOK + CREATE)

    def decide(conversation: Conversation) -> Decision:
        slow = "port.json" not in conversation.messages[0].text
        return answer("word " * 10_000) if slow else Decision(calls=tasks[1].solution.calls)

    student = ScriptedStudent(decide, delay_s=0.01)
    async with bench_of(tmp_path / "bench", lambda: student, seconds=3.0) as bench:
        first = await solve(tasks[0], bench)
        bench._seconds = 60.0
        second = await solve(tasks[1], bench)
    assert first.missing[0] == "not done after 3 s"
    assert first.seconds < 30 and second.solved


class Broken(ScriptedStudent):
    """Cannot be loaded, or fails when it is asked."""

    def __init__(self, *, loads: bool) -> None:
        super().__init__([])
        self._loads = loads

    async def start(self) -> StudentInfo:
        if not self._loads:
            raise StudentError("there is no such model")
        return await super().start()


async def test_a_student_that_cannot_be_loaded_ends_the_run(tmp_path: Path) -> None:
    with pytest.raises(StudentError, match="there is no such model"):
        async with bench_of(tmp_path / "bench", lambda: Broken(loads=False), sandbox__engine="off"):
            pass


async def test_without_a_sandbox_nothing_is_begun(tmp_path: Path) -> None:
    with pytest.raises(WorkplaceError, match="whole tasks need a sandbox"):
        async with bench_of(tmp_path / "bench", lambda: ScriptedStudent([]), sandbox__engine="off"):
            pass


@pytest.mark.bubblewrap
async def test_a_student_that_no_longer_serves_ends_the_run_and_counts_no_failure(tmp_path: Path) -> None:
    tasks = tasks_of(tmp_path)
    with unfinished(tmp_path / "kept", "key", OUTCOMES) as kept:
        async with bench_of(tmp_path / "bench", lambda: Broken(loads=True)) as bench:
            with pytest.raises(StudentError, match="no further decision"):
                await solve_all(tasks, bench, kept)
        assert kept.made == {}
