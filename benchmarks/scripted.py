"""A student for the benchmarks: it says what it is told to, and keeps nothing of what it is shown."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence

from tools.calls import ToolCall
from tools.protocol.calls import ANSWER
from tools.protocol.messages import Conversation, Reading
from training.student.base import (
    ContextOverflow,
    Decision,
    Kind,
    OnText,
    Pointed,
    Stats,
    StudentInfo,
    Usage,
    Written,
)
from training.student.passages import Passage

CHARACTERS_PER_TOKEN = 4
Pieces = Callable[[], AsyncIterator[str]]


class ReadingStudent:
    """Fulfils ``Student``: where ``calls`` is set lists the files once a turn; answers with ``pieces``.

    ``on_piece`` is told each piece just before it is handed on.
    """

    def __init__(
        self,
        pieces: Pieces,
        *,
        calls: bool,
        on_piece: Callable[[str], None] = lambda piece: None,
        context_tokens: int = 8192,
    ) -> None:
        self._pieces = pieces
        self._calls = calls
        self._on_piece = on_piece
        self._context_tokens = context_tokens
        self._made = 0

    async def start(self) -> StudentInfo:
        return StudentInfo(model="scripted", context_tokens=self._context_tokens)

    async def adapt(self, adapter: str) -> StudentInfo:
        return await self.start()

    def stats(self) -> Stats:
        return Stats()

    async def warm(self, conversation: Conversation, *, kind: Kind = "agent") -> None:
        return None

    async def decide(
        self,
        conversation: Conversation,
        *,
        allowed: Sequence[str] | None = None,
        on_text: OnText | None = None,
    ) -> Decision:
        """Raises ContextOverflow as a real window of that size would."""
        size = sum(len(message.text) for message in conversation.messages) // CHARACTERS_PER_TOKEN
        if size > self._context_tokens:
            raise ContextOverflow(size, self._context_tokens)
        asked = conversation.messages[-1].role == "user"
        if self._calls and asked and (allowed is None or list(allowed) != [ANSWER]):
            self._made += 1
            return Decision(calls=(ToolCall(f"call_{self._made}", "list_files", {}),), confidence=0.9)
        text = await self._write(on_text)
        return Decision(answer=text, confidence=0.9, usage=Usage(prompt_tokens=size, completion_tokens=1))

    async def answer(
        self,
        conversation: Conversation,
        *,
        kind: Kind = "agent",
        limit: int = 0,
        on_text: OnText | None = None,
    ) -> Written:
        return Written(await self._write(on_text))

    async def _write(self, on_text: OnText | None) -> str:
        text = ""
        async for piece in self._pieces():
            text += piece
            self._on_piece(piece)
            if on_text:
                on_text(piece)
        return text

    async def read(self, reading: Reading, question: str, passages: Sequence[Passage]) -> Pointed:
        raise NotImplementedError

    async def count(self, texts: Sequence[str]) -> list[int]:
        return [len(text) // CHARACTERS_PER_TOKEN for text in texts]

    async def cancel(self) -> None:
        await asyncio.sleep(0)

    async def close(self) -> None:
        return None
