"""A workspace, a context and a plain sandbox for the tests of the tools."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from sandbox.base import Completed, Limits
from tools.base import ToolContext
from tools.builtin.reads import FileReads
from tools.calls import ToolCall, ToolResult
from tools.executor import Executor
from tools.registry import builtin_registry

Run = Callable[..., Awaitable[ToolResult]]


class PlainSandbox:
    """Runs commands as ordinary processes in the test's own folder: no containment, for tests only."""

    name = "plain"

    def __init__(self, workspace: Path) -> None:
        self.workspace = workspace
        self.commands: list[list[str]] = []

    async def start(self) -> None:
        return None

    async def run(
        self,
        argv: Sequence[str],
        *,
        limits: Limits = Limits(),  # noqa: B008 (the seam's own default)
        stdin: bytes = b"",
        on_output: Callable[[str], None] | None = None,
        read_only: bool = False,
    ) -> Completed:
        self.commands.append(list(argv))
        started = time.monotonic()
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.workspace), "GIT_CONFIG_NOSYSTEM": "1"}
        process = await asyncio.create_subprocess_exec(
            *argv,
            cwd=self.workspace,
            env=environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
        timed_out = False
        try:
            output, _ = await asyncio.wait_for(process.communicate(stdin), limits.wall_s)
        except TimeoutError:
            timed_out, output = True, b""
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)
                await process.wait()
        text = output.decode("utf-8", "replace")
        if on_output is not None and text:
            on_output(text)
        return Completed(
            exit_code=None if timed_out else process.returncode,
            output=text,
            duration_ms=(time.monotonic() - started) * 1000,
            timed_out=timed_out,
        )

    async def close(self) -> None:
        return None


@pytest.fixture(scope="session")
def embedded_tokens() -> Callable[[str], int]:
    """Counts tokens as the embedded student does; special ones count as one."""
    import llama_cpp

    from training.student.gguf import embedded_model

    parameters = llama_cpp.llama_model_default_params()
    parameters.vocab_only = True
    model = llama_cpp.llama_model_load_from_file(str(embedded_model()).encode(), parameters)
    vocabulary = llama_cpp.llama_model_get_vocab(model)

    def count(text: str) -> int:
        data = text.encode()
        room = len(data) + 8
        tokens = (llama_cpp.llama_token * room)()
        return int(llama_cpp.llama_tokenize(vocabulary, data, len(data), tokens, room, False, True))

    return count


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """An empty workspace; ``tmp_path`` around it is the outside."""
    folder = (tmp_path / "workspace").resolve()
    folder.mkdir()
    return folder


@pytest.fixture
def plain_sandbox(workspace: Path) -> PlainSandbox:
    return PlainSandbox(workspace)


@pytest.fixture
def context(workspace: Path, plain_sandbox: PlainSandbox) -> ToolContext:
    return ToolContext(workspace, sandbox=plain_sandbox, reads=FileReads())


@pytest.fixture
def executor(context: ToolContext) -> Executor:
    return Executor(builtin_registry(), context)


@pytest.fixture
def run(executor: Executor) -> Run:
    """``await run("read_file", path="a.txt")``, as the loop would do it."""

    async def call(tool: str, /, **arguments: Any) -> ToolResult:
        return await executor.run(ToolCall("call-1", tool, arguments))

    return call
