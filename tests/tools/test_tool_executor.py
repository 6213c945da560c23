"""The executor: whatever happens in a call becomes a result."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from sandbox.base import Limits, SandboxError
from tools.base import ToolContext
from tools.calls import Risk, ToolCall, ToolError, ToolResult
from tools.executor import Executor, batches
from tools.registry import Registry, builtin_registry, tool
from tools.settings import ToolSettings

Run = Callable[..., Awaitable[ToolResult]]


@tool(timeout_s=0.05)
async def slow(context: ToolContext, /) -> ToolResult:
    """Take too long."""
    await asyncio.sleep(30)
    raise AssertionError


@tool()
async def fails(context: ToolContext, /, *, how: str) -> ToolResult:
    """Fail in one of the known ways."""
    errors: dict[str, Exception] = {
        "tool": ToolError("this is how to mend it"),
        "sandbox": SandboxError("the engine is gone; start it"),
        "disk": OSError(28, "No space left on device"),
        "timeout": TimeoutError("the server did not answer"),
        "bug": ZeroDivisionError("division by zero"),
    }
    raise errors[how]


@tool()
async def talks(context: ToolContext, /, *, size: int) -> ToolResult:
    """Say much."""
    if context.on_output is not None:
        context.on_output("working")
    return ToolResult(success=True, text="a" * size + "z" * size)


@tool()
async def odd(context: ToolContext, /) -> ToolResult:
    """Return half of a character."""
    return ToolResult(success=True, text="a\ud800b")


@tool()
async def naps(context: ToolContext, /, *, name: str) -> ToolResult:
    """Sleep a little."""
    await asyncio.sleep(0.1)
    return ToolResult(success=True, text=name)


TOGETHER = 8
here: list[str] = []


@tool()
async def meets(context: ToolContext, /, *, name: str) -> ToolResult:
    """Wait until ``TOGETHER`` calls were under way at once."""
    here.append(name)
    while len(here) < TOGETHER:
        await asyncio.sleep(0.001)
    return ToolResult(success=True, text=name)


@tool(risk=Risk.EXECUTE, timeout_s=0.01)
async def executes(context: ToolContext, /) -> ToolResult:
    """Run longer than its own time-out but not longer than the sandbox allows."""
    await asyncio.sleep(0.1)
    return ToolResult(success=True, text="done")


REGISTRY = Registry([slow, fails, talks, odd, naps, meets, executes])


def call(name: str, /, **arguments: object) -> ToolCall:
    return ToolCall("call-1", name, arguments)


@pytest.fixture
def small(context: ToolContext) -> Executor:
    context.settings = ToolSettings(result_characters=200)
    return Executor(REGISTRY, context)


async def test_a_result_carries_its_time(small: Executor) -> None:
    result = await small.run(call("naps", name="one"))
    assert result.success and result.text == "one" and 90 <= result.execution_time_ms < 5000


async def test_a_slow_tool_ends_at_its_time_out(small: Executor) -> None:
    result = await small.run(call("slow"))
    assert (result.success, result.text) == (False, "slow: stopped after 0.05 s, the time limit of this tool")


async def test_the_sandbox_limit_comes_before_the_time_out_of_an_execute_tool(small: Executor) -> None:
    assert (await small.run(call("executes"))).text == "done"


@pytest.mark.parametrize(
    ("how", "line"),
    [
        ("tool", "this is how to mend it"),
        ("sandbox", "the sandbox failed, not the command: the engine is gone; start it"),
        ("disk", "fails: No space left on device"),
        ("timeout", "fails: the server did not answer"),
        ("bug", "fails failed inside: ZeroDivisionError: division by zero"),
    ],
)
async def test_every_failure_is_one_line(small: Executor, how: str, line: str) -> None:
    result = await small.run(call("fails", how=how))
    assert (result.success, result.text) == (False, line)


async def test_a_bug_in_a_tool_is_logged_with_its_trace(
    small: Executor, caplog: pytest.LogCaptureFixture
) -> None:
    await small.run(call("fails", how="bug"))
    assert "ZeroDivisionError" in caplog.text


async def test_B04_a_long_text_keeps_head_and_tail_and_says_what_is_missing(small: Executor) -> None:
    result = await small.run(call("talks", size=5000))
    assert result.truncated
    head, said, tail = result.text.split("\n")
    assert set(head) == {"a"} and set(tail) == {"z"} and len(head) + len(tail) <= 200
    assert said == f"[... {10_000 - len(head) - len(tail)} characters left out ...]"


async def test_a_short_text_is_left_alone(small: Executor) -> None:
    result = await small.run(call("talks", size=3))
    assert (result.text, result.truncated) == ("aaazzz", False)


async def test_E04_lone_surrogates_do_not_leave_the_executor(small: Executor) -> None:
    assert (await small.run(call("odd"))).text == "a?b"


async def test_output_is_passed_on_as_it_arrives(small: Executor) -> None:
    heard: list[str] = []
    await small.run(call("talks", size=1), heard.append)
    assert heard == ["working"]
    assert small.context.on_output is None


async def test_G03_an_unknown_tool_gets_the_nearest_name(run: Run) -> None:
    result = await run("readfile", path="a")
    assert (result.success, result.text) == (
        False,
        "there is no tool named `readfile`; did you mean `read_file`?",
    )


async def test_G03_a_hostile_tool_name_is_escaped(run: Run) -> None:
    result = await run("x\x1b[2J\n" * 100)
    assert not result.success and "\x1b" not in result.text and "\n" not in result.text


async def test_answer_is_not_executed(run: Run) -> None:
    result = await run("answer", text="done")
    assert not result.success and "final reply" in result.text


async def test_A16_sandbox_false_is_an_unknown_argument(run: Run, workspace: Path) -> None:
    result = await run("run_shell", command="touch made", sandbox=False)
    assert not result.success and "unknown argument `sandbox`" in result.text
    assert not (workspace / "made").exists()


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("run_shell", {"command": "touch made"}),
        ("run_python", {"code": "1"}),
        ("run_tests", {}),
        ("git_diff", {}),
    ],
)
async def test_A17_without_a_sandbox_nothing_is_executed(
    workspace: Path, name: str, arguments: dict[str, str]
) -> None:
    context = ToolContext(workspace, sandbox_problem="no engine here; install bubblewrap")
    result = await Executor(builtin_registry(), context).run(call(name, **arguments))
    assert (result.success, result.text) == (False, f"{name} is off: no engine here; install bubblewrap")
    assert list(workspace.iterdir()) == []


async def test_A17_without_a_sandbox_read_tools_still_work(workspace: Path) -> None:
    (workspace / "a.txt").write_text("hello")
    executor = Executor(builtin_registry(), ToolContext(workspace))
    assert (await executor.run(call("read_file", path="a.txt"))).text == "hello"
    assert "apprentice doctor" in (await executor.run(call("run_shell", command="ls"))).text


async def test_cancelling_is_the_one_thing_that_gets_out(small: Executor) -> None:
    task = asyncio.create_task(small.run(call("naps", name="x")))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_B14_many_calls_run_at_once_and_keep_their_order(small: Executor) -> None:
    results = await small.run_parallel([call("meets", name=str(number)) for number in range(16)])
    assert [result.text for result in results] == [str(number) for number in range(16)]


async def test_one_failure_in_parallel_leaves_the_others(small: Executor) -> None:
    results = await small.run_parallel(
        [call("naps", name="a"), call("fails", how="bug"), call("naps", name="b")]
    )
    assert [result.success for result in results] == [True, False, True]


def test_reads_are_batched_and_writes_stand_alone_in_order() -> None:
    names = ["read_file", "list_files", "write_file", "edit_file", "read_file", "run_shell", "search_files"]
    found = batches([call(name) for name in [*names, "unknown", "git_diff"]], builtin_registry())
    assert [[one.tool for one in group] for group in found] == [
        ["read_file", "list_files"],
        ["write_file"],
        ["edit_file"],
        ["read_file"],
        ["run_shell"],
        ["search_files"],
        ["unknown"],
        ["git_diff"],
    ]


def test_network_calls_are_not_batched_and_no_calls_are_no_batches() -> None:
    calls = [call("web_search"), call("web_search")]
    assert batches(calls, builtin_registry()) == [[calls[0]], [calls[1]]]
    assert batches([], builtin_registry()) == []


async def test_a_preview_checks_the_arguments_and_is_empty_for_other_tools(executor: Executor) -> None:
    assert await executor.preview(call("read_file", path="a")) is None
    with pytest.raises(ToolError, match="the argument `content` is missing"):
        await executor.preview(call("write_file", path="a"))
    with pytest.raises(ToolError, match="no tool named"):
        await executor.preview(call("writefile"))


@pytest.mark.slow
async def test_B03_a_command_over_the_time_limit_says_so(context: ToolContext) -> None:
    context.limits = Limits(wall_s=0.3)
    result = await Executor(builtin_registry(), context).run(call("run_shell", command="sleep 30"))
    assert not result.success and result.exit_code is None
    assert re.match(r"stopped after \d+\.\d s, the time limit", result.text)
