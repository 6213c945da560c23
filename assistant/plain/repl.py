"""The plain loop: read a line, run it, print what comes, until the person leaves.

Invariant: one thing runs at a time; Esc and Ctrl+C end it, two quick Ctrl+C end the program whatever hangs,
and the session stays valid.
"""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from time import monotonic
from typing import TYPE_CHECKING, Any, TextIO

from assistant.agent.facts.told import without_result
from assistant.agent.sessions import SessionError
from assistant.agent.steps import (
    Answer,
    Confirmation,
    Observation,
    Progress,
    Reply,
    Step,
    TextDelta,
    Thought,
    Verdict,
)
from assistant.commands import registry
from assistant.commands.base import CommandContext
from assistant.job_news import own_news
from assistant.plain.answer_stream import AnswerStream
from assistant.plain.confirm import ask_person
from assistant.plain.ink import Ink, put
from assistant.plain.interface import PlainInterface
from assistant.plain.reader import Reader
from assistant.plain.steps import is_whole, step_block
from assistant.text_safety import clean
from training.events.base import EventLogError
from training.student.base import StudentError

if TYPE_CHECKING:
    from assistant.agent.chat import Chat

WELCOME = "Apprentice. Ask anything, /help shows commands and keys, Ctrl+D leaves."
LEAVE_AGAIN_S = 2.0
NO_TERMINAL = "no terminal to ask"


class Repl:
    """Drives one chat from one reader. Errors become one line; ``run`` returns when the person leaves."""

    def __init__(
        self, chat: "Chat", make_reader: Callable[[CommandContext], Reader], out: TextIO, ink: Ink
    ) -> None:
        self._chat = chat
        self._out = out
        self._ink = ink
        self._interface = PlainInterface(self._write, ink, self._ask, lambda: chat.session)
        self._context = CommandContext(chat, self._interface)
        self._reader = make_reader(self._context)
        self._asking = False
        self._streamed: dict[str, str] = {}  # the last piece that each running call printed
        self._seen = ""  # the last result, where it stands on the screen
        self._interrupted_at = float("-inf")
        self._reading: asyncio.Task[str | None] | None = None
        self._running: asyncio.Task[None] | None = None
        self._cancelling: asyncio.Task[None] | None = None

    async def run(self, first: str = "") -> int:
        """Until the person leaves; ``first`` is the first line. Returns the exit code."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, self.interrupt)
        self._write(self._ink.dim(WELCOME) + "\n")
        for notice in self._chat.notices():
            self._write(self._ink.warn(notice) + "\n")
        starting = asyncio.create_task(self._start())
        try:
            if first:
                self._write(self._ink.bold("> ") + clean(first) + "\n")
                await self._interruptible(self.handle(first))
            while not self._interface.left:
                await self._tell_of_jobs()
                self._reading = asyncio.create_task(self._reader.request())
                await asyncio.wait([self._reading])
                if self._reading.cancelled():
                    return 130
                line = self._reading.result()
                if line is None:
                    break
                await self._interruptible(self.handle(line))
        finally:
            loop.remove_signal_handler(signal.SIGINT)
            pending = [task for task in (starting, self._reading) if task is not None]
            for task in pending:
                task.cancel()
            await asyncio.gather(*pending, return_exceptions=True)
            await self._chat.close()
            if self._reader.interactive and (how := self._chat.session.how_to_resume()):
                self._write(self._ink.dim(how) + "\n")
        return 0

    async def handle(self, line: str) -> None:
        """Run one line: a command, a shell line or a request."""
        text = line.strip()
        try:
            if not text or await registry.dispatch(self._context, text):
                return
            if text.startswith("!"):
                await self._shell(text[1:].strip())
            else:
                await self._turn(text)
        except (SessionError, EventLogError, StudentError) as error:
            self._interface.notify(str(error), "error")

    def interrupt(self) -> None:
        """Ctrl+C: end what runs; soon after that again, leave.

        At rest it ends the program where no prompt reads the keys.
        """
        if self._running is None:
            if self._reading is not None and not self._reader.interactive:
                self._reading.cancel()
            return
        now = monotonic()
        if now - self._interrupted_at < LEAVE_AGAIN_S:
            self._interface.exit()
            self._running.cancel()
        else:
            self._interrupted_at = now
            self.escape()

    def escape(self) -> None:
        """End what runs: politely the first time, at once the second."""
        if self._running is None:
            return
        if self._asking and self._cancelling is None:
            self._cancelling = asyncio.create_task(self._chat.cancel())
        else:
            self._running.cancel()

    async def _tell_of_jobs(self) -> None:
        """Those that ended since the last line, or while no program was open."""
        if self._reader.interactive:
            for line in await asyncio.to_thread(own_news):
                self._write(self._ink.dim(line) + "\n")

    async def _start(self) -> None:
        try:
            await self._chat.start()
        except StudentError as error:
            self._write(self._ink.bad(str(error)) + "\n")
        self._reader.redraw()

    async def _interruptible(self, work: Coroutine[Any, Any, None]) -> None:
        self._running = asyncio.create_task(work)
        try:
            with self._reader.watching(self.interrupt, self.escape):
                await asyncio.wait([self._running])
            if self._running.cancelled():
                self._write(self._ink.warn("interrupted") + "\n")
            else:
                self._running.result()
        finally:
            self._running.cancel()
            if self._cancelling is not None:
                await asyncio.gather(self._cancelling, return_exceptions=True)
            self._running = self._cancelling = None

    async def _shell(self, command: str) -> None:
        if not command:
            self._interface.notify("type a command after !", "warning")
            return
        result = await self._chat.shell(command)
        self._write(clean(result.text.rstrip("\n")) + "\n" if result.text.strip() else "")
        if not result.success:
            self._write(self._ink.bad(f"exit {result.exit_code}") + "\n" if result.exit_code else "")

    async def _turn(self, request: str) -> None:
        if self._chat.status().student_state == "starting":
            self._write(self._ink.dim("the student is loading ...") + "\n")
        self._asking = True
        try:
            await self._steps(request)
        finally:
            self._asking = False

    async def _steps(self, request: str) -> None:
        answer = AnswerStream(self._write, self._ink)
        streamed = self._seen = ""
        async for step in self._chat.ask(request):
            if isinstance(step, TextDelta):
                streamed += step.text
                answer.feed(step.text)
                continue
            answer.finish()
            if isinstance(step, Thought) and streamed and step.text.endswith(streamed.strip()):
                # It was streamed before the student went on to a call: it stands there already.
                streamed = ""
                continue
            if isinstance(step, Answer) and not streamed:
                answer.feed(without_result(step.text, self._seen))
                answer.finish()
            await self._step(step)

    async def _step(self, step: Step) -> None:
        if isinstance(step, Confirmation):
            await self._confirm(step)
        elif isinstance(step, Progress):
            self._streamed[step.call_id] = step.text
            self._write(self._ink.dim(step.text))
        else:
            streamed = self._streamed.pop(step.call.id, "") if isinstance(step, Observation) else ""
            if isinstance(step, Observation):
                self._seen = step.result.text if streamed or is_whole(step.result.text) else ""
            if streamed and not streamed.endswith("\n"):
                self._write("\n")
            if block := step_block(step, self._ink, printed=bool(streamed)):
                self._write(block + "\n")

    async def _confirm(self, step: Confirmation) -> None:
        if not self._reader.interactive:
            step.reply.set_result(Reply(Verdict.REFUSED, reason=NO_TERMINAL, asked=False))
            return
        reply = await ask_person(step, self._reader, self._write, self._ink)
        step.reply.set_result(reply or Reply(Verdict.REFUSED, asked=False))
        if reply is None:
            self.escape()

    async def _ask(self, prompt: str) -> str | None:
        return await self._reader.line(prompt) if self._reader.interactive else None

    def _write(self, text: str) -> None:
        put(self._out, text)
