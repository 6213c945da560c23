"""Server-sent events, and the reply that their deltas add up to.

Invariant: bytes may be split anywhere, also inside a character or between CR and LF, without changing
the result, and each is looked at once, however long its line is. Deltas are foreign data: a field of another
type than expected is passed over, and so are calls beyond ``MOST_CALLS``.
"""

import codecs
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

MOST_CALLS = 128


class EventDecoder:
    """Bytes in, the data of whole events out. Comments and other fields are passed over."""

    def __init__(self) -> None:
        self._characters = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._rest: list[str] = []
        self._waits = False
        self._data: list[str] = []

    def feed(self, chunk: bytes) -> list[str]:
        """The events that end in ``chunk``."""
        return self._take(self._characters.decode(chunk), final=False)

    def end(self) -> list[str]:
        """The event that was left open where the stream ended."""
        return self._take(self._characters.decode(b"", final=True) + "\n\n", final=True)

    def _take(self, text: str, *, final: bool) -> list[str]:
        self._rest.append(text)
        if not (final or self._waits or "\n" in text or "\r" in text):
            return []
        text = "".join(self._rest)
        held = "\r" if text.endswith("\r") and not final else ""
        text = text.removesuffix(held) if held else text
        *lines, rest = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        self._rest, self._waits = [rest + held], bool(held)
        return [event for line in lines if (event := self._line(line)) is not None]

    def _line(self, line: str) -> str | None:
        if line:
            name, _, value = line.partition(":")
            if name == "data":
                self._data.append(value.removeprefix(" "))
            return None
        event, self._data = "\n".join(self._data), []
        return event or None


@dataclass
class Proposed:
    """A call as it was proposed: ``arguments`` is JSON text, not checked yet."""

    id: str = ""
    name: str = ""
    arguments: str = ""


@dataclass
class Reply:
    """What one request brought. ``on_text`` gets each piece of ``text`` as it comes."""

    on_text: Callable[[str], None]
    text: str = ""
    reasoning: str = ""
    finish: str = ""
    usage: dict[str, Any] = field(default_factory=dict)
    _calls: dict[int, Proposed] = field(default_factory=dict)
    _last: int = -1

    @property
    def calls(self) -> list[Proposed]:
        """In the order of their indexes."""
        return [call for _, call in sorted(self._calls.items()) if call.name or call.arguments]

    def take(self, event: Any) -> None:
        """Add one event: a chunk of a stream, or a whole completion."""
        event = _object(event)
        self.usage = _object(event.get("usage")) or self.usage
        choices = event.get("choices")
        choice = _object(choices[0]) if isinstance(choices, list) and choices else {}
        delta = _object(choice.get("delta")) or _object(choice.get("message"))
        self.reasoning += _text(delta.get("reasoning_content")) or _text(delta.get("reasoning"))
        if text := _text(delta.get("content")) or _text(delta.get("refusal")):
            self.text += text
            self.on_text(text)
        calls = delta.get("tool_calls")
        for call in calls if isinstance(calls, list) else ():
            self._add(_object(call))
        self.finish = _text(choice.get("finish_reason")) or self.finish

    def _add(self, delta: dict[str, Any]) -> None:
        function = _object(delta.get("function"))
        name, call_id = _text(function.get("name")), _text(delta.get("id"))
        slot = self._slot(delta.get("index"), call_id, name)
        if slot not in self._calls and len(self._calls) >= MOST_CALLS:
            return
        self._last = slot
        call = self._calls.setdefault(self._last, Proposed())
        call.id = call.id or call_id
        if name != call.name:
            call.name += name
        arguments = function.get("arguments")
        if isinstance(arguments, dict):
            # Some servers send an object where the protocol has its text.
            arguments = json.dumps(arguments)
        call.arguments += _text(arguments)

    def _slot(self, index: object, call_id: str, name: str) -> int:
        """Which call a delta belongs to. A new id under an index that is taken begins a call, and so does
        a name without an index; whatever names nothing goes on with the last one."""
        following = max(self._calls, default=-1) + 1
        if isinstance(index, int) and not isinstance(index, bool):
            taken = self._calls.get(index)
            other = taken and call_id and taken.id and call_id != taken.id
            if not other:
                return index
            same = [slot for slot, call in self._calls.items() if call.id == call_id]
            return same[0] if same else following
        if call_id:
            same = [slot for slot, call in self._calls.items() if call.id == call_id]
            return same[0] if same else following
        return following if name or self._last < 0 else self._last


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    """A string, or the strings of a list of parts."""
    if isinstance(value, list):
        return "".join(_text(_object(part).get("text")) for part in value)
    return value if isinstance(value, str) else ""
