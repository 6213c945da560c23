"""The records of a session file, and what they add up to.

Invariant: the messages of a live session are what its records add up to, because both go through
``Transcript.apply``. A conversation is always valid: a call without an observation, left by a kill,
gets one that says so before anything else follows; it is never run again.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any
from zlib import crc32

from assistant.agent.facts.record import Facts
from tools.calls import ToolCall
from tools.protocol.messages import Message, message_from_dict, message_to_dict

SCHEMA = 1
"""Lines with a checksum are read by every program that reads lines without one, so the number stays."""
SUM = "crc"
INTERRUPTED = "interrupted: outcome unknown"
TITLE_CHARACTERS = 72
UNDO, REDO = "undo", "redo"
"""The ``tool`` of a user's message that says what was taken back, and what was brought back."""


class SessionError(Exception):
    """A session cannot be found, opened or written: one line, which, why, what to do."""


@dataclass(frozen=True)
class Compaction:
    """What the student is shown in place of the session's first ``upto`` messages, which all stay.

    ``messages`` begin with a recap of the first ``recapped`` of them; ``summary`` is what of it the student
    wrote. ``before`` and ``after`` are tokens of the whole prompt.
    """

    upto: int
    recapped: int
    messages: tuple[Message, ...]
    before: int
    after: int
    summary: str = ""
    focus: str = ""

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready object."""
        return {**asdict(self), "messages": [message_to_dict(message) for message in self.messages]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Compaction":
        """The inverse of ``to_dict``, among other keys. Raises KeyError, TypeError or ValueError."""
        known = {field.name: data[field.name] for field in fields(cls) if field.name in data}
        return cls(**{**known, "messages": tuple(to_message(one) for one in data["messages"])})


@dataclass
class Transcript:
    """What a session says. ``created`` and ``updated`` are UTC in ISO 8601; ``turns`` counts requests.

    ``compaction`` is the last one; forgetting messages that it covers takes it back. ``compactions`` counts.
    """

    id: str
    workspace: str
    created: str
    once: bool = False
    """True where ``-p`` made it, and nothing else wrote to it since."""
    title: str = ""
    updated: str = ""
    messages: list[Message] = field(default_factory=list)
    compaction: Compaction | None = None
    compactions: int = 0
    facts: dict[int, Facts] = field(default_factory=dict)
    """What the host recorded of each turn, by the place of its request."""

    @property
    def turns(self) -> int:
        return sum(message.role == "user" for message in self.messages)

    def apply(self, record: Mapping[str, Any]) -> bool:
        """Add one record; False where its kind is unknown. Raises KeyError, TypeError or ValueError."""
        kind = record["kind"]
        if kind == "message":
            self._add(to_message(record["message"]))
        elif kind == "truncate":
            del self.messages[max(0, int(record["keep"])) :]
            self.facts = {index: one for index, one in self.facts.items() if index < len(self.messages)}
            if self.compaction and self.compaction.upto > len(self.messages):
                self.compaction = None
        elif kind == "facts":
            self.facts[int(record["index"])] = Facts.from_dict(record["facts"])
        elif kind == "compact":
            self.close_calls()
            self._compact(Compaction.from_dict(record))
        elif kind != "title":
            return False
        self.once = self.once and bool(record.get("once"))
        self.title = str(record["title"])
        self.updated = str(record["at"])
        return True

    def _compact(self, compaction: Compaction) -> None:
        if not 0 <= compaction.recapped <= compaction.upto <= len(self.messages):
            raise ValueError("a compaction of messages that are not there")
        self.compaction = compaction
        self.compactions += 1

    def close_calls(self) -> None:
        """Give each call that has no observation one that says that its outcome is unknown."""
        for call in self._open_calls():
            self.messages.append(Message("tool", INTERRUPTED, call_id=call.id, tool=call.tool, failed=True))

    def _add(self, message: Message) -> None:
        if message.role != "tool":
            self.close_calls()
        self.messages.append(message)

    def _open_calls(self) -> list[ToolCall]:
        answered: set[str] = set()
        for message in reversed(self.messages):
            if message.role == "tool":
                answered.add(message.call_id)
            else:
                return [call for call in message.calls if call.id not in answered]
        return []


_SUMMED = re.compile(rb',"' + SUM.encode() + rb'":"([0-9a-f]{8})"\}$')


def encode(record: Mapping[str, Any]) -> bytes:
    """One line, its checksum last. ASCII, so that a lone surrogate or a NUL cannot break the file.

    Raises SessionError.
    """
    try:
        content = json.dumps(record, ensure_ascii=True, separators=(",", ":")).encode("ascii")
        return b'%s,"%s":"%08x"}\n' % (content[:-1], SUM.encode(), crc32(content))
    except (TypeError, ValueError, RecursionError) as error:
        raise SessionError(f"this message cannot be kept: {error}") from error


def decode(line: bytes) -> dict[str, Any] | None:
    """A record, or None where ``line`` is damaged. Lines from before there were checksums have none."""
    if (summed := _SUMMED.search(line)) and int(summed[1], 16) != crc32(line[: summed.start()] + b"}"):
        return None
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if isinstance(record, dict) and SUM in record and not summed:
        return None
    return record if isinstance(record, dict) and isinstance(record.get("kind"), str) else None


def to_message(data: Mapping[str, Any]) -> Message:
    """Raises KeyError, TypeError or ValueError where ``data`` is no message."""
    if data["role"] not in {"user", "assistant", "tool"}:
        raise ValueError(f"unknown role {data['role']!r}")
    return message_from_dict(data)


def title_of(request: str) -> str:
    """A title for a session that starts with ``request``: its first line, cut."""
    words = " ".join(next((line for line in request.splitlines() if line.strip()), "").split())
    return words if len(words) <= TITLE_CHARACTERS else words[: TITLE_CHARACTERS - 1] + "…"
