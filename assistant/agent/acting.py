"""Carrying out a decision's calls: recorded, admitted, executed, observed.

Invariant: ``AGENT_TOOL_SELECTED`` is durable before a call is asked or run, and every call that was
recorded gets an outcome and an observation, also where the turn is interrupted. Each selection after a turn's
first names as its cause the outcome that the student had seen last.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Any

from assistant.agent.account import Account, Reviewed
from assistant.agent.context import Context
from assistant.agent.facts.runs import programs
from assistant.agent.facts.summary import NOTHING_CHANGED, summarise
from assistant.agent.gate import CHANGING, Gate, Held, Passed
from assistant.agent.refusals import Refused
from assistant.agent.steps import Answer, Call, Observation, Progress, Reply, Step, Verdict
from assistant.agent.streaming import Done, Work
from tools.calls import ToolCall, ToolResult
from tools.executor import Executor, batches
from tools.protocol.calls import ANSWER
from tools.protocol.messages import Message
from training.events.base import Event
from training.events.decisions import DecisionRecorder
from training.student.base import Decision, Usage

INTERRUPTED = "interrupted by the person"


class Acting:
    """Acts on decisions in one session."""

    def __init__(
        self,
        executor: Executor,
        gate: Gate,
        recorder: DecisionRecorder,
        context: Context,
        work: Work,
        account: Account,
    ) -> None:
        self.account = account
        self.refusals: list[Refused] = []
        """What was refused of the last decision."""
        self.held = False
        """True where nothing of the last decision ran."""
        self._executor = executor
        self._gate = gate
        self._recorder = recorder
        self._context = context
        self._work = work
        self._open: dict[str, tuple[ToolCall, Event]] = {}
        self._seen: str | None = None
        """The outcome that the student saw last in this turn."""

    async def answer(
        self, decision: Decision, facts: dict[str, Any], usage: Usage, shown: str, *, by_host: bool = False
    ) -> Answer:
        """Record and keep the final reply, held against the record unless the host wrote it.

        ``shown`` is what was streamed of it.
        """
        call = ToolCall("", ANSWER, {"text": decision.answer})
        selection = await self._select(call, decision, facts, self._seen)
        known = await self.account.settle()
        said = Reviewed(decision.answer) if by_host else self.account.review(decision.answer, shown)
        self._context.session.append(Message("assistant", text=said.text or "…", thought=decision.thought))
        result = ToolResult(said.kept and not said.contradicted, said.instead)
        await self._complete(selection, result, said.contradicted, grounded=said.grounded)
        self._seen = None
        cut = decision.cut and not said.contradicted
        return Answer(said.text, selection.event_id, usage, decision.usage, cut, known, said.contradicted)

    async def conclude(self, event_id: str, usage: Usage, refused: Sequence[Refused] = ()) -> Answer:
        """End a turn whose call was refused: the host says what is so, and the student nothing."""
        known = await self.account.settle()
        did = known.changed or programs(known.ran)
        text = summarise(known) if did else NOTHING_CHANGED
        if refused:
            text += f" You said: {'; '.join(dict.fromkeys(one.reason.strip() for one in refused))}"
        self._context.session.append(Message("assistant", text=text))
        self._seen = None
        return Answer(text, event_id, usage, facts=known)

    async def call(self, decision: Decision, facts: dict[str, Any]) -> AsyncIterator[Step]:
        """Carry out all calls of a decision, reads together. Raises EventLogError: then nothing more ran."""
        self.refusals, self.held = [], True
        self._context.session.append(Message("assistant", calls=decision.calls, thought=decision.thought))
        cause = self._seen
        for batch in batches(decision.calls, self._executor.registry):
            passed: list[tuple[Passed, Event]] = []
            for call in batch:
                selection = await self._select(call, decision, facts, cause)
                self._open[call.id] = (call, selection)
                alternatives = decision.alternatives
                yield Call(call, self._gate.risk(call), selection.event_id, decision.confidence, alternatives)
                async for ruling in self._gate.admit(call, partial(self._review, selection, call)):
                    if isinstance(ruling, Passed):
                        passed.append((ruling, selection))
                    elif isinstance(ruling, Held):
                        result = ToolResult(False, ruling.reason)
                        yield await self._observe(ruling.call, result, selection, ruling.confirmed_by)
                    else:
                        yield ruling
            async for step in self._execute(passed):
                yield step

    async def _execute(self, passed: Sequence[tuple[Passed, Event]]) -> AsyncIterator[Step]:
        """Run what was admitted: several at once (they only read), or one with its output as it comes."""
        self.held = self.held and not passed
        if len(passed) == 1:
            (one, _), *_ = passed
            work = self._work.stream(lambda report: self._run_one(one, report))
        elif passed:
            work = self._work.stream(lambda _: self._executor.run_parallel([one.call for one, _ in passed]))
        else:
            return
        async for item in work:
            if isinstance(item, Done):
                for (one, selection), result in zip(passed, item.result, strict=True):
                    yield await self._observe(one.call, result, selection, one.confirmed_by)
            else:
                yield item

    async def _run_one(self, one: Passed, report: Any) -> list[ToolResult]:
        call = one.call
        result = await self._executor.run(call, lambda text: report(Progress(call.id, text)), one.shown)
        if self._gate.risk(call) in CHANGING:
            await self.account.ran(result)
        return [result]

    async def _observe(
        self, call: ToolCall, result: ToolResult, selection: Event, confirmed_by: str
    ) -> Observation:
        await self._complete(selection, result)
        self.account.take(call, result, confirmed_by)
        self._remember(call, result.text, failed=not result.success)
        return Observation(call, result, selection.event_id, confirmed_by)

    def _remember(self, call: ToolCall, text: str, *, failed: bool) -> None:
        self._open.pop(call.id, None)
        self._context.session.append(Message("tool", text, call_id=call.id, tool=call.tool, failed=failed))

    def interrupt(self) -> None:
        """Give the calls that are still open an outcome and an observation."""
        for call, selection in list(self._open.values()):
            self._recorder.completed(selection, success=False, result=INTERRUPTED, execution_time_ms=None)
            self.account.interrupted(call, INTERRUPTED)
            self._remember(call, INTERRUPTED, failed=True)
        self._seen = None

    async def _select(
        self, call: ToolCall, decision: Decision, facts: dict[str, Any], cause: str | None
    ) -> Event:
        first = not decision.calls or call is decision.calls[0]
        return await asyncio.to_thread(
            self._recorder.selected,
            tool_selected=call.tool,
            tool_parameters=call.arguments,
            reasoning=decision.thought,
            confidence=decision.confidence or None,
            alternatives=decision.alternatives,
            latency_ms=decision.usage.latency_ms,
            causation_id=cause,
            **(_with_tokens(facts, decision.usage) if first else facts),
        )

    async def _review(self, selection: Event, call: ToolCall, reply: Reply) -> None:
        edited = reply.verdict is Verdict.EDITED
        refused = reply.verdict is Verdict.REFUSED
        if refused:
            self.refusals.append(Refused(call, reply.reason if reply.asked else ""))
        if not reply.asked:
            return
        await asyncio.to_thread(
            self._recorder.reviewed,
            selection,
            verdict="corrected" if edited else "refused" if refused else "approved",
            corrected_tool=call.tool if edited else None,
            corrected_parameters=reply.arguments if edited else None,
            reason=reply.reason,
        )

    async def _complete(
        self,
        selection: Event,
        result: ToolResult,
        contradicted: Sequence[str] = (),
        *,
        grounded: bool = False,
    ) -> None:
        outcome = await asyncio.to_thread(
            self._recorder.completed,
            selection,
            success=result.success,
            result=result.text,
            execution_time_ms=result.execution_time_ms,
            contradicted=contradicted,
            grounded=grounded,
        )
        self._seen = outcome.event_id


def _with_tokens(facts: dict[str, Any], usage: Usage) -> dict[str, Any]:
    """The tokens that a decision took, in its context: once, also where it proposed several calls."""
    tokens = {name: getattr(usage, name) for name in ("prompt_tokens", "cached_tokens", "completion_tokens")}
    return {**facts, "context": {**facts["context"], "usage": tokens}}
