"""What the bytes of a journal are: records, damage, or the torn end of an append that never finished.

Invariant: every byte is accounted for. Bytes that were acknowledged are never called torn, so they are
never cut off; a whole record is never thrown away because its neighbour is damaged.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from training.events.codec import Record, decode

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Piece:
    """One line of the journal, its newline counted; ``record`` is None where the line is not whole."""

    offset: int
    length: int
    record: Record | None

    @property
    def end(self) -> int:
        return self.offset + self.length


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes that are no record, and the sequences ``first``..``last`` lost with it (none if last < first)."""

    offset: int
    length: int
    first: int
    last: int
    reason: str = "cannot be read"

    @property
    def events(self) -> str:
        """The events it concerns, in words."""
        if self.last < self.first:
            return "no event"
        return f"event {self.first}" if self.last == self.first else f"events {self.first} to {self.last}"

    def describe(self) -> str:
        return f"{self.length} bytes at {self.offset} ({self.events}): {self.reason}"


@dataclass(frozen=True)
class Verification:
    """What a walk over the whole log found. ``damages`` is empty where every record proved whole."""

    events: int
    damages: tuple[Damage, ...]
    notices: tuple[str, ...]


class Readable(Protocol):
    """A segment's records, plain or compressed."""

    def size(self) -> int: ...

    def read_at(self, offset: int, length: int) -> bytes: ...

    def close(self) -> None: ...


def pieces(file: Readable, start: int, end: int) -> Iterator[Piece]:
    """The lines from ``start`` to ``end``; blank ones are no pieces."""
    rest, offset = b"", start
    position = start
    while position < end:
        chunk = file.read_at(position, min(_CHUNK, end - position))
        if not chunk:
            break
        position += len(chunk)
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            if line:
                yield Piece(offset, len(line) + 1, decode(line))
            offset += len(line) + 1
    if rest:
        yield Piece(offset, len(rest), None)


def settle(found: Iterable[Piece], acknowledged: int, sequence: int) -> Iterator[tuple[Piece, bool]]:
    """Each piece, and whether it is torn: part of a last batch that is incomplete and was never acknowledged.

    ``acknowledged`` is the byte, and ``sequence`` the event, up to which all was: a piece that begins before
    the one, or that is at most the other, is not torn, wherever bytes that were put in have moved it.
    """
    batch: list[Piece] = []
    for piece in found:
        if batch and (_complete(batch) or (piece.record is not None and piece.record.index == 0)):
            yield from ((member, False) for member in batch)
            batch = []
        batch.append(piece)
    known = 0 if not _complete(batch) else len(batch)
    for place, piece in enumerate(batch, 1):
        if piece.offset < acknowledged or (piece.record and piece.record.sequence <= sequence):
            known = max(known, place)
    yield from ((member, place >= known) for place, member in enumerate(batch))


def _complete(batch: list[Piece]) -> bool:
    last = batch[-1].record if batch else None
    if last is None or last.index + 1 != last.count or len(batch) != last.count:
        return False
    return all(piece.record is not None and piece.record.index == place for place, piece in enumerate(batch))
