"""Turns the steps of a turn into blocks of the transcript. It draws; it decides nothing."""

from typing import TYPE_CHECKING

from assistant.agent.facts.record import Facts
from assistant.agent.facts.summary import quiet_line
from assistant.agent.steps import (
    Answer,
    Call,
    Confirmation,
    Failure,
    Notice,
    Observation,
    Progress,
    Step,
    TextDelta,
    Thought,
)
from assistant.tui.widgets.activity import Activity
from assistant.tui.widgets.call_block import CallBlock
from assistant.tui.widgets.transcript import Transcript

if TYPE_CHECKING:
    from assistant.tui.widgets.answer_block import AnswerBlock

ESC_HINT = "Esc interrupts"


class TurnView:
    """Lives for one turn. ``last_call`` is the block that Ctrl+O opens."""

    def __init__(self, transcript: Transcript, activity: Activity) -> None:
        self.last_call: CallBlock | None = None
        self._transcript = transcript
        self._activity = activity
        self._calls: dict[str, CallBlock] = {}
        self._answer: AnswerBlock | None = None

    async def show(self, step: Step) -> None:
        """Draw one step."""
        match step:
            case TextDelta(text):
                await self._stream(text)
            case Thought(text):
                await self._thought(text)
            case Call():
                await self._call(step)
            case Confirmation():
                await self._waits(step)
            case Progress(call_id, text):
                if call_id in self._calls:
                    self._calls[call_id].show_progress(text)
            case Observation():
                await self._observed(step)
            case Answer():
                await self._answered(step)
            case Notice(text):
                await self._transcript.add_notice(text)
            case Failure(text, cancelled):
                await self.end()
                await self._transcript.add_notice(text, "notice" if cancelled else "failure")
                await self._facts(step.facts)

    def replied(self, call_id: str) -> None:
        """The person has answered what was asked of a call."""
        if call_id in self._calls:
            self._calls[call_id].show_running()

    async def end(self) -> None:
        """The turn is over: what was streamed is drawn to its end, and no call waits or runs."""
        await self.settle()
        for block in self._calls.values():
            block.show_broken_off()

    async def settle(self) -> None:
        """What was streamed is drawn to its end."""
        if self._answer is not None:
            await self._answer.finish("")
            self._answer = None

    async def _stream(self, text: str) -> None:
        if self._answer is None:
            self._answer = await self._transcript.add_answer()
            self._activity.work("answering", ESC_HINT)
        self._answer.append(text)

    async def _thought(self, text: str) -> None:
        """What was streamed and turned out to be said before a call is drawn as the thought that it is."""
        if self._answer is not None and text.endswith(self._answer.text.strip()):
            await self._answer.remove()
            self._answer = None
        await self._transcript.add_notice(text, "thought")

    async def _call(self, step: Call) -> None:
        await self.settle()
        block = CallBlock.of(step)
        self._calls[step.call.id] = self.last_call = block
        await self._transcript.add(block)
        self._activity.work(f"running {step.call.tool}", ESC_HINT)

    async def _waits(self, step: Confirmation) -> None:
        block = self._calls.get(step.call.id)
        if block is None:
            block = CallBlock(step.call)
            self._calls[step.call.id] = self.last_call = block
            await self._transcript.add(block)
        block.show_waiting()
        self._activity.rest()

    async def _observed(self, step: Observation) -> None:
        block = self._calls.get(step.call.id)
        if block is None:
            block = CallBlock(step.call)
            self._calls[step.call.id] = self.last_call = block
            await self._transcript.add(block)
        block.show_observation(step)
        self._activity.work("deciding", ESC_HINT)

    async def _answered(self, step: Answer) -> None:
        if self._answer is None:
            self._answer = await self._transcript.add_answer()
        await self._answer.finish(step.text)
        self._answer = None
        if step.cut:
            await self._transcript.add_notice(
                "The answer ends at the token limit: ask to go on, or raise answer_tokens."
            )
        await self._facts(step.facts)

    async def _facts(self, facts: Facts) -> None:
        if line := quiet_line(facts):
            await self._transcript.add_notice(line, "facts")
