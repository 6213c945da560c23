"""One conversation in one workspace: what every interface drives.

An interface calls ``start`` once, consumes ``ask`` step by step, and reads ``status`` when it draws. It
knows nothing of students, sandboxes or logs behind it. One turn at a time.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from typing import Any

from assistant.agent.acting import INTERRUPTED
from assistant.agent.api import ChatApi, Status
from assistant.agent.gate import CHANGING
from assistant.agent.larger import LargerStudent
from assistant.agent.marks import Marks, marks_of
from assistant.agent.rewinding import Record, Rewinding
from assistant.agent.sessions import Session, SessionError
from assistant.agent.steps import Answer, Call, Failure, Notice, Step
from assistant.agent.streaming import Work
from assistant.agent.talk import Parts, Talk
from assistant.agent.window import Use
from sandbox.base import Check
from tools.builtin.reads import FileReads
from tools.calls import ToolCall, ToolResult
from tools.permissions.judgement import MODES
from tools.protocol.messages import Message
from tools.registry import Registry
from training.events.base import EventLogError
from training.events.decisions import rows
from training.events.tool_figures import tool_statistics
from training.student.base import Stats, StudentError
from training.student.settings import StudentSettings

__all__ = ["Chat", "ChatApi", "Status"]


class Chat:
    """Fulfils ``ChatApi``."""

    def __init__(self, parts: Parts, session: Session) -> None:
        self.settings = parts.settings
        self.workspace = parts.workspace
        self.store = parts.store
        self.log = parts.log
        self.tools: Registry = parts.executor.registry
        self.permissions = parts.permissions
        self.corrections = parts.corrections
        self.last_decision: str | None = None
        self._parts = parts
        self._executor = parts.executor
        self._hosting = parts.hosting
        self._confinement = parts.confinement
        self._work = Work()
        self._busy = False
        self._reading: asyncio.Task[None] | None = None
        self._talk = Talk(parts, session, self._work)
        self._larger = LargerStudent(parts.settings.student.model)

    @property
    def session(self) -> Session:
        """The one that is open."""
        return self._talk.session

    def _use(self, session: Session) -> None:
        self._talk = Talk(self._parts, session, self._work)
        self._larger = LargerStudent(self._hosting.settings.model)

    @property
    def student(self) -> dict[str, str]:
        """Who serves: ``{"model", "adapter"}``."""
        return {"model": self._hosting.info.model, "adapter": self._hosting.info.adapter}

    def notices(self) -> tuple[str, ...]:
        """What the person should know of the settings, the log and the session that were opened."""
        return (*self._parts.notices, *self.settings.notices, *self.log.notices, *self.session.notices)

    async def start(self) -> None:
        """Load the student and prove a sandbox, side by side; then evaluate the prompt's prefix.

        Returns when all that can work works; what cannot is said by ``status`` and by the next turn.
        """
        self._hosting.start()
        self._confinement.start()
        self._reading = asyncio.create_task(self._talk.correcting.prepare())
        with contextlib.suppress(StudentError):  # the next turn says it, as a step
            await self._talk.fit()
            await self._hosting.student.warm(self._talk.context.conversation())
        await self._confinement.ready()

    async def ask(self, request: str) -> AsyncIterator[Step]:
        """One turn. What cannot go on ends it with a ``Failure``; nothing is raised but cancellation."""
        if self._busy:
            yield Failure("a turn is under way; wait for its end or interrupt it")
            return
        self._busy = True
        try:
            if problem := await self._work.wait(asyncio.ensure_future(self._talk.problem(request))):
                yield Failure(problem)
                return
            self.permissions.forget_refusals()
            self._talk.account.begin(len(self.session.messages), request)
            self._talk.keeping.begin(len(self.session.messages), request)
            async for step in self._talk.loop.run(request):
                self._note(step)
                if isinstance(step, Answer | Failure) and (
                    said := await asyncio.to_thread(self._larger.offer)
                ):
                    yield Notice(said)
                yield await self._with_facts(step) if isinstance(step, Failure) else step
        except (StudentError, EventLogError, SessionError) as error:
            yield await self._with_facts(Failure(str(error), error=error))
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task and task.cancelling():
                raise
            yield await self._with_facts(Failure(INTERRUPTED, cancelled=True))
        finally:
            self._work.cancel()
            try:
                await self._talk.account.close()
            finally:
                self._busy = False

    async def _with_facts(self, failure: Failure) -> Failure:
        """``failure`` with what was done of the turn until then."""
        return replace(failure, facts=await self._talk.account.close())

    def _note(self, step: Step) -> None:
        self._larger.take(step)
        if isinstance(step, Call | Answer):
            self.last_decision = step.event_id
        if isinstance(step, Call) and step.risk in CHANGING:
            self._talk.keeping.note(step.event_id)
        if isinstance(step, Answer):
            self._talk.last = step.last

    async def cancel(self) -> None:
        """End the turn under way; its iterator yields a ``Failure`` with ``cancelled`` set."""
        self._work.cancel()

    async def shell(self, command: str) -> ToolResult:
        """The person's own ``!command``: in the sandbox, not asked, shown to the student afterwards."""
        await self._confinement.ready()
        keeping, account = self._talk.keeping, self._talk.account
        account.begin(len(self.session.messages), "")
        keeping.begin(len(self.session.messages), f"!{command}")
        call = ToolCall("", "run_shell", {"command": command})
        kept = await keeping.before(call)
        try:
            result = await self._executor.run(call)
            await account.ran(result)
            account.take(call, result, "person")
        finally:
            facts = await account.settle()
            await keeping.end()
        if told := [*kept.notices, *([kept.problem] if kept.problem else [])]:
            result = replace(result, text="\n".join([*told, result.text]))
        said = f"I ran `{command}`:\n{result.text}"
        self.session.append(Message("user", said, tool="run_shell", failed=not result.success))
        self.session.keep_facts(len(self.session.messages) - 1, facts)
        return result

    def status(self) -> Status:
        """The facts of the status line, without waiting for anything."""
        info, last = self._hosting.info, self._talk.last
        return Status(
            mode=self.permissions.mode,
            student=f"{info.model} + {info.adapter}" if info.adapter else info.model,
            student_state=self._hosting.state,
            sandbox=self._confinement.name,
            sandbox_state=self._confinement.state,
            workspace=str(self.workspace),
            session_id=self.session.id,
            session_title=self.session.title,
            context_used=self._talk.used,
            context_limit=info.context_tokens,
            cached_share=last.cached_tokens / last.prompt_tokens if last.prompt_tokens else 0.0,
            tokens_per_s=last.decode_tokens_per_s,
            student_notice=info.notice,
            busy=self._busy,
        )

    @property
    def student_stats(self) -> Stats:
        """What the student has done since it was loaded, and the memory it takes."""
        return self._hosting.student.stats()

    @property
    def student_settings(self) -> StudentSettings:
        """Those of the student that serves, or is being loaded, as files."""
        return self._hosting.used

    async def tool_figures(self) -> dict[str, Any]:
        """Figures over the tools of this session, from the log. Raises EventLogError."""
        session = self.session.id
        return await asyncio.to_thread(lambda: tool_statistics(rows(self.log, session_id=session)))

    async def marks(self) -> Marks:
        """What the log says of the calls of this session; nothing where it cannot be read."""
        try:
            return await asyncio.to_thread(marks_of, self.log, self.session.id)
        except EventLogError:
            return {}

    def set_mode(self, mode: str) -> None:
        """``plan``, ``ask``, ``edit`` or ``auto``. Raises ValueError for another word."""
        if mode not in MODES:
            raise ValueError(f"there is no mode {mode!r}; the modes are {', '.join(MODES)}")
        self.permissions.mode = mode

    @property
    def rewinding(self) -> Rewinding | None:
        """The way back in this session; None where no snapshots are taken."""
        store = self._parts.snapshots
        return Rewinding(store, self.session.id) if store else None

    def keep_undone(self, turns: Sequence[Record], paths: Sequence[str]) -> None:
        """Keep that the changes of ``turns`` to ``paths`` were taken back. Raises SessionError."""
        for turn in turns:
            if facts := self.session.facts.get(turn.index):
                self.session.keep_facts(turn.index, facts.with_undone(paths))

    def keep_redone(self, turns: Sequence[Record]) -> None:
        """Keep that ``turns`` have their changes again. Raises SessionError or SnapshotError."""
        for turn in turns:
            if (facts := self.session.facts.get(turn.index)) and self.rewinding:
                self.session.keep_facts(turn.index, facts.with_redone(self.rewinding.net(turn)))

    def rewind_to(self, index: int) -> None:
        """Go on from before the message at ``index``; the file keeps the rest. Raises SessionError."""
        if self._busy:
            raise SessionError("a turn is under way; interrupt it before going back")
        self.session.truncate(index)
        self._executor.context.reads = FileReads()  # what was read since is forgotten with it
        self._use(self.session)

    def new_session(self) -> None:
        """Begin an empty session; the old one stays on disk."""
        self._switch(lambda: self.store.create(self.workspace))

    def load_session(self, key: str) -> None:
        """Go on with a session by id, beginning of id, or title. Raises SessionError."""
        self._switch(lambda: self.store.load(key))

    def _switch(self, make: Callable[[], Session]) -> None:
        """Close the old session first: the new one may be the same. On an error it goes on as it was."""
        if self._busy:
            raise SessionError("a turn is under way; interrupt it before changing the session")
        previous = self.session
        previous.close()
        try:
            session = make()
        except SessionError:
            previous.reopen()
            raise
        self.permissions.forget_session()
        self._executor.context.reads = FileReads()  # nothing was seen yet by who goes on here
        self._use(session)

    async def use_model(self, model: str) -> None:
        """Swap the student, the session stays. Raises StudentError, and the old one goes on."""
        if self._busy:
            raise StudentError("a turn is under way; interrupt it before changing the student")
        await self._hosting.swap(self._hosting.settings.model_copy(update={"model": model, "adapter": ""}))
        await self._talk.swapped()

    async def context_use(self) -> Use:
        """What the student's window holds; without parts where no student serves. Raises StudentError."""
        return await self._talk.use()

    async def room_for(self, text: str, beside: str) -> int:
        """About how many characters of ``text`` a request holds beside other words. Raises StudentError."""
        return await self._talk.room_for(text, beside)

    async def compact(self, focus: str = "") -> list[str]:
        """Make the conversation smaller now, what ``focus`` names last; what was done, a line each.

        No line where there is nothing to gain; ``cancel`` ends it and changes nothing. Raises StudentError,
        SessionError, or CancelledError.
        """
        if self._busy:
            raise StudentError("a turn is under way; interrupt it before compacting")
        self._busy = True
        try:
            return await self._work.wait(asyncio.ensure_future(self._talk.compact(focus)))
        finally:
            self._busy = False

    async def doctor(self) -> list[Check]:
        """What works here, and what mends the rest."""
        from assistant.doctor import examine

        await self._confinement.ready()  # two proofs at once would count each other's processes
        return await examine(self.settings, self.workspace)

    async def close(self) -> None:
        """End the student, the sandbox and the files. Safe to call twice."""
        self._work.cancel()
        reading = [self._reading] if self._reading else []
        await asyncio.gather(self._hosting.close(), self._confinement.close(), *reading)
        self.session.close()
        self.log.close()
