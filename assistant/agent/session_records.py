"""The records of a session file, and what they add up to.

Invariant: the messages of a live session are what its records add up to, because both go through
``Transcript.apply``. A conversation is always valid: a call without an observation, left by a kill,
gets one that says so before anything else follows; it is never run again.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tools.calls import ToolCall
from tools.protocol.messages import Message, message_from_dict

SCHEMA = 1
INTERRUPTED = "interrupted: outcome unknown"
TITLE_CHARACTERS = 72


class SessionError(Exception):
    """A session cannot be found, opened or written: one line, which, why, what to do."""


@dataclass
class Transcript:
    """What a session says. ``created`` and ``updated`` are UTC in ISO 8601; ``turns`` counts requests."""

    id: str
    workspace: str
    created: str
    title: str = ""
    updated: str = ""
    messages: list[Message] = field(default_factory=list)

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
        elif kind != "title":
            return False
        self.title = str(record["title"])
        self.updated = str(record["at"])
        return True

    def close_calls(self) -> None:
        """Give each call that has no observation one that says that its outcome is unknown."""
        for call in self._open_calls():
            self.messages.append(Message("tool", INTERRUPTED, call_id=call.id, tool=call.tool))

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


def encode(record: Mapping[str, Any]) -> bytes:
    """One line. ASCII, so that a lone surrogate or a NUL cannot break the file. Raises SessionError."""
    try:
        return json.dumps(record, ensure_ascii=True, separators=(",", ":")).encode("ascii") + b"\n"
    except (TypeError, ValueError, RecursionError) as error:
        raise SessionError(f"this message cannot be kept: {error}") from error


def decode(line: bytes) -> dict[str, Any] | None:
    """A record, or None where ``line`` is damaged."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
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
