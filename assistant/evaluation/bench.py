"""Whole tasks done by a chat: the loop, the tools and the sandbox that a person has, and nobody to ask.

Invariant: nothing reaches the person's sessions or log, and no task knows of another. One chat serves all
of them, each in a session of its own, so that the student is loaded and the sandbox proven once.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from assistant.agent.chat import Chat
from assistant.agent.confinement import READY
from assistant.agent.hosting import MakeStudent
from assistant.agent.steps import Answer, Call, Confirmation, Failure, Reply, Step, Verdict
from assistant.settings import Settings
from assistant.wiring import build_chat, make_student
from sandbox.snapshots.settings import SnapshotSettings
from tools.calls import ToolResult
from tools.permissions.settings import PermissionSettings
from tools.protocol.calls import write_call
from training.evaluation.solving import Attempt
from training.evaluation.workplace import WorkplaceError
from training.student.base import ContextOverflow, StudentDied, StudentError, StudentUndecided

NOBODY = "nobody is here to ask"
_OF_THE_TASK = (ContextOverflow, StudentDied, StudentUndecided)
"""What a student cannot do with one task; anything else keeps it from serving at all."""


class ChatBench:
    """Fulfils ``Solver``. ``seconds`` is the longest a task may take."""

    def __init__(self, chat: Chat, seconds: float) -> None:
        self._chat = chat
        self._seconds = seconds
        self.folder = chat.workspace
        self.notices = chat.notices()

    async def solve(self, request: str) -> Attempt:
        """One turn in a session of its own. Raises StudentError where the student cannot serve at all."""
        self._chat.new_session()
        turn = _Turn()
        try:
            async with asyncio.timeout(self._seconds):
                async for step in self._chat.ask(request):
                    turn.take(step)
        except TimeoutError:
            turn.problem = f"not done after {self._seconds:g} s"
        return Attempt(turn.answer, tuple(turn.calls), turn.problem)

    async def run(self, command: str) -> ToolResult:
        """In the sandbox, as the person's own command."""
        return await self._chat.shell(command)


class _Turn:
    """What a turn came to."""

    def __init__(self) -> None:
        self.answer = ""
        self.problem = ""
        self.calls: list[str] = []

    def take(self, step: Step) -> None:
        if isinstance(step, Call):
            self.calls.append(write_call(step.call))
        elif isinstance(step, Confirmation):
            step.reply.set_result(Reply(Verdict.REFUSED, reason=NOBODY, asked=False))
        elif isinstance(step, Answer):
            self.answer = step.text
        elif isinstance(step, Failure):
            if isinstance(step.error, StudentError) and not isinstance(step.error, _OF_THE_TASK):
                raise step.error
            self.problem = step.text


@asynccontextmanager
async def chat_bench(
    settings: Settings, folder: Path, seconds: float, make: MakeStudent = make_student
) -> AsyncIterator[ChatBench]:
    """A bench in ``folder``, which is empty and temporary, in the mode ``auto`` without rules of anybody's.

    Raises WorkplaceError where no sandbox is proven, and StudentError where the student cannot be loaded.
    """
    workspace, records = folder / "work", folder / "records"
    workspace.mkdir()
    nobody = {"permissions": PermissionSettings(), "snapshots": SnapshotSettings(enabled=False)}
    alone = settings.model_copy(update={"mode": "auto", **nobody})
    chat = build_chat(alone, workspace, make=make, records=records)
    try:
        await chat.start()
        await chat.context_use()
        if chat.status().sandbox_state != READY:
            raise WorkplaceError("whole tasks need a sandbox; `apprentice doctor` says how to get one")
        yield ChatBench(chat, seconds)
    finally:
        await chat.close()
