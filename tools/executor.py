"""Runs calls and turns everything that can happen into a result the student reads.

Invariant: only validated arguments reach a tool; every call ends within its time-out, with a text
capped to the settings; nothing but cancellation leaves ``run`` as an exception. Covered: unknown tools and
arguments, time-outs, failing tools and sandboxes, a missing sandbox. Not covered: permission, which is
decided before a call comes here; a thread that a tool left behind at a time-out ends on its own.
"""

import asyncio
import dataclasses
import json
import logging
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from sandbox.base import SandboxError
from tools.base import Preview, Tool, ToolContext
from tools.builtin.programs import required_sandbox
from tools.calls import Risk, ToolCall, ToolError, ToolResult
from tools.registry import ANSWER, Registry
from tools.schema import mismatch, validate

T = TypeVar("T")
_log = logging.getLogger(__name__)
_AT_ONCE = 8
_SANDBOX_GRACE_S = 15.0


class Executor:
    """Executes calls against one registry in one context."""

    def __init__(self, registry: Registry, context: ToolContext) -> None:
        self.registry = registry
        self.context = context

    async def run(
        self,
        call: ToolCall,
        on_output: Callable[[str], None] | None = None,
        shown: Preview | None = None,
    ) -> ToolResult:
        """Execute one call. ``on_output`` gets what a program prints as it arrives.

        ``shown`` is what the user was shown and agreed to: the call is refused where that is no longer so. A
        failure of any kind is a result with ``success`` False and one clear line.
        """
        started = time.monotonic()
        context = dataclasses.replace(
            self.context, on_output=on_output or self.context.on_output, shown=shown
        )
        result = cap(await self._attempt(call, context), self.context.settings.result_characters)
        return dataclasses.replace(result, execution_time_ms=(time.monotonic() - started) * 1000)

    async def run_parallel(self, calls: Sequence[ToolCall]) -> list[ToolResult]:
        """Execute calls at once, a few at a time; results in the order of ``calls``."""
        gate = asyncio.Semaphore(_AT_ONCE)

        async def one(call: ToolCall) -> ToolResult:
            async with gate:
                return await self.run(call)

        return list(await asyncio.gather(*(one(call) for call in calls)))

    async def preview(self, call: ToolCall) -> Preview | None:
        """What a write would do, None for other tools. Raises ToolError where it cannot succeed."""
        found = self._checked(call)
        return await self._told(found.preview, call) if found.preview else None

    async def problem(self, call: ToolCall) -> str:
        """What is wrong with a call that can succeed; empty for most. Raises ToolError where it cannot."""
        found = self._checked(call)
        return await self._told(found.problem, call) if found.problem else ""

    async def command(self, call: ToolCall) -> str:
        """The program that a call starts, where its arguments do not say it. Raises ToolError likewise."""
        found = self._checked(call)
        return await self._told(found.command, call) if found.command else ""

    async def _told(self, tell: Callable[..., T], call: ToolCall) -> T:
        try:
            return await asyncio.to_thread(tell, self.context, **call.arguments)
        except OSError as error:
            raise ToolError(f"{call.tool}: {error.strerror or error}") from error

    async def _attempt(self, call: ToolCall, context: ToolContext) -> ToolResult:
        try:
            found = self._checked(call)
            if found.risk is Risk.EXECUTE:
                required_sandbox(self.context, found.name)
            return await self._bounded(found, context, call)
        except ToolError as error:
            return ToolResult(success=False, text=str(error))
        except SandboxError as error:
            return ToolResult(success=False, text=f"the sandbox failed, not the command: {error}")
        except OSError as error:
            return ToolResult(
                success=False, text=f"{call.tool}: {error.strerror or error or type(error).__name__}"
            )
        except Exception as error:  # noqa: BLE001 (a bug in one tool must not end the session; it is logged)
            _log.exception("the tool %s raised", call.tool)
            return ToolResult(
                success=False, text=f"{call.tool} failed inside: {type(error).__name__}: {error}"
            )

    async def _bounded(self, found: Tool, context: ToolContext, call: ToolCall) -> ToolResult:
        seconds = self._seconds(found)
        limit = asyncio.timeout(seconds)
        try:
            async with limit:
                return _structured(found, await found.run(context, **call.arguments))
        except TimeoutError as error:
            if not limit.expired():
                raise
            raise ToolError(
                f"{found.name}: stopped after {seconds:g} s, the time limit of this tool"
            ) from error

    def _checked(self, call: ToolCall) -> Tool:
        """The tool of a call whose arguments are valid. Raises ToolError."""
        found = self.registry.get(call.tool)
        if found is None:
            raise ToolError(self._unknown(call.tool))
        problem = validate(found.parameters, call.arguments)
        if problem:
            raise ToolError(f"{found.name}: {problem}")
        return found

    def _unknown(self, name: str) -> str:
        if name == ANSWER.name:
            return "answer is the final reply to the person; it is not executed"
        shown = name[:80].encode("unicode_escape").decode("ascii")
        near = self.registry.nearest(name)
        hint = f"did you mean `{near}`?" if near else f"the tools are {', '.join(self.registry.names())}"
        return f"there is no tool named `{shown}`; {hint}"

    def _seconds(self, found: Tool) -> float:
        """The sandbox's own limit comes first for programs: it keeps their partial output."""
        if found.risk is Risk.EXECUTE:
            return max(found.timeout_s, self.context.limits.wall_s + _SANDBOX_GRACE_S)
        return found.timeout_s


def _structured(found: Tool, result: ToolResult) -> ToolResult:
    """A result whose data is as the tool declares it, with a text to read. Raises ToolError otherwise."""
    if found.output is not None and result.success:
        problem = mismatch(found.output, result.data, "result")
        if problem:
            raise ToolError(f"{found.name} returned something else than it declares: {problem}")
    if result.text or result.data is None:
        return result
    text = json.dumps(result.data, ensure_ascii=False, separators=(",", ":"), default=str)
    return dataclasses.replace(result, text=text)


def batches(calls: Sequence[ToolCall], registry: Registry) -> list[list[ToolCall]]:
    """Split calls, in order: neighbours that only read together, everything else alone."""
    groups: list[list[ToolCall]] = []
    reading = False
    for call in calls:
        found = registry.get(call.tool)
        reads = found is not None and found.risk is Risk.READ
        if reads and reading:
            groups[-1].append(call)
        else:
            groups.append([call])
        reading = reads
    return groups


def cap(result: ToolResult, characters: int) -> ToolResult:
    """Keep the head and the tail of a long text, and make it encodable as UTF-8."""
    text = result.text.encode("utf-8", "replace").decode("utf-8")
    if len(text) <= characters:
        return dataclasses.replace(result, text=text)
    head, tail = characters * 2 // 3, characters // 3
    left_out = len(text) - head - tail
    text = f"{text[:head]}\n[... {left_out} characters left out ...]\n{text[-tail:]}"
    return dataclasses.replace(result, text=text, truncated=True)
