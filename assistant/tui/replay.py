"""The session's messages as entries of the transcript, page by page. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assistant.agent.facts.record import Facts
from assistant.agent.facts.summary import quiet_line
from assistant.agent.marks import Mark, Marks, marks_at
from assistant.agent.session_records import REDO, UNDO
from tools.calls import ToolCall
from tools.protocol.messages import Message

PAGE = 40
LONGEST_TURN = 200


@dataclass(frozen=True)
class UserEntry:
    text: str
    index: int


@dataclass(frozen=True)
class CallEntry:
    """A call and its observation; None where the session ended before there was one.

    ``mark`` is None where the log knows nothing of it.
    """

    call: ToolCall
    observation: str | None
    failed: bool = False
    mark: Mark | None = None


@dataclass(frozen=True)
class AnswerEntry:
    text: str


@dataclass(frozen=True)
class FactsEntry:
    """What the host recorded of the turn that ends here, on one line."""

    text: str


@dataclass(frozen=True)
class NoteEntry:
    """What the user did beside asking: took changes back, or brought them back."""

    text: str


Entry = UserEntry | CallEntry | AnswerEntry | FactsEntry | NoteEntry


def page_start(messages: Sequence[Message], end: int, page: int = PAGE) -> int:
    """Where the page before ``end`` begins: at a request, so that no turn is cut."""
    start = max(0, min(end, len(messages)) - page)
    for index in range(start, max(-1, start - LONGEST_TURN), -1):
        if index < len(messages) and messages[index].role == "user":
            return index
    return start


def entries(
    messages: Sequence[Message],
    start: int,
    end: int,
    facts: Mapping[int, Facts] | None = None,
    marks: Marks | None = None,
) -> list[Entry]:
    """What to show of ``messages[start:end]``, in order; ``facts`` by the place of each turn's request."""
    chosen = messages[start:end]
    seen = {message.call_id: message for message in chosen if message.role == "tool"}
    shown: list[Entry] = []
    request = -1
    for index, message in enumerate(chosen, start):
        if message.role == "user":
            request = index
            own = message.tool in (UNDO, REDO)
            shown.append(NoteEntry(message.text) if own else UserEntry(message.text, index))
        elif message.role == "assistant":
            for call, mark in zip(message.calls, marks_at(marks or {}, index, message.calls), strict=True):
                result = seen.get(call.id)
                failed = result is not None and result.failed
                shown.append(CallEntry(call, result.text if result else None, failed, mark))
            if message.text:
                shown.append(AnswerEntry(message.text))
        over = index + 1 == len(messages) or messages[index + 1].role == "user"
        if over and facts and (line := quiet_line(facts.get(request, Facts()))):
            shown.append(FactsEntry(line))
    return shown
