"""A folder in which calls of examples are executed for real: the tools of the chat, in a proven sandbox.

Invariant: whatever an example did to the folder is undone before the next one. Pages of the web are not
fetched: there is no network where examples are made, so ``web_search`` and ``fetch_url`` answer from pages
that are written here, as the chat would show them.
"""

import asyncio
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from sandbox.base import Limits, Mount
from sandbox.choose import choose
from sandbox.programs import ProgramError, host_command
from sandbox.scratch import Scratch
from sandbox.settings import SandboxSettings
from tools.base import ToolContext
from tools.builtin.reads import FileReads
from tools.calls import Risk, ToolCall, ToolResult
from tools.executor import Executor
from tools.registry import Registry, builtin_registry
from training.generation.base import GenerationError
from training.generation.pages import page, results
from training.generation.way_back import WayBack
from training.generation.worlds import World

LIMITS = Limits(wall_s=3.0, cpu_s=3, output_bytes=16 << 10)
_OPTIONS = (
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "gc.auto=0",
    "-c",
    "core.fsync=none",
    "-c",
    "fastimport.unpackLimit=0",
)


class Workshop:
    """An async context manager. ``registry`` are the tools that examples are about.

    Raises GenerationError where no sandbox can be proven, as no call is executed outside one.
    """

    def __init__(self, sandbox: SandboxSettings | None = None) -> None:
        self.registry: Registry = builtin_registry()
        self._settings = sandbox or SandboxSettings()
        self._scratch = Scratch("generate")
        self._root = self._scratch.path
        self._context = ToolContext(workspace=self._root / "project", limits=LIMITS)
        self._way_back = WayBack(self._context.workspace)
        self._world: World | None = None
        self._is_clean = True

    async def __aenter__(self) -> Self:
        self._context.workspace.mkdir()
        chosen = await choose(self._settings, Mount(self._context.workspace))
        if chosen.sandbox is None:
            await self.close()
            raise GenerationError(f"examples are executed in a sandbox, and {chosen.problem}")
        self._context.sandbox = chosen.sandbox
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """End the sandbox and remove the folder."""
        sandbox, self._context.sandbox = self._context.sandbox, None
        if sandbox:
            await sandbox.close()
        await asyncio.to_thread(self._scratch.close)

    async def open(self, world: World) -> None:
        """Make the folder this repository, as it stands."""
        if world is not self._world or not self._is_clean:
            await asyncio.to_thread(self._lay_out, world)
            self._world, self._is_clean = world, True
        self._context.reads = FileReads()

    async def put(self, files: Mapping[str, str]) -> None:
        """Files that this example is about, beside the repository's own."""
        for path, text in files.items():
            await asyncio.to_thread(_write, self._context.workspace / path, text)
        self._is_clean &= not files

    async def run(self, calls: Sequence[ToolCall]) -> list[ToolResult]:
        """Execute calls that were made together."""
        executor = Executor(self.registry, self._context)
        made = []
        for call in calls:
            tool = self.registry.get(call.tool)
            self._is_clean &= tool is not None and tool.risk in (Risk.READ, Risk.NETWORK)
            made.append(_from_pages(call) or await executor.run(call))
        return made

    def _lay_out(self, world: World) -> None:
        if world is self._world:
            self._way_back.bring_back()
            return
        project = self._context.workspace
        for entry in project.iterdir():
            shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
        for path, text in world.files.items():
            _write(project / path, text)
        self._git("init", "-q", "-b", "main", "--template=")
        self._git("fast-import", "--quiet", given=_first_version(world))
        self._git("reset", "-q")
        for path, text in world.changed.items():
            _write(project / path, text)
        self._way_back.remember()

    def _git(self, *arguments: str, given: bytes = b"") -> None:
        environment = {"PATH": os.defpath, "HOME": str(self._root)}
        place = self._context.workspace
        try:
            command = host_command("git", *_OPTIONS, *arguments, workspace=place)
        except ProgramError as error:
            raise GenerationError(str(error)) from None
        done = subprocess.run(command, cwd=place, env=environment, input=given, capture_output=True)
        if done.returncode:
            raise GenerationError(
                f"git {arguments[0]} failed: {done.stderr.decode(errors='replace').strip()}"
            )


def _first_version(world: World) -> bytes:
    """A commit of all files for ``git fast-import``; its date, and so its name, is always the same."""
    said = b"first version\n"
    lines = [b"commit refs/heads/main\ncommitter a <a@b> 1750000000 +0000\ndata %d\n%s" % (len(said), said)]
    for path, text in world.files.items():
        content = text.encode()
        lines.append(b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(content), content))
    return b"".join(lines)


def _from_pages(call: ToolCall) -> ToolResult | None:
    if call.tool == "fetch_url":
        return ToolResult(success=True, text=page(call.arguments["url"]))
    if call.tool == "web_search":
        return ToolResult(success=True, text=results(call.arguments["query"]))
    return None


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
