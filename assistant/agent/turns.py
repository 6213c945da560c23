"""A conversation as turns.

Invariant: the turns hold all messages in order; a turn begins with what the person said, and a group is
one decision of the student with the results of its calls.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from assistant.agent.observations import is_result
from tools.calls import ToolCall
from tools.protocol.messages import Message


@dataclass(frozen=True)
class Turn:
    """What the person said, in one message or several, and what followed until they spoke again."""

    messages: tuple[Message, ...]

    @cached_property
    def spoken(self) -> tuple[Message, ...]:
        """The person's messages: requests, and commands of their own with their output."""
        return tuple(message for message in self.messages if message.role == "user")

    @property
    def requests(self) -> list[str]:
        """The person's own words."""
        return [message.text for message in self.spoken if not is_result(message)]

    @cached_property
    def groups(self) -> list[tuple[Message, ...]]:
        """Each message of the student, with the results of its calls."""
        found: list[list[Message]] = []
        for message in self.messages[len(self.spoken) :]:
            if message.role == "assistant" or not found:
                found.append([])
            found[-1].append(message)
        return [tuple(group) for group in found]

    def acts(self) -> Iterator[tuple[ToolCall, Message]]:
        """Each call with its result; a call without one is under way and left out."""
        results = {message.call_id: message for message in self.messages if message.role == "tool"}
        for message in self.messages:
            for call in message.calls:
                if call.id in results:
                    yield call, results[call.id]

    @property
    def answer(self) -> str:
        """The last thing that the student said to the person, or empty."""
        return next((m.text for m in reversed(self.messages) if m.role == "assistant" and m.text), "")


def split(messages: Sequence[Message]) -> list[Turn]:
    """The turns of ``messages``; what comes before the first request is a turn of its own."""
    turns: list[list[Message]] = []
    before = ""
    for message in messages:
        if not turns or (message.role == "user" and before != "user"):
            turns.append([])
        turns[-1].append(message)
        before = message.role
    return [Turn(tuple(turn)) for turn in turns]
