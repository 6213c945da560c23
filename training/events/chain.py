"""What was read of the records so far: where the chain is, and what is missing from it.

Invariant: a record is told of once, in order; what is damaged, doubled, taken out or forged is noted, and its
bytes are kept.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from training.events.codec import FIRST_PREVIOUS, Record
from training.events.head import Head
from training.events.recovery import Damage, Piece

UNKNOWN = 2**63
OnRecord = Callable[[Mapping[str, Any], int, int, bool], None]
"""Told each event's document once, in order, its line's byte offset and length, whether it was pruned."""
Keep = Callable[[int, int], Path | None]
"""Keeps bytes of the segment being read, by offset and length; where they are kept."""
Again = Callable[[int], Iterator[Piece]]
"""Reads the lines of the segment once more, from an offset on."""


class Chain:
    """The end of what was read: ``sequence`` and ``digest`` of the last record."""

    def __init__(self, on_record: OnRecord) -> None:
        self.sequence = 0
        self.digest = FIRST_PREVIOUS
        self.damages: list[Damage] = []
        self.notices: list[str] = []
        self._on_record = on_record
        self._last: int | None = None
        self._displaced: set[int] | None = None

    def take(
        self,
        path: Path,
        settled: Iterator[tuple[Piece, bool]],
        known: Head,
        keep: Keep,
        formats: int,
        again: Again,
        last: int | None = None,
    ) -> int | None:
        """Accept whole records of segment ``known.segment``, note damage; the offset of a torn end, or None.

        ``last`` is that of the events of a segment that is sealed (``UNKNOWN`` where nothing tells); records
        above it belong elsewhere. Raises NewerFormat where the header says so.
        """
        self._last, self._displaced = last, None
        damaged: Piece | None = None
        torn: int | None = None
        for piece, is_torn in settled:
            if is_torn:
                torn = piece.offset
                break
            if piece.record is None:
                start = damaged.offset if damaged else piece.offset
                damaged = Piece(start, piece.end - start, None)
                continue
            if piece.offset == 0 and "format" in piece.record.document:
                self._begin(path, piece, piece.record, known.segment, formats, keep)
            else:
                self._accept(path, piece, piece.record, damaged, keep, again)
            damaged = None
        if damaged:
            lost = Damage(damaged.offset, damaged.length, self.sequence + 1, known.sequence)
            self._note(path, lost, keep)
        elif self.sequence < known.sequence:
            gone = Damage(known.end, 0, self.sequence + 1, known.sequence, "records were taken out")
            self._note(path, gone, keep)
        if self.sequence < known.sequence:
            self.sequence, self.digest = known.sequence, known.digest
        return torn

    def _begin(
        self, path: Path, piece: Piece, record: Record, segment: int, formats: int, keep: Keep
    ) -> None:
        if record.document["format"] > formats:
            raise NewerFormat(record.document["format"])
        self.digest = record.digest
        number = record.document.get("segment", segment)
        if number != segment:
            self._note(path, Damage(piece.offset, 0, 1, 0, f"is the content of segment {number}"), keep)
            if self._last == UNKNOWN:
                self._last = self.sequence

    def _accept(
        self, path: Path, piece: Piece, record: Record, damaged: Piece | None, keep: Keep, again: Again
    ) -> None:
        """Take one whole record, and name what is missing before it."""
        sequence = record.document["sequence"]
        if self._is_displaced(piece, record, again):
            self._note(
                path, Damage(piece.offset, piece.length, sequence, sequence - 1, "a displaced record"), keep
            )
            return
        if damaged:
            lost = Damage(damaged.offset, damaged.length, self.sequence + 1, sequence - 1)
            self._note(path, lost, keep)
        if sequence <= self.sequence or (self._last is not None and sequence > self._last):
            what = "copy of an earlier record" if sequence <= self.sequence else "record of a later segment"
            self._note(path, Damage(piece.offset, piece.length, sequence, sequence - 1, f"a {what}"), keep)
            return
        if not damaged and sequence > self.sequence + 1:
            gone = Damage(piece.offset, 0, self.sequence + 1, sequence - 1, "records were taken out")
            self._note(path, gone, keep)
        elif not damaged and record.previous != self.digest:
            forged = Damage(piece.offset, 0, sequence, sequence, "does not follow from the record before it")
            self._note(path, forged, keep)
        self.sequence, self.digest = sequence, record.digest
        self._on_record(record.document, piece.offset, piece.length, record.removed)

    def _is_displaced(self, piece: Piece, record: Record, again: Again) -> bool:
        """Whether it stands before records that belong in front of it.

        Only where events are missing before a record that does not follow from the last one is the rest of
        the segment looked at, once: most of it is in order, and what is not in that order is displaced.
        """
        if self._displaced is None:
            sequence = record.document["sequence"]
            if sequence <= self.sequence + 1 or record.previous == self.digest:
                return False
            highest = UNKNOWN if self._last is None else self._last
            ahead = [
                (one.offset, one.record.document["sequence"])
                for one in again(piece.offset)
                if one.record is not None and "format" not in one.record.document
            ]
            self._displaced = out_of_order(
                (at, number) for at, number in ahead if self.sequence < number <= highest
            )
        return piece.offset in self._displaced

    def _note(self, path: Path, damage: Damage, keep: Keep) -> None:
        kept = keep(damage.offset, damage.length) if damage.length else None
        self.damages.append(damage)
        said = f"{path}: {damage.describe()}"
        self.notices.append(f"{said}; the bytes are kept in {kept}" if kept else said)


def out_of_order(records: Iterable[tuple[int, int]]) -> set[int]:
    """The offsets of those outside the longest run of growing sequences; of two runs, the later counts."""
    offsets: list[int] = []
    before: list[int | None] = []
    ends: list[int] = []  # of a run of each length, the last place with the smallest sequence
    smallest: list[int] = []
    for number, (offset, sequence) in enumerate(records):
        offsets.append(offset)
        length = bisect_left(smallest, sequence)
        before.append(ends[length - 1] if length else None)
        ends[length : length + 1] = [number]
        smallest[length : length + 1] = [sequence]
    kept: set[int] = set()
    place: int | None = ends[-1] if ends else None
    while place is not None:
        kept.add(offsets[place])
        place = before[place]
    return set(offsets) - kept


class NewerFormat(Exception):
    """The segment was written by a newer program; the argument is its format."""
