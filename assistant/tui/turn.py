"""Runs one turn at a time in a worker and posts what it yields.

Invariant: whatever ends a turn, ``TurnEnded`` is posted once, and a failure is one line of the transcript.
"""

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from textual.worker import Worker

from assistant.agent.steps import Failure, Notice
from assistant.tui.messages import StepArrived, TurnEnded
from assistant.tui.triggers import is_command, shell_command
from assistant.tui.turn_view import ESC_HINT, TurnView
from assistant.tui.widgets.call_block import CallBlock
from sandbox.base import SandboxError
from tools.calls import ToolCall, ToolError
from training.events.base import EventLogError
from training.student.base import StudentError

if TYPE_CHECKING:
    from assistant.tui.screens.chat import ChatScreen

# What the parts below promise to raise; anything else is a defect and is shown as one.
EXPECTED = (StudentError, SandboxError, ToolError, EventLogError, OSError)


class TurnRunner:
    """Sends what the person wrote: a request, a shell command, a slash command."""

    def __init__(self, screen: "ChatScreen") -> None:
        self._screen = screen
        self._worker: Worker[None] | None = None
        self._shell = False
        self._shells = 0

    @property
    def running(self) -> bool:
        """True from sending to the end."""
        return self._worker is not None and not self._worker.is_finished

    async def start_chat(self) -> None:
        """Load the student and prove a sandbox."""
        try:
            await self._screen.chat.start()
        except EXPECTED as error:
            await self._screen.transcript.add_notice(str(error), "failure")

    async def send(self, text: str, view: TurnView) -> None:
        """Start the work that ``text`` asks for."""
        command = shell_command(text)
        self._shell = command is not None
        if command is not None:
            block = CallBlock(self._shell_call(command), shell=True)
            view.last_call = self._screen.last_call = block
            await self._screen.transcript.add(block)
            self._screen.transcript.to_end()
            self._screen.activity.work("running", ESC_HINT)
            self._run(self._run_shell(command, block))
        elif is_command(text):
            self._run(self._run_command(text))
        else:
            await self._screen.transcript.add_user(text)
            self._screen.activity.work("deciding", ESC_HINT)
            self._run(self._run_request(text))

    def stop(self) -> None:
        """End what runs: a request through the chat, which keeps the session valid; a command at once."""
        if self._shell and self._worker is not None:
            self._worker.cancel()
        else:
            self._screen.run_worker(self._screen.chat.cancel(), group="cancel", exit_on_error=False)

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        self._worker = self._screen.run_worker(work, group="turn", exit_on_error=False)

    def _shell_call(self, command: str) -> ToolCall:
        self._shells += 1
        return ToolCall(f"shell-{self._shells}", "run_shell", {"command": command})

    async def _run_request(self, text: str) -> None:
        screen = self._screen
        try:
            async for step in screen.chat.ask(text):
                screen.post_message(StepArrived(step))
        except EXPECTED as error:
            screen.post_message(StepArrived(Failure(str(error))))
        finally:
            screen.post_message(TurnEnded())

    async def _run_shell(self, command: str, block: CallBlock) -> None:
        screen = self._screen
        try:
            block.show_result(await screen.chat.shell(command))
        except EXPECTED as error:
            screen.post_message(StepArrived(Failure(str(error))))
        finally:
            screen.post_message(TurnEnded())

    async def _run_command(self, text: str) -> None:
        screen = self._screen
        try:
            if not await screen.commands.dispatch(screen.context, text):
                screen.post_message(StepArrived(Notice(f"{text}: no such command, /help lists them")))
        except EXPECTED as error:
            screen.post_message(StepArrived(Failure(str(error))))
        finally:
            screen.post_message(TurnEnded())
