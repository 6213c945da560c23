"""The head: how far the journal was acknowledged, in a small file beside it.

Invariant: it is written after the journal's sync, so it never says more than the journal holds. A journal
that holds less has lost events; an end beyond the head was never acknowledged and may be torn.
"""

from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from training.events.codec import FIRST_PREVIOUS
from training.events.files import JournalFile, OpenFile, made

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

    def __init__(self, path: Path, writable: bool, open_file: OpenFile = JournalFile) -> None:
        self.path = path
        self._file = open_file(made(path) if writable else path, writable, True)

    def read(self) -> Head | None:
        """The head, or None where the file is new or does not prove whole."""
        text, _, proof = self.raw().rstrip().rpartition(b" ")
        if not text or _proof(text) != proof:
            return None
        end, sequence, digest, *place = text.split(b" ")
        return Head(int(end), int(sequence), digest, *map(int, place))

    def raw(self) -> bytes:
        """The bytes as they are: other ones than before mean that something was appended."""
        return self._file.read_at(0, _WIDTH)

    def is_new(self) -> bool:
        return self._file.size() == 0

    def write(self, head: Head) -> bytes:
        """Overwrite the head; returns its bytes. Raises OSError."""
        text = b"%d %d %b %d %d" % (head.end, head.sequence, head.digest, head.segment, head.generation)
        content = (text + b" " + _proof(text)).ljust(_WIDTH - 1) + b"\n"
        self._file.write_at(0, content)
        return content

    def close(self) -> None:
        self._file.close()


def _proof(text: bytes) -> bytes:
    return blake2b(text, digest_size=8).hexdigest().encode()
