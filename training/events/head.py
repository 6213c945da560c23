"""The head: how far the journal was acknowledged, in a small file beside it.

Invariant: it is written after the journal's sync, so it never says more than the journal holds. A journal
that holds less has lost events; an end beyond the head was never acknowledged and may be torn.
"""

import os
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from training.events.codec import FIRST_PREVIOUS

_WIDTH = 128


@dataclass(frozen=True, slots=True)
class Head:
    """``end`` is a byte offset in ``segment``; ``sequence`` and ``digest`` are those of the last acknowledged
    record. ``generation`` counts how often older segments were rewritten.
    """

    end: int = 0
    sequence: int = 0
    digest: bytes = FIRST_PREVIOUS
    segment: int = 1
    generation: int = 0


class HeadFile:
    """Reads and overwrites the head in place: one small write, never longer."""

    def __init__(self, path: Path, writable: bool) -> None:
        access = os.O_RDWR | os.O_CREAT if writable else os.O_RDONLY
        self.path = path
        self._descriptor = os.open(path, access | os.O_CLOEXEC, 0o600)

    def read(self) -> Head | None:
        """The head, or None where the file is new or does not prove whole."""
        text, _, proof = self.raw().rstrip().rpartition(b" ")
        if not text or _proof(text) != proof:
            return None
        end, sequence, digest, *place = text.split(b" ")
        return Head(int(end), int(sequence), digest, *map(int, place))

    def raw(self) -> bytes:
        """The bytes as they are: other ones than before mean that something was appended."""
        return os.pread(self._descriptor, _WIDTH, 0)

    def is_new(self) -> bool:
        return os.fstat(self._descriptor).st_size == 0

    def write(self, head: Head) -> bytes:
        """Overwrite the head; returns its bytes."""
        text = b"%d %d %b %d %d" % (head.end, head.sequence, head.digest, head.segment, head.generation)
        content = (text + b" " + _proof(text)).ljust(_WIDTH - 1) + b"\n"
        os.pwrite(self._descriptor, content, 0)
        return content

    def close(self) -> None:
        os.close(self._descriptor)


def _proof(text: bytes) -> bytes:
    return blake2b(text, digest_size=8).hexdigest().encode()
