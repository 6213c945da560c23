"""A session's messages as the student is shown them.

Invariant: a message is shown the same way every time, so that what was evaluated of a prompt stays valid;
only a compaction, of which the session has a record, changes what stands for older messages.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.agent.observations import cut, is_result
from assistant.agent.sessions import Session
from assistant.agent.sizes import Sizes
from tools.calls import ToolCall
from tools.protocol.messages import Message

TOLERANCE = 1.15
"""A result this little over its budget is shown whole: cutting would cost as much as it saves."""


@dataclass(frozen=True)
class Shortened:
    """A result that was cut: its place in the session, its tool, and its tokens as shown and whole."""

    index: int
    tool: str
    shown: int
    whole: int


class View:
    """Shows ``session`` with results of at most ``most`` tokens; 0 for any."""

    def __init__(self, session: Session, sizes: Sizes, most: int = 0) -> None:
        self._session = session
        self._sizes = sizes
        self._most = most
        self._cut: dict[tuple[str, str], Message] = {}

    async def measure(self) -> list[Shortened]:
        """Size what is shown, and cut what is too long; what was cut now. Raises StudentError."""
        compaction = self._session.compaction
        first = compaction.recapped if compaction else 0
        messages = self._session.messages[first:]
        await self._sizes.learn_messages([*messages, *(compaction.messages if compaction else ())])
        keys = {_key(message) for message in messages if is_result(message)}
        self._cut = {key: shorter for key, shorter in self._cut.items() if key in keys}
        calls: dict[str, ToolCall] = {}
        made = []
        for index, message in enumerate(messages, first):
            calls |= {call.id: call for call in message.calls}
            if self._too_long(message) and _key(message) not in self._cut:
                shorter = await self._shorter(message, calls.get(message.call_id))
                shown, whole = self._sizes.text(shorter.text), self._sizes.text(message.text)
                made.append(Shortened(index, message.tool, shown, whole))
        return made

    def _too_long(self, message: Message) -> bool:
        most = self._most * TOLERANCE
        return bool(most) and is_result(message) and self._sizes.text(message.text) > most

    async def _shorter(self, message: Message, call: ToolCall | None) -> Message:
        shorter = cut(message, self._sizes.characters(message.text, self._most), call)
        await self._sizes.learn_messages([shorter])
        self._cut[_key(message)] = shorter
        return shorter

    def messages(self) -> list[Message]:
        """What the student sees of the session."""
        compaction = self._session.compaction
        if compaction is None:
            return self.whole()
        return [*compaction.messages, *map(self._as_shown, self._session.messages[compaction.upto :])]

    def whole(self) -> list[Message]:
        """All messages of the session, those that are not in the recap as they were shown when new."""
        return [self._as_shown(message) for message in self._session.messages]

    def size(self) -> int:
        """The tokens of what is shown; of what was measured."""
        return self._sizes.messages(self.messages())

    def by_part(self) -> dict[str, int]:
        """The tokens of the recap, of the person's words, of results and of what the student said."""
        parts = dict.fromkeys(("recap", "requests", "results", "student"), 0)
        messages: Sequence[Message] = self.messages()
        compaction = self._session.compaction
        recap = 0 if compaction is None or not compaction.recapped else _recap_at(messages)
        for index, message in enumerate(messages):
            said = "results" if is_result(message) else "requests" if message.role == "user" else "student"
            parts["recap" if index == recap and said == "student" else said] += self._sizes.message(message)
        return parts

    def _as_shown(self, message: Message) -> Message:
        return self._cut.get(_key(message), message)


def _recap_at(messages: Sequence[Message]) -> int:
    """Where the recap stands: behind the person's words."""
    return next((index for index, message in enumerate(messages) if message.role == "assistant"), 0)


def _key(message: Message) -> tuple[str, str]:
    return message.call_id, message.text
