"""Sizes in the student's own tokens.

Invariant: each text is counted once, by the student that serves; what was not counted yet has no size.
"""

import hashlib
from collections.abc import Awaitable, Callable, Iterable, Sequence

from tools.protocol.calls import write_turn
from tools.protocol.messages import Message

TURN_TOKENS = 6
"""What a chat template puts around one turn, at most about."""

REMEMBERED = 4096
"""Messages whose size is found without rendering them again."""

Count = Callable[[Sequence[str]], Awaitable[list[int]]]


def text_of(message: Message) -> str:
    """What the student reads of a message."""
    if message.role == "assistant":
        return write_turn(message.calls, message.text, message.thought)
    return message.text


class Sizes:
    """A book of sizes. ``learn`` asks the student; the rest only looks up, and raises KeyError."""

    def __init__(self, count: Count) -> None:
        self._count = count
        self._known: dict[bytes, int] = {_key(""): 0}
        self._messages: dict[int, tuple[Message, int]] = {}

    async def learn(self, texts: Iterable[str]) -> None:
        """Count what is not known yet. Raises StudentError."""
        unknown = {key: text for text in texts if (key := _key(text)) not in self._known}
        if unknown:
            self._known.update(zip(unknown, await self._count(list(unknown.values())), strict=True))

    async def learn_messages(self, messages: Iterable[Message]) -> None:
        """Count the texts of ``messages``. Raises StudentError."""
        await self.learn(text_of(message) for message in messages if id(message) not in self._messages)

    def text(self, text: str) -> int:
        """The tokens of ``text``."""
        return self._known[_key(text)]

    def message(self, message: Message) -> int:
        """The tokens of ``message`` as a turn."""
        found = self._messages.get(id(message))
        if found is None:
            if len(self._messages) >= REMEMBERED:
                self._messages.clear()
            # The message is kept with its size, so that its id is nobody else's.
            found = self._messages[id(message)] = message, self.text(text_of(message)) + TURN_TOKENS
        return found[1]

    def messages(self, messages: Iterable[Message]) -> int:
        """The tokens of ``messages``, a turn each."""
        return sum(self.message(message) for message in messages)

    def characters(self, text: str, tokens: int) -> int:
        """About how many characters of ``text`` have ``tokens`` tokens."""
        return len(text) * tokens // max(self.text(text), 1)


def _key(text: str) -> bytes:
    """Short, so that a long session's texts are not held a second time."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
