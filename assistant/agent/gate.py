"""Between a decision and its execution: permission and the person's confirmation.

Invariant: what runs is what the user saw. An edited call is judged, shown and asked again as it is now; a
write that cannot succeed is not asked, and one whose file would not parse goes back to the student once; a
reply counts for this call alone unless the person widens it. Before the first call of a turn that changes
something a snapshot is taken; where that fails, the person is asked.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Protocol

from assistant.agent.safekeeping import Safekeeping
from assistant.agent.steps import Confirmation, Notice, Reply, Verdict
from assistant.agent.streaming import Work
from assistant.paths import PathsError
from assistant.settings_file import SettingsError
from tools.base import Preview
from tools.calls import Risk, ToolCall, ToolError
from tools.executor import Executor
from tools.permissions.book import Permissions
from tools.permissions.judgement import Judgement
from tools.permissions.judgement import Verdict as Permission
from tools.permissions.standing import Scope

_WHERE = {Risk.NETWORK: "the program itself, over the network"}
EDITED = "you edited it"
UNPARSED = "unparsed"
"""By what a write is held that would leave a file that does not parse, once in a turn."""
CHANGING = frozenset({Risk.WRITE, Risk.EXECUTE})
"""Risks of calls that can change the workspace."""


class Place(Protocol):
    """Where calls run."""

    async def ready(self) -> None:
        """Wait until it is known whether a sandbox is proven."""

    def where(self) -> str:
        """The sandbox and its network state, in words."""


@dataclass(frozen=True)
class Passed:
    """A call that may run, as it will run. ``shown`` is the write that the user was shown, if they were."""

    call: ToolCall
    confirmed_by: str
    shown: Preview | None = None


@dataclass(frozen=True)
class Held:
    """A call that does not run, with what the student is told."""

    call: ToolCall
    reason: str
    confirmed_by: str


Ruling = Confirmation | Notice | Passed | Held


class Gate:
    """Rules on one call at a time. ``reviewed`` is told of every reply before it takes effect."""

    def __init__(
        self, permissions: Permissions, executor: Executor, place: Place, work: Work, keeping: Safekeeping
    ) -> None:
        self._permissions = permissions
        self._executor = executor
        self._place = place
        self._work = work
        self._keeping = keeping
        self.begin()

    def begin(self) -> None:
        """A turn begins."""
        self.waited_s = 0.0
        self._mended = False

    def risk(self, call: ToolCall) -> Risk:
        """The risk of a call; an unknown tool counts as the worst, and fails at the executor."""
        tool = self._executor.registry.get(call.tool)
        return tool.risk if tool else Risk.EXECUTE

    async def admit(
        self, call: ToolCall, reviewed: Callable[[Reply], Awaitable[None]]
    ) -> AsyncIterator[Ruling]:
        """Yields a ``Confirmation`` where the person is asked, and last ``Passed`` or ``Held``."""
        risk = self.risk(call)
        async for ruling in self._rule(call, risk, reviewed):
            if isinstance(ruling, Passed) and risk in CHANGING:
                async for further in self._keep(ruling, risk, reviewed):
                    yield further
            else:
                yield ruling

    async def _rule(
        self, call: ToolCall, risk: Risk, reviewed: Callable[[Reply], Awaitable[None]]
    ) -> AsyncIterator[Ruling]:
        """The ruling by permission, the person asked where it says so."""
        if risk is Risk.EXECUTE:
            await self._place.ready()
        try:
            self._permissions.refresh()
        except (SettingsError, PathsError) as error:
            yield Notice(f"rules stay as they were: {error}")
        judgement = self._permissions.judge(call, risk)
        if judgement.verdict == "deny":
            yield Held(call, f"not run: {_reasons(judgement)}", "denied")
            return
        problem = await self._problem(call) if risk is Risk.WRITE else ""
        if problem and not self._mended:
            self._mended = True
            yield Held(call, f"not written: {problem}; mend it and call again", UNPARSED)
        elif judgement.verdict == "allow":
            self._permissions.spend(judgement)
            if problem:
                yield Notice(problem)
            yield Passed(call, judgement.source)
        else:
            reasons = (problem, *judgement.reasons) if problem else judgement.reasons
            asked = replace(judgement, reasons=reasons)
            async for ruling in self._ask(call, risk, asked, reviewed):
                yield ruling

    async def _problem(self, call: ToolCall) -> str:
        """What is wrong with a write that can be made. One that cannot fails where it is asked or run."""
        try:
            return await self._executor.problem(call)
        except ToolError:
            return ""

    async def _keep(
        self, passed: Passed, risk: Risk, reviewed: Callable[[Reply], Awaitable[None]]
    ) -> AsyncIterator[Ruling]:
        """The call that passed, once there is a way back from it, or the person does without one."""
        kept = await self._work.wait(asyncio.ensure_future(self._keeping.before(passed.call)))
        for line in kept.notices:
            yield Notice(line)
        if not kept.problem:
            yield passed
            return
        async for ruling in self._ask(passed.call, risk, _asking((kept.problem,)), reviewed):
            if isinstance(ruling, Passed):
                self._keeping.go_without()
            yield ruling

    async def _ask(
        self, call: ToolCall, risk: Risk, judgement: Judgement, reviewed: Callable[[Reply], Awaitable[None]]
    ) -> AsyncIterator[Ruling]:
        try:
            shown = await self._executor.preview(call)
            command = await self._executor.command(call)
        except ToolError as error:
            yield Held(call, str(error), "mode")
            return
        where = self._place.where() if risk is Risk.EXECUTE else _WHERE.get(risk, "")
        where = " · ".join(part for part in (f"runs {command}" if command else "", where) if part)
        diff = shown.diff if shown else ""
        asked = Confirmation(call, risk, judgement.rule, judgement.reasons, diff, where, judgement.opens)
        yield asked
        clock = asyncio.get_running_loop().time
        started = clock()
        reply = await self._work.wait(asked.reply)
        self.waited_s += clock() - started
        if reply.verdict is Verdict.EDITED and reply.arguments == call.arguments:
            reply = Reply(Verdict.ONCE)
        await reviewed(reply)
        if reply.verdict is Verdict.EDITED:
            async for ruling in self._edited(call, risk, reply, reviewed):
                yield ruling
            return
        for ruling in self._settle(call, judgement, reply, shown):
            yield ruling

    async def _edited(
        self,
        call: ToolCall,
        risk: Risk,
        reply: Reply,
        reviewed: Callable[[Reply], Awaitable[None]],
    ) -> AsyncIterator[Ruling]:
        """The call as the user wrote it: shown and asked again, so that a slip in an editor runs nothing."""
        edited = replace(call, arguments=reply.arguments or {})
        judgement = self._permissions.judge(edited, risk)
        if judgement.verdict == "deny":
            yield Held(edited, f"not run: {_reasons(judgement)}", "denied")
            return

        async def reviewed_again(further: Reply) -> None:
            if further.verdict in (Verdict.EDITED, Verdict.REFUSED):
                await reviewed(further)

        problem = await self._problem(edited) if risk is Risk.WRITE else ""
        reasons = (EDITED, problem) if problem else (EDITED,)
        asked = replace(judgement, reasons=reasons) if judgement.verdict == "ask" else _asking(reasons)
        async for ruling in self._ask(edited, risk, asked, reviewed_again):
            yield ruling

    def _settle(
        self, call: ToolCall, judgement: Judgement, reply: Reply, shown: Preview | None
    ) -> list[Ruling]:
        if reply.verdict is Verdict.REFUSED:
            self._permissions.refuse(call)
            because = f": {reply.reason}" if reply.reason else ""
            what = "the person refused this call" if reply.asked else "not run"
            return [Held(call, f"{what}{because}", "refused")]
        passed = Passed(call, "person", shown)
        if reply.verdict is Verdict.ONCE or not judgement.rule:
            return [passed]
        scope: Scope = "project" if reply.verdict is Verdict.ALWAYS else "session"
        self._permissions.grant(judgement.rule, scope)
        where = "in this workspace" if scope == "project" else "for this session"
        return [Notice(f"allowed from now on {where}: {judgement.rule}"), passed]


def _asking(reasons: tuple[str, ...]) -> Judgement:
    """Ask this once, whatever the rules say."""
    return Judgement(Permission.ASK, "command", reasons)


def _reasons(judgement: Judgement) -> str:
    return "; ".join(judgement.reasons) or "the permission mode does not allow it"
