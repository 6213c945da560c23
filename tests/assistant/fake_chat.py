"""A chat that plays scripted turns: all that the interfaces use, without student or sandbox behind it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from assistant.agent.chat import Status
from assistant.agent.sessions import SessionError, SessionStore
from assistant.agent.steps import Call, Confirmation, Failure, Observation, Reply, Step, Verdict
from assistant.agent.window import Part, Use
from assistant.settings import Settings
from sandbox.base import Check
from tools.base import ToolContext
from tools.calls import Risk, ToolCall, ToolResult
from tools.permissions.book import Permissions
from tools.permissions.settings import PermissionSettings
from tools.registry import Registry, tool
from training.events.tool_figures import tool_statistics
from training.models.settings import ModelSettings
from training.student.base import Stats, StudentError

WAIT = object()
"""In a script: the turn hangs here until it is cancelled."""

Script = Iterable[Step | Callable[[], Step] | object]


@tool(risk=Risk.READ)
async def read_file(context: ToolContext, /, *, path: str) -> ToolResult:
    """Read a text file."""
    return ToolResult(True, path)


@tool(risk=Risk.EXECUTE)
async def run_shell(context: ToolContext, /, *, command: str) -> ToolResult:
    """Run a command | in the sandbox."""
    return ToolResult(True, command)


class FakeChat:
    """Each ``ask`` plays the next of ``turns``; ``replies`` holds what the person said to confirmations.

    A script may hold steps, functions that make one (confirmations need a running loop), and ``WAIT``.
    """

    def __init__(self, workspace: Path, *turns: Script, log: Any = None, permissions: Any = None) -> None:
        self.workspace = workspace
        self.settings = Settings(models=ModelSettings(endpoints=()))
        self.student_settings = self.settings.student
        self.student_stats = Stats()
        self.store = SessionStore(workspace.parent / "sessions")
        self.store.folder.mkdir(exist_ok=True)
        self.session = self.store.create(workspace)
        self.log = log
        self.permissions = permissions or Permissions("ask", PermissionSettings(), workspace)
        self.tools = Registry((read_file, run_shell))
        self.last_decision: str | None = None
        self.decided: list[dict[str, Any]] = []
        self.requests: list[str] = []
        self.replies: list[Reply] = []
        self.commands: list[str] = []
        self.started = self.closed = self.cancelled = 0
        self.start_error = ""
        self.models: list[str] = []
        self.focused: list[str] = []
        self.room = 16_000
        self.compacted = ["compacted: 5,310 -> 1,200 tokens (4 results reduced); the session keeps all of it"]
        self.shell_results: dict[str, ToolResult] = {}
        self.shell_hangs = asyncio.Event()
        self.facts = Status(
            mode="ask",
            student="SmolLM2-135M-Instruct",
            student_state="ready",
            sandbox="bubblewrap",
            sandbox_state="ready",
            workspace=str(workspace),
            session_id=self.session.id,
            context_used=1024,
            context_limit=8192,
            cached_share=0.5,
            tokens_per_s=20.0,
        )
        self._turns = list(turns)
        self._stop = asyncio.Event()

    @property
    def student(self) -> dict[str, str]:
        return {"model": self.facts.student, "adapter": ""}

    async def start(self) -> None:
        self.started += 1
        if self.start_error:
            raise StudentError(self.start_error)

    async def ask(self, request: str) -> AsyncIterator[Step]:
        self.requests.append(request)
        self._stop = asyncio.Event()
        for item in self._turns.pop(0):
            if item is WAIT:
                await self._stop.wait()
            if self._stop.is_set():
                yield Failure("interrupted", cancelled=True)
                return
            step = item() if callable(item) else item
            yield step
            if isinstance(step, Confirmation):
                reply = await step.reply
                self.replies.append(reply)
                await asyncio.sleep(0)
                if self._stop.is_set():
                    yield Failure("interrupted", cancelled=True)
                    return
                yield decided(step, reply)

    def notices(self) -> tuple[str, ...]:
        return ()

    async def cancel(self) -> None:
        self.cancelled += 1
        self._stop.set()

    async def shell(self, command: str) -> ToolResult:
        self.commands.append(command)
        if command == "hang":
            self.shell_hangs.set()
            await asyncio.Event().wait()
        if command == "fill":
            raise SessionError("the disk is full; free some space")
        return self.shell_results.get(command, ToolResult(True, f"ran {command}\n", exit_code=0))

    async def tool_figures(self) -> dict[str, Any]:
        return tool_statistics(self.decided)

    def status(self) -> Status:
        return replace(self.facts, session_id=self.session.id, session_title=self.session.title)

    def set_mode(self, mode: str) -> None:
        self.facts = replace(self.facts, mode=mode)

    def new_session(self) -> None:
        if self.facts.busy:
            raise SessionError("a turn is under way; interrupt it before changing the session")
        self.session.close()
        self.session = self.store.create(self.workspace)

    def load_session(self, key: str) -> None:
        loaded = self.store.load(key)
        self.session.close()
        self.session = loaded

    async def use_model(self, model: str) -> None:
        if model == "missing.gguf":
            raise StudentError("missing.gguf: no such file; give the path of a GGUF file")
        self.models.append(model)
        self.student_settings = self.student_settings.model_copy(update={"model": model})
        self.facts = replace(self.facts, student=model)

    async def context_use(self) -> Use:
        parts = (Part("instructions", 500), Part("tools", 500, 2227), Part("recap", 0), Part("requests", 24))
        return Use(parts, window=8192, reply=768, compact_at=6398)

    async def room_for(self, text: str, beside: str) -> int:
        return self.room

    async def compact(self, focus: str = "") -> list[str]:
        self.focused.append(focus)
        if focus == "interrupted":
            raise asyncio.CancelledError
        if focus == "broken":
            raise StudentError("the student is gone")
        return self.compacted

    async def doctor(self) -> list[Check]:
        return [
            Check("student", True, "loads"),
            Check("sandbox", False, "no bubblewrap | no docker", "apt install bubblewrap"),
        ]

    async def close(self) -> None:
        self.closed += 1
        self.session.close()


def shell_call(command: str = "ls", identifier: str = "c1") -> ToolCall:
    return ToolCall(identifier, "run_shell", {"command": command})


def selected(call: ToolCall, event_id: str = "e1") -> Call:
    return Call(call, Risk.EXECUTE, event_id, 0.75, (("read_file", 0.2),))


def asked(call: ToolCall, **changes: Any) -> Callable[[], Confirmation]:
    """A confirmation of ``call``, made when the loop runs."""
    facts: dict[str, Any] = {
        "rule": f"run_shell({call.arguments.get('command', '')})",
        "reasons": ("the mode asks for execute calls",),
        "where": "bubblewrap, no network",
    }
    return lambda: Confirmation(call, Risk.EXECUTE, **{**facts, **changes})


def decided(step: Confirmation, reply: Reply, event_id: str = "e1") -> Observation:
    """What the loop says after the person's reply."""
    call = step.call
    if reply.verdict is Verdict.REFUSED:
        reason = f"the person refused: {reply.reason}"
        return Observation(call, ToolResult(False, reason), event_id, "refused")
    if reply.arguments is not None:
        call = replace(call, arguments=reply.arguments)
    done = ToolResult(True, f"ran {call.arguments}", exit_code=0, execution_time_ms=12.5)
    return Observation(call, done, event_id, "person")
