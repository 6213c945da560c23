"""A chat whose turns are scripted: a real class that fulfils what the application needs of one."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from assistant.agent.api import Status
from assistant.agent.facts.record import Facts
from assistant.agent.marks import Marks
from assistant.agent.steps import Answer, Call, Confirmation, Failure, Observation, Reply, Step, TextDelta
from assistant.agent.window import Part, Use
from assistant.commands.base import CommandContext
from tools.calls import Risk, ToolCall, ToolResult
from tools.protocol.messages import Message
from training.student.base import Usage

READY = Status(
    mode="ask",
    student="SmolLM2-135M-Instruct.gguf",
    student_state="ready",
    sandbox="bubblewrap",
    sandbox_state="ready",
    workspace="/code/demo",
    session_id="0190aaaa",
    session_title="Find the parser",
    context_used=1234,
    context_limit=8192,
    cached_share=0.87,
    tokens_per_s=41.3,
)

Gate = Callable[[], Awaitable[object]]
Script = Sequence[Step | Gate]


@dataclass
class FakeSession:
    messages: list[Message] = field(default_factory=list)
    facts: dict[int, Facts] = field(default_factory=dict)

    def how_to_resume(self) -> str:
        return "apprentice -r 0190aaaa" if self.messages else ""


class FakeChat:
    """Plays one script per request. A callable in a script is awaited before the next step."""

    def __init__(
        self, *scripts: Script, status: Status = READY, workspace: Path = Path("/code/demo")
    ) -> None:
        self.scripts = list(scripts)
        self.session = FakeSession()
        self.workspace = workspace
        self.requests: list[str] = []
        self.commands: list[str] = []
        self.last_decision: str | None = None
        self.marked: Marks = {}
        self.notice_lines: tuple[str, ...] = ()
        self.replies: list[Reply] = []
        self.cancelled = 0
        self.started = 0
        self.closed = 0
        self.shell_result = ToolResult(True, "ok\n", exit_code=0, execution_time_ms=12)
        self.start_error: Exception | None = None
        self.shell_gate: Gate | None = None
        self._status = status
        self._cancel = asyncio.Event()

    async def marks(self) -> Marks:
        return self.marked

    def notices(self) -> tuple[str, ...]:
        return self.notice_lines

    async def start(self) -> None:
        self.started += 1
        if self.start_error is not None:
            raise self.start_error

    async def ask(self, request: str) -> AsyncIterator[Step]:
        self.requests.append(request)
        self.session.messages.append(Message("user", request))
        self._cancel.clear()
        for step in self.scripts.pop(0) if self.scripts else (Answer("Done.", "e", Usage()),):
            if not isinstance(step, Step):
                if not await self._unless_cancelled(step()):
                    yield Failure("interrupted", cancelled=True)
                    return
                continue
            if isinstance(step, Confirmation):
                step = replace(step, reply=asyncio.get_running_loop().create_future())
                yield step
                if not await self._unless_cancelled(step.reply):
                    yield Failure("interrupted", cancelled=True)
                    return
                self.replies.append(step.reply.result())
                continue
            if isinstance(step, Answer):
                self.session.messages.append(Message("assistant", step.text))
            yield step

    async def _unless_cancelled(self, waiting: Awaitable[object]) -> bool:
        wait, cancel = asyncio.ensure_future(waiting), asyncio.ensure_future(self._cancel.wait())
        await asyncio.wait((wait, cancel), return_when=asyncio.FIRST_COMPLETED)
        cancel.cancel()
        if wait.done() and not wait.cancelled():
            wait.result()
            return True
        wait.cancel()
        return False

    async def cancel(self) -> None:
        self.cancelled += 1
        self._cancel.set()

    async def shell(self, command: str) -> ToolResult:
        self.commands.append(command)
        if self.shell_gate is not None:
            await self.shell_gate()
        return self.shell_result

    def status(self) -> Status:
        return self._status

    async def context_use(self) -> Use:
        return Use((Part("requests", 24),), window=8192, reply=768, compact_at=6398)

    def set_status(self, **changes: object) -> None:
        self._status = replace(self._status, **changes)  # type: ignore[arg-type]

    def set_mode(self, mode: str) -> None:
        self.set_status(mode=mode)

    async def close(self) -> None:
        self.closed += 1


class FakeCommands:
    """Two commands, enough to see completion and dispatch."""

    LINES = (("/help", "commands and keys"), ("/sessions", "earlier sessions"), ("/show", "show a block"))

    def __init__(self) -> None:
        self.lines: list[str] = []

    def complete(self, context: CommandContext, text: str) -> list[tuple[str, str]]:
        return [(line, note) for line, note in self.LINES if line.startswith(text)]

    async def dispatch(self, context: CommandContext, line: str) -> bool:
        self.lines.append(line)
        if line == "/show":
            context.interface.show("# A block\n\nwith **words**")
        elif line == "/help":
            await context.interface.open_panel("help")
        else:
            context.interface.notify(f"ran {line}")
        return True


def call(tool: str = "search_files", call_id: str = "c1", **arguments: object) -> ToolCall:
    return ToolCall(call_id, tool, dict(arguments) or {"pattern": "parse_config"})


def selected(chosen: ToolCall, risk: Risk = Risk.READ, confidence: float = 0.93) -> Call:
    return Call(chosen, risk, f"event-{chosen.id}", confidence, (("list_files", 0.04),))


def observed(chosen: ToolCall, text: str = "ok", *, by: str = "mode", **facts: object) -> Observation:
    result = ToolResult(success=bool(facts.pop("success", True)), text=text, execution_time_ms=12, **facts)  # type: ignore[arg-type]
    return Observation(chosen, result, f"event-{chosen.id}", by)


def answer(text: str) -> list[Step]:
    """The answer as it streams, word by word, and whole."""
    words = [word + " " for word in text.split(" ")]
    words[-1] = words[-1][:-1]
    return [*(TextDelta(word) for word in words), Answer(text, "event-answer", Usage())]


def confirmation(chosen: ToolCall, risk: Risk = Risk.EXECUTE, **facts: object) -> Confirmation:
    """A confirmation; its future is made anew when the fake yields it."""
    defaults: dict[str, object] = {
        "rule": "run_shell(rm *)",
        "reasons": ("rm is not covered by a rule",),
        "where": "bubblewrap · no network",
        "reply": None,
    }
    return Confirmation(chosen, risk, **{**defaults, **facts})  # type: ignore[arg-type]
