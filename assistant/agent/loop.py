"""The ReAct loop: ask, decide, confirm, execute, answer.

An async generator of steps with no interface in it. Invariant: however a turn ends, the session holds a
valid conversation and every call that was shown has its record. Bounded by decisions, tokens and time;
when a bound is met, or the same call comes again, the student has to answer with what it knows.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from assistant.agent.acting import INTERRUPTED, Acting
from assistant.agent.context import Context
from assistant.agent.correcting import InView
from assistant.agent.facts.summary import summarise
from assistant.agent.gate import UNPARSED, Gate
from assistant.agent.offering import Made, Offering
from assistant.agent.questions.answers import Asking, advance
from assistant.agent.reading import Reading
from assistant.agent.refusals import Refused, looks_instead, says_no_more
from assistant.agent.settings import LoopSettings
from assistant.agent.steps import Answer, Failure, Notice, Observation, Step, TextDelta, Thought
from assistant.agent.streaming import Done, Work
from tools.calls import ToolResult
from tools.protocol.calls import write_call
from tools.protocol.messages import Message, message_to_dict
from training.events.decisions import HOST
from training.student.base import ContextOverflow, Decision, Student, StudentDied, Usage

RECORDED_CHARACTERS = 2000
Correction = Callable[[str], Awaitable[InView | None]]


@dataclass
class _Turn:
    """What one turn has used so far. ``first`` is the index of its request in the session."""

    request: str
    first: int
    started: float = field(default_factory=time.monotonic)
    decisions: int = 0
    usage: Usage = field(default_factory=Usage)
    last_calls: str = ""
    repeats: int = 0
    must_answer: bool = False
    mending: bool = False
    """True once the student may mend a file that would not parse."""
    observed: str = ""
    """The decision whose outcome came last."""
    retried: bool = False
    """True once the student may try again, after a refusal that gave a reason."""
    refused: tuple[Refused, ...] = ()
    """What was refused with a reason."""
    correction: InView | None = None
    """What is in view when the first decision is made."""
    written: str = ""
    streamed: str = ""
    """The beginning of what is ``written`` of a reply that was shown already."""


async def _uncorrected(_request: str) -> None:
    """Nothing was corrected."""


class Loop:
    """Runs one turn after another over one session."""

    def __init__(
        self,
        student: Callable[[], Student],
        facts: Callable[[], dict[str, Any]],
        context: Context,
        offering: Offering,
        gate: Gate,
        acting: Acting,
        work: Work,
        bounds: LoopSettings,
        questions: Callable[[str, InView | None], Asking | None] = lambda _, __: None,
        correction: Correction = _uncorrected,
    ) -> None:
        self._student = student
        self._facts = facts
        self._context = context
        self._reading = Reading(context, lambda: summarise(acting.account.facts))
        self._offering = offering
        self._gate = gate
        self._acting = acting
        self._work = work
        self._bounds = bounds
        self._questions = questions
        self._correction = correction

    async def run(self, request: str) -> AsyncIterator[Step]:
        """One turn. Raises StudentError, EventLogError or SessionError: then nothing more was run."""
        session = self._context.session
        turn = _Turn(request, len(session.messages))
        self._gate.begin()
        session.append(Message("user", text=request))
        finished = False
        known = self._student().stats().notices
        try:
            turn.correction = await self._work.wait(asyncio.ensure_future(self._correction(request)))
            asked = asyncio.to_thread(self._questions, request, turn.correction)
            question = await self._work.wait(asyncio.ensure_future(asked))
            while not finished:
                async for step in self._answer(question, turn) if question else self._advance(turn):
                    finished = isinstance(step, Answer | Failure)
                    yield step
                question = None
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task and task.cancelling():
                raise
            self._close(turn)
            finished = True
            for line in self._student().stats().notices:
                if line not in known:
                    yield Notice(line)
            yield Failure(INTERRUPTED, cancelled=True)
        finally:
            if not finished:
                self._close(turn)

    def _close(self, turn: _Turn) -> None:
        """Leave no call open, and keep what was said of an answer, so that the turns still alternate."""
        self._acting.interrupt()
        said = f"{turn.streamed.rstrip()} [{INTERRUPTED}]".strip()
        self._context.session.append(Message("assistant", text=said))

    async def _answer(self, question: Asking, turn: _Turn) -> AsyncIterator[Step]:
        """A turn of the host: the calls that a question needs, and the answer from their results."""
        results: Sequence[ToolResult] | None = None
        while True:
            coming = asyncio.ensure_future(asyncio.to_thread(advance, question, results))
            found = await self._work.wait(coming)
            if isinstance(found, str):
                break
            at = len(self._context.session.messages)
            calls = tuple(replace(call, id=f"host_{at}_{index}") for index, call in enumerate(found))
            decision = Decision(calls=calls)
            results_of: dict[str, ToolResult] = {}
            async for step in self._acting.call(decision, self._recorded_of_host(turn, decision)):
                if isinstance(step, Observation):
                    turn.observed = step.event_id
                    results_of[step.call.id] = step.result
                yield step
            if self._acting.refusals:
                turn.refused = tuple(one for one in self._acting.refusals if one.reason)
                yield await self._conclude(turn)
                return
            results = [results_of[call.id] for call in calls]
        if not found:  # the results do not say it: the student goes on from them
            turn.decisions += results is not None
            return
        decision = Decision(answer=found)
        recorded = self._recorded_of_host(turn, decision)
        yield TextDelta(found)
        yield await self._acting.answer(decision, recorded, turn.usage, found, by_host=True)

    async def _advance(self, turn: _Turn) -> AsyncIterator[Step]:
        """One decision and what follows from it."""
        self._check_bounds(turn)
        async for item in self._decide(turn):
            if isinstance(item, Made):
                async for step in self._follow(item, turn):
                    yield step
            else:
                yield item

    def _check_bounds(self, turn: _Turn) -> None:
        turn.decisions += 1
        rounds = min(self._bounds.max_steps, self._context.prompt.max_rounds or self._bounds.max_steps)
        spent = time.monotonic() - turn.started - self._gate.waited_s
        turn.must_answer |= (
            turn.decisions > rounds + turn.retried + turn.mending
            or spent > self._bounds.max_seconds
            or turn.usage.completion_tokens > self._bounds.max_tokens
        )

    async def _decide(self, turn: _Turn) -> AsyncIterator[Step | Made]:
        """A decision; again where the window overflowed or, once, where the student's process died."""
        died = False
        while True:
            turn.written = turn.streamed = ""
            try:
                async for notice in self._ready():
                    yield notice
                async for item in self._work.stream(partial(self._ask_student, turn)):
                    if isinstance(item, Done):
                        turn.usage = _added(turn.usage, item.result.decision.usage)
                        yield item.result
                    elif text := self._passed(item, turn):
                        yield TextDelta(text)
                return
            except ContextOverflow as error:
                async for notice in self._room_after(error):
                    yield notice
            except StudentDied as error:
                if died:
                    raise
                died = True
                yield Notice(f"{error}; it is started again")

    async def _ready(self) -> AsyncIterator[Notice]:
        """Make the context ready; what is cut or compacted for it."""
        async for item in self._work.stream(self._context.prepare):
            if not isinstance(item, Done):
                yield Notice(item)

    async def _room_after(self, error: ContextOverflow) -> AsyncIterator[Notice]:
        """Make room where the prompt did not fit. Raises ``error`` where that cannot be helped."""
        async for item in self._work.stream(partial(self._context.overflowed, error)):
            if not isinstance(item, Done):
                yield Notice(item)
            elif not item.result:
                raise error

    async def _ask_student(self, turn: _Turn, report: Callable[[str], None]) -> Made:
        asked = (self._student(), self._context.conversation(), report)
        if turn.decisions == 1:
            if turn.correction is None:
                return await self._offering.first(turn.request, *asked)
            seen = turn.correction.conversation(asked[1])
            return await self._offering.first(turn.request, asked[0], seen, report, whole=True)
        retries = bool(self._acting.refusals) and self._is_small()
        made = await self._offering.later(*asked, only_answer=turn.must_answer, only_call=retries)
        if retries and (tool := looks_instead(turn.refused, made.decision.calls, self._gate.risk)):
            made = await self._offering.later(*asked, only_answer=False, only=tool)
        if not made.decision.reads:
            return made
        account = self._acting.account
        await account.settle()
        if counted := account.counted():
            report(counted)
            return replace(made, decision=replace(made.decision, answer=counted))
        read = await self._reading.answered(made.decision, turn.request, asked[0], report)
        return replace(made, decision=read)

    async def _follow(self, made: Made, turn: _Turn) -> AsyncIterator[Step]:
        decision = made.decision
        if decision.thought:
            yield Thought(decision.thought)
        if decision.calls and not turn.must_answer:
            if turn.retried and says_no_more(turn.refused, decision.calls, self._is_small()):
                yield await self._conclude(turn)
                return
            if self._again(decision, turn):
                if self._acting.refusals:
                    yield await self._conclude(turn)
                    return
                turn.must_answer = True
                yield Notice("the student repeats the same call; it has to answer with what it knows")
                return
            async for step in self._acting.call(decision, self._recorded(turn, made)):
                if isinstance(step, Observation):
                    turn.observed = step.event_id
                    if step.confirmed_by == UNPARSED:
                        turn.mending, turn.last_calls = True, ""
                yield step
            if self._ends_refused(turn):
                yield await self._conclude(turn)
        elif decision.cut and not decision.answer and not turn.must_answer:
            turn.must_answer = True
            why = "repeated itself" if decision.repeated else "was cut at the token limit"
            yield Notice(f"a call {why} and was not run; the student has to answer")
        elif turn.retried and self._acting.held and self._is_small():
            yield await self._conclude(turn)
        else:
            if decision.repeated:
                yield Notice("the student began to repeat itself and was stopped there")
            recorded = self._recorded(turn, made)
            own = decision.reads
            said = await self._acting.answer(decision, recorded, turn.usage, turn.streamed, by_host=own)
            if rest := _rest(said.text, turn.streamed):
                yield TextDelta(rest)
            yield said

    def _passed(self, piece: str, turn: _Turn) -> str:
        """What of the reply can be shown now: sentences that are whole, until one contradicts the record."""
        turn.written += piece
        ready = self._acting.account.passed(turn.written, turn.streamed)
        text, turn.streamed = ready[len(turn.streamed) :], ready
        return text

    def _ends_refused(self, turn: _Turn) -> bool:
        """Whether the turn is over because a call was refused; a reason lets the student try once more."""
        if not self._acting.refusals:
            return turn.retried and self._acting.held
        turn.refused += tuple(one for one in self._acting.refusals if one.reason)
        if turn.retried or not turn.refused:
            return True
        turn.retried = True
        return False

    async def _conclude(self, turn: _Turn) -> Answer:
        """End a turn with what is so after a refusal."""
        return await self._acting.conclude(turn.observed, turn.usage, turn.refused)

    def _is_small(self) -> bool:
        return self._acting.account.replaces()

    def _again(self, decision: Decision, turn: _Turn) -> bool:
        """True where the decision is the last one over again, as often as the bounds say."""
        written = "\n".join(write_call(call) for call in decision.calls)
        turn.repeats = turn.repeats + 1 if written == turn.last_calls else 1
        turn.last_calls = written
        return turn.repeats >= self._bounds.max_repeats

    def _recorded_of_host(self, turn: _Turn, decision: Decision) -> dict[str, Any]:
        """The same of a decision that the host made; its record names no student."""
        made = self._offering.by_host(decision, self._context.conversation())
        turn.correction = None
        return self._recorded(turn, made) | {"model": HOST}

    def _recorded(self, turn: _Turn, made: Made) -> dict[str, Any]:
        """What a decision was chosen from, for its record."""
        session = self._context.session
        turns = [_clipped(message_to_dict(message)) for message in session.messages[turn.first :]]
        context = {
            "request": turn.request,
            "workspace": session.workspace,
            "message_index": len(session.messages),
            "turn": turns,
            "selection": made.selection,
        }
        if turn.correction and turn.decisions == 1:
            context["correction"] = turn.correction.record()
        return {"context": context, "tools_available": made.available, **self._facts()}


def _rest(text: str, streamed: str) -> str:
    """What of a reply is still to be shown after what was streamed; empty where nothing was."""
    lead = streamed.lstrip()
    lead = lead if text.startswith(lead) else lead.rstrip()
    return text[len(lead) :] if lead and text.startswith(lead) else ""


def _clipped(message: dict[str, Any]) -> dict[str, Any]:
    return message | {"text": message.get("text", "")[:RECORDED_CHARACTERS]}


def _added(total: Usage, one: Usage) -> Usage:
    """Tokens and time of both; the speeds of the last that had any."""
    return Usage(
        prompt_tokens=total.prompt_tokens + one.prompt_tokens,
        cached_tokens=total.cached_tokens + one.cached_tokens,
        completion_tokens=total.completion_tokens + one.completion_tokens,
        prefill_tokens_per_s=one.prefill_tokens_per_s or total.prefill_tokens_per_s,
        decode_tokens_per_s=one.decode_tokens_per_s or total.decode_tokens_per_s,
        latency_ms=total.latency_ms + one.latency_ms,
    )
