"""Output of a call, kept within a budget while it arrives.

Invariant: memory is bounded by the budget however much arrives and however long a line is. Covered: binary
and split UTF-8 (replaced, never raised). Not covered: control sequences, which the screen makes inert.
"""

import codecs
from collections.abc import Callable

_MARK_BYTES = 64


class CappedOutput:
    """Keeps the head and the tail of a byte stream, as text.

    ``limit`` is in bytes of UTF-8 and holds for the whole of ``text``, the line between head and tail
    included. ``on_output`` is called with what arrives, until ``limit`` bytes were passed on.
    """

    def __init__(self, limit: int, on_output: Callable[[str], None] | None = None) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._limit = limit
        self._on_output = on_output
        self._whole = bytearray()
        self._tail = bytearray()
        self._seen = 0

    @property
    def truncated(self) -> bool:
        """Whether ``text`` is not the whole of what arrived."""
        return self._seen > self._limit

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes as they arrive."""
        self._add(self._decoder.decode(chunk))

    def note(self, line: str) -> None:
        """Add a line of the sandbox's own, such as why it stopped the call."""
        before = "" if not self._seen or self.text().endswith("\n") else "\n"
        self._add(f"{before}[{line}]\n")

    def finish(self) -> str:
        """The text, after a character that was cut off at the end has been replaced."""
        self._add(self._decoder.decode(b"", final=True))
        return self.text()

    def text(self) -> str:
        """What is kept so far, at most ``limit`` bytes."""
        if not self.truncated:
            return self._whole.decode()
        head_bytes, tail_bytes = self._shares()
        head = self._whole[:head_bytes].decode(errors="ignore")
        tail = self._tail[-tail_bytes:].decode(errors="ignore") if tail_bytes else ""
        left_out = self._seen - len(head.encode()) - len(tail.encode())
        return f"{head}\n[... {left_out} bytes left out ...]\n{tail}"

    def _add(self, text: str) -> None:
        data = text.encode()
        if not data:
            return
        room = self._limit - self._seen
        self._seen += len(data)
        if room > 0:
            self._whole += data[:room]
            if self._on_output is not None:
                self._on_output(data[:room].decode(errors="ignore"))
        self._tail += data[-self._limit :]
        if len(self._tail) > 2 * self._limit:
            del self._tail[: -self._limit]

    def _shares(self) -> tuple[int, int]:
        """Bytes of head and of tail, so that both and the line between them fit."""
        room = max(0, self._limit - _MARK_BYTES)
        return room - room // 2, room // 2
