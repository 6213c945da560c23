"""``apprentice -p REQUEST``: one turn, the answer on stdout, the progress on stderr.

Invariant: stdout holds the answer or the JSON of the contract and nothing else; without a terminal on stdin
and stderr, what the mode would ask is refused. ``usage`` is the sum over the turn's decisions.
"""

import asyncio
import contextlib
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from assistant.agent.steps import Confirmation, Failure, Notice, Observation, Reply, Step, Verdict
from assistant.cli.failures import give_up_stdout
from assistant.plain.confirm import ask_person
from assistant.plain.ink import Ink, put
from assistant.plain.reader import LineReader
from assistant.plain.stdin_context import with_stdin
from assistant.plain.steps import step_line
from assistant.plain.stopped import way_through
from assistant.plain.turn_record import TurnRecord, json_line, step_object
from assistant.text_safety import clean
from tools.calls import ToolCall
from training.student.base import StudentError

if TYPE_CHECKING:
    from assistant.agent.chat import Chat
    from assistant.agent.sessions import Session
    from assistant.settings import Settings

Output = Literal["text", "json", "stream-json"]
NO_TERMINAL = "no terminal to ask"


def run(
    settings: "Settings",
    workspace: Path,
    session: "Session | str | None",
    request: str,
    *,
    output: Output = "text",
    stdin_text: str = "",
    chat: "Chat | None" = None,
) -> int:
    """Answer ``request`` once. Returns 0 answered, 1 failed, 2 nothing asked, 3 a call was refused or could
    not be asked, 130 interrupted.

    ``stdin_text`` is what was piped in. ``chat`` replaces the one that would be built.
    """
    if not (request.strip() or stdin_text.strip()):
        put(sys.stderr, "nothing to answer: give a request after -p, or pipe one in\n")
        return 2
    if chat is None:
        from assistant.wiring import build_chat

        chat = build_chat(settings, workspace, session, once=True)
    try:
        return asyncio.run(OneShot(chat, output).run(request, stdin_text))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        give_up_stdout()
        return 1


class OneShot:
    """One turn of ``chat``, written in the form of ``output``."""

    def __init__(self, chat: "Chat", output: Output) -> None:
        self._chat = chat
        self._output = output
        self._record = TurnRecord()
        self._work: asyncio.Task[None] | None = None
        self._cancelling: asyncio.Task[None] | None = None
        self._question: asyncio.Task[Reply | None] | None = None
        self._asking = False
        self._stopped: list[Observation] = []

    async def run(self, request: str, piped: str) -> int:
        """The exit code. Raises BrokenPipeError where nobody reads stdout any more."""
        started = time.monotonic()
        self._work = asyncio.create_task(self._turn(request, piped))
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self.interrupt)
        try:
            await asyncio.wait([self._work])
            self._take_end(self._work)
            self._print_result((time.monotonic() - started) * 1000)
        finally:
            if self._cancelling is not None:
                await self._cancelling
            await self._chat.close()
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                loop.remove_signal_handler(number)
        if self._record.cancelled:
            return 130
        if self._record.error:
            return 1
        for step in self._stopped:
            _progress(f"{way_through(step.call, self._chat)}\n")
        return 3 if self._stopped else 0

    def interrupt(self) -> None:
        """End the turn and leave the session valid; the second time at once."""
        if self._work is None:
            return
        if self._question is not None and not self._question.done():
            self._question.cancel()
        elif self._asking and self._cancelling is None:
            self._cancelling = asyncio.create_task(self._chat.cancel())
        else:
            self._work.cancel()

    async def _turn(self, request: str, piped: str) -> None:
        for line in self._chat.notices():
            self._say(Notice(line))
        try:
            await self._chat.start()
            whole = await self._with_piped(request, piped)
            self._asking = True
            async for step in self._chat.ask(whole):
                self._record.take(step)
                self._say(step)
                if isinstance(step, Observation):
                    self._note(step)
                if isinstance(step, Confirmation):
                    await self._confirm(step)
        except StudentError as error:
            failure = Failure(str(error))
            self._record.take(failure)
            self._say(failure)

    def _note(self, step: Observation) -> None:
        """Remember a call that was stopped, until the same call, or one to the same file, gets through."""
        if step.confirmed_by in ("refused", "denied"):
            self._stopped.append(step)
        else:
            self._stopped = [one for one in self._stopped if not _settles(step.call, one.call)]

    async def _with_piped(self, request: str, piped: str) -> str:
        """The request with as much of ``piped`` as the student takes; a cut is said. Raises StudentError."""
        if not piped.strip():
            return request
        whole, notice = with_stdin(request, piped, await self._chat.room_for(piped, request))
        if notice:
            self._say(Notice(notice))
        return whole

    def _take_end(self, work: "asyncio.Task[None]") -> None:
        if work.cancelled():
            self._record.take(Failure("interrupted", cancelled=True))
            self._say(Failure("interrupted", cancelled=True))
        else:
            work.result()

    async def _confirm(self, step: Confirmation) -> None:
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            step.reply.set_result(Reply(Verdict.REFUSED, reason=NO_TERMINAL, asked=False))
            return
        asker = LineReader(sys.stdin, sys.stderr, interactive=True)
        self._question = asyncio.create_task(ask_person(step, asker, _progress, Ink(colour=False)))
        await asyncio.wait([self._question])
        reply = None if self._question.cancelled() else self._question.result()
        step.reply.set_result(reply or Reply(Verdict.REFUSED, asked=False))
        if reply is None:
            self.interrupt()

    def _say(self, step: Step) -> None:
        if self._output == "stream-json" and (found := step_object(step)) is not None:
            put(sys.stdout, json_line(found))
        if line := step_line(step):
            _progress(line + "\n")

    def _print_result(self, elapsed_ms: float) -> None:
        if self._output == "text":
            if self._record.answer:
                put(sys.stdout, clean(self._record.answer).rstrip("\n") + "\n")
            return
        result = self._record.result(
            session_id=self._chat.session.id, student=self._chat.student, elapsed_ms=elapsed_ms
        )
        put(sys.stdout, json_line({"type": "result", **result} if self._output == "stream-json" else result))


def _settles(later: ToolCall, stopped: ToolCall) -> bool:
    """Return whether ``later`` did what ``stopped`` was to do."""
    if later.tool != stopped.tool:
        return False
    path = stopped.arguments.get("path")
    return later.arguments == stopped.arguments or (path is not None and later.arguments.get("path") == path)


def _progress(text: str) -> None:
    """A line on stderr; a stderr that nobody reads ends nothing."""
    with contextlib.suppress(BrokenPipeError):
        put(sys.stderr, text)
