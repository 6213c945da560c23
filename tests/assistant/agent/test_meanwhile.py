"""What a turn changed, told apart from what others changed while it was under way."""

from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.agent.meanwhile import LONG_MS, Meanwhile, only_reads
from sandbox.snapshots import SnapshotSettings, SnapshotStore
from tools.calls import ToolCall, ToolResult

DIFF = "--- a/app.py\n+++ b/app.py\n@@ -1 +1 @@\n-1\n+2\n"
SHELL = "run_shell"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    for name in ("app.py", "notes.txt"):
        (folder / name).write_text("1\n")
    return folder


@pytest.fixture
def watch(tmp_path: Path, workspace: Path) -> Meanwhile:
    return Meanwhile(SnapshotStore(tmp_path / "store", workspace, SnapshotSettings()))


def change(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).write_text(f"{name} is another one\n")


async def run(watch: Meanwhile, call: ToolCall, result: ToolResult, meanwhile: Callable[[], None]) -> None:
    await watch.opened(call)
    meanwhile()
    await watch.closed(result)


def shell(command: str) -> ToolCall:
    return ToolCall("", SHELL, {"command": command})


def ended(text: str = "", milliseconds: float = 10) -> ToolResult:
    return ToolResult(True, text, exit_code=0, execution_time_ms=milliseconds)


async def test_a_write_changes_the_file_that_it_names(watch: Meanwhile, workspace: Path) -> None:
    call = ToolCall("", "edit_file", {"path": "app.py"})
    await run(watch, call, ToolResult(True, "", diff=DIFF), lambda: change(workspace, "app.py", "notes.txt"))
    assert (watch.own, watch.others) == ({b"app.py"}, {b"notes.txt"})


async def test_what_changes_between_two_calls_is_the_work_of_others(
    watch: Meanwhile, workspace: Path
) -> None:
    await run(watch, shell("make"), ended(), lambda: change(workspace, "built.txt"))
    change(workspace, "notes.txt")
    await run(watch, shell("make"), ended(), lambda: change(workspace, "notes.txt", "more.txt"))
    change(workspace, "app.py")
    await watch.settled()
    assert watch.own == {b"built.txt", b"notes.txt", b"more.txt"}
    assert watch.others == {b"notes.txt", b"app.py"}


@pytest.mark.parametrize(
    ("call", "result", "own"),
    [
        (shell("sleep 20"), ended(milliseconds=20_000), set()),
        (shell("./build"), ended(), {b"app.py", b"new.txt"}),
        (shell("./build"), ended(milliseconds=LONG_MS), {b"new.txt"}),
        (shell("./build app.py"), ended(milliseconds=LONG_MS), {b"app.py", b"new.txt"}),
        (shell("./format"), ended("reformatted src/app.py", LONG_MS), {b"app.py", b"new.txt"}),
        (ToolCall("", "run_tests", {}), ended("3 passed"), {b"new.txt"}),
    ],
)
async def test_what_a_program_can_have_changed(
    watch: Meanwhile, workspace: Path, call: ToolCall, result: ToolResult, own: set[bytes]
) -> None:
    await run(watch, call, result, lambda: change(workspace, "app.py", "new.txt"))
    assert (watch.own, watch.others) == (own, {b"app.py", b"new.txt"} - own)


async def test_a_call_that_was_broken_off_counts_as_a_long_run(watch: Meanwhile, workspace: Path) -> None:
    await watch.opened(shell("./build"))
    change(workspace, "app.py", "new.txt")
    await watch.settled()
    assert (watch.own, watch.others) == ({b"new.txt"}, {b"app.py"})


@pytest.mark.parametrize("command", ["sleep 20", "ls -la | head", "cat a && wc -l b", "grep -r x ."])
def test_commands_that_only_read(command: str) -> None:
    assert only_reads(command)


@pytest.mark.parametrize(
    "command",
    ["echo x > a", "sleep 1; make", "echo $(make)", "find . -delete", "PATH=. ls", "timeout 5 ls", "", "( "],
)
def test_commands_that_may_do_more(command: str) -> None:
    assert not only_reads(command)
