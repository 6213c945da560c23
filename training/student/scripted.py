"""A student that follows a script: for tests, demonstrations and the evaluation of the loop itself."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from tools.calls import ToolCall
from tools.protocol.calls import ANSWER
from tools.protocol.messages import Conversation, Reading
from training.student.base import (
    Decision,
    Kind,
    OnText,
    Pointed,
    Stats,
    StudentError,
    StudentInfo,
    Usage,
    Written,
)
from training.student.passages import Passage
from training.student.tally import Tally

Rule = Callable[[Conversation], Decision]


def call(tool: str, /, *, thought: str = "", confidence: float = 0.9, **arguments: object) -> Decision:
    """A decision for one call."""
    return Decision(calls=(ToolCall("", tool, dict(arguments)),), thought=thought, confidence=confidence)


def reads(confidence: float = 0.9) -> Decision:
    """A decision to answer from the results before it, as the script's next reading says."""
    return Decision(reads=True, confidence=confidence)


def answer(text: str, *, thought: str = "", confidence: float = 0.9) -> Decision:
    """A decision to answer."""
    return Decision(answer=text, thought=thought, confidence=confidence)


class ScriptedStudent:
    """Fulfils ``Student``. The script is a list of decisions made in turn, or a rule over the conversation.

    Answers stream word by word, ``delay_s`` apart. Calls get ids of their own. Where ``answer`` is all
    that is allowed, the script is not consulted and ``closing`` is the reply. ``texts`` is what it writes
    by kind; ``closing`` where that says nothing. ``readings`` are how it reads results, in turn;
    ``read_of`` has the questions and the passages that it was given.
    """

    def __init__(
        self,
        script: Iterable[Decision] | Rule,
        *,
        delay_s: float = 0.0,
        context_tokens: int = 8192,
        closing: str = "I could not find out more.",
        texts: Mapping[Kind, str] | None = None,
        readings: Iterable[Pointed] = (),
    ) -> None:
        self._rule = script if callable(script) else None
        self._decisions = [] if callable(script) else list(script)
        self._delay_s = delay_s
        self._context_tokens = context_tokens
        self._closing = closing
        self._texts = dict(texts or {})
        self._readings = list(readings)
        self.read_of: list[tuple[str, tuple[Passage, ...]]] = []
        self._calls = 0
        self._adapter = ""
        self._tally = Tally()
        self._cancelled = asyncio.Event()
        self.conversations: list[Conversation] = []

    async def start(self) -> StudentInfo:
        return StudentInfo("scripted", self._adapter, self._context_tokens)

    async def adapt(self, adapter: str) -> StudentInfo:
        self._adapter = adapter
        return await self.start()

    async def warm(self, conversation: Conversation, *, kind: Kind = "agent") -> None:
        return None

    async def decide(
        self,
        conversation: Conversation,
        *,
        allowed: Sequence[str] | None = None,
        on_text: OnText | None = None,
    ) -> Decision:
        self._cancelled.clear()
        self.conversations.append(conversation)
        started = time.perf_counter()
        only_answer = allowed is not None and list(allowed) == [ANSWER]
        decision = answer(self._closing) if only_answer else self._next(conversation)
        words = 0 if decision.calls else await self._write(decision.answer, on_text)
        calls = tuple(replace(one, id=one.id or self._new_id()) for one in decision.calls)
        return replace(decision, calls=calls, usage=self._used(conversation, words, started))

    async def answer(
        self,
        conversation: Conversation,
        *,
        kind: Kind = "agent",
        limit: int = 0,
        on_text: OnText | None = None,
    ) -> Written:
        self._cancelled.clear()
        self.conversations.append(conversation)
        started = time.perf_counter()
        whole = self._texts.get(kind, self._closing).split(" ")
        text = " ".join(whole[: limit or len(whole)])
        words = await self._write(text, on_text)
        return Written(text, self._used(conversation, words, started), cut=words < len(whole))

    async def read(self, reading: Reading, question: str, passages: Sequence[Passage]) -> Pointed:
        self.read_of.append((question, tuple(passages)))
        if not self._readings:
            raise StudentError("the script has no further reading")
        return self._readings.pop(0)

    async def _write(self, text: str, on_text: OnText | None) -> int:
        """Stream ``text``; how many words it has."""
        words = text.split(" ")
        for index, word in enumerate(words):
            await self._pause()
            if on_text:
                on_text(f" {word}" if index else word)
        return len(words)

    def _next(self, conversation: Conversation) -> Decision:
        if self._rule:
            return self._rule(conversation)
        if not self._decisions:
            raise StudentError("the script has no further decision")
        return self._decisions.pop(0)

    async def _pause(self) -> None:
        """Wait between two words. Raises CancelledError once cancelled."""
        try:
            await asyncio.wait_for(self._cancelled.wait(), self._delay_s or 1e-4)
        except TimeoutError:
            return
        raise asyncio.CancelledError

    def _new_id(self) -> str:
        self._calls += 1
        return f"call_{self._calls}"

    def _used(self, conversation: Conversation, words: int, started: float) -> Usage:
        """What it took, and count it. Words stand for tokens."""
        usage = Usage(
            prompt_tokens=sum(len(message.text.split()) + 1 for message in conversation.messages),
            completion_tokens=max(words, 1),
            latency_ms=(time.perf_counter() - started) * 1000,
        )
        self._tally.add(usage)
        return usage

    def stats(self) -> Stats:
        return self._tally.stats()

    async def count(self, texts: Sequence[str]) -> list[int]:
        """Words stand for tokens."""
        return [len(text.split()) for text in texts]

    async def cancel(self) -> None:
        self._cancelled.set()

    async def close(self) -> None:
        return None
