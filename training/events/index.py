"""Where each event of an open log lies: offsets, never documents.

Invariant: a position (0, 1, 2...) is given once and in the order of sequences. Adding an event costs the same
in a long log as in a short one; a lookup costs one binary search per sealed segment.
"""

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from training.events.numbering import Entry
from training.events.sidecar import Sidecar
from training.events.tail import FIELDS, REMOVED, Tail
from training.events.versions import check

_MOST_KNOWN = 100_000


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a segment: its number, byte offset, length with its newline, and the event's sequence."""

    segment: int
    offset: int
    length: int
    sequence: int


_Layout = tuple[tuple[int, ...], tuple[Sidecar | Tail, ...]]
"""The first position of each segment, and its entries; replaced whole, so that readers need no lock."""


class Index:
    """Sealed segments by their sidecars, and the one that is written to. Starts with segment 1."""

    def __init__(self) -> None:
        self.document: Callable[[int], Mapping[str, Any]] = _unset
        self._layout: _Layout = ((0,), (Tail(),))
        self._versions: dict[str, int] = {}
        self._newest = dict.fromkeys(FIELDS, "")
        self.lost: frozenset[int] = frozenset()
        """Checks of ``training.events.versions`` of the events whose records were lost."""

    def __len__(self) -> int:
        first, parts = self._layout
        return first[-1] + len(parts[-1])

    @property
    def tail(self) -> Tail:
        last = self._layout[1][-1]
        assert isinstance(last, Tail)
        return last

    def add(self, document: Mapping[str, Any], offset: int, length: int, removed: bool = False) -> None:
        self.tail.add(document, offset, length, removed)
        if document["aggregate_id"] in self._versions:
            self._versions[document["aggregate_id"]] = document["version"]

    def extend(self, entries: Sequence[Entry], offset: int, lengths: Sequence[int]) -> None:
        """``add`` for events that were just numbered; the line of the first is at ``offset``."""
        self.tail.extend(entries, offset, lengths)
        if self._versions:
            for entry in entries:
                if entry.event.aggregate_id in self._versions:
                    self._versions[entry.event.aggregate_id] = entry.version

    def seal(self, sidecar: Sidecar) -> None:
        """Replace the segment that was written to by its sidecar, and begin the next one."""
        first, parts = self._layout
        if not len(parts[-1]):  # read by another process: what is known of versions may be older
            self._versions.clear()
        self._layout = ((*first, first[-1] + len(sidecar)), (*parts[:-1], sidecar, Tail()))
        for field in FIELDS:
            self._newest[field] = max(self._newest[field], sidecar.facts["newest"][field])

    @property
    def sealed(self) -> int:
        """How many segments are sealed."""
        return len(self._layout[1]) - 1

    def sidecar(self, number: int) -> Sidecar:
        """That of a sealed segment."""
        found = self._layout[1][number - 1]
        assert isinstance(found, Sidecar)
        return found

    def first(self, number: int) -> int:
        """The position of a segment's first event."""
        return self._layout[0][number - 1]

    def replace(self, number: int, sidecar: Sidecar) -> None:
        """Put the new sidecar of a rewritten segment in the place of its old one."""
        first, parts = self._layout
        if len(sidecar) == len(parts[number - 1]):
            self._layout = (first, (*parts[: number - 1], sidecar, *parts[number:]))

    def place(self, position: int) -> Place:
        number, part, at = self._locate(position)
        return Place(number, part.offsets[at], part.lengths[at], part.sequences[at])

    def kind(self, position: int) -> str:
        """The event's type; empty where the event was pruned."""
        _, part, at = self._locate(position)
        return part.names[part.kinds[at]]

    def positions_of(self, event_ids: Collection[str]) -> dict[str, int]:
        """Where those of the ids are that the log has."""
        possible = self._possible("event_id", event_ids)
        found = {event_id: self.position_of(event_id) for event_id in possible}
        return {event_id: position for event_id, position in found.items() if position is not None}

    def versions_of(self, aggregate_ids: Collection[str]) -> dict[str, int]:
        """The versions that aggregates are at; one that has no events may be left out."""
        possible = aggregate_ids if self.lost else self._possible("aggregate_id", aggregate_ids)
        return {aggregate_id: self.version_of(aggregate_id) for aggregate_id in possible}

    def _possible(self, field: str, keys: Collection[str]) -> set[str]:
        """The keys that records may have: all but the new ones."""
        known = self.tail.known(field, keys)
        if self.sealed:
            known.update(key for key in keys if self._may_be_sealed(field, key))
        return known

    def position_of(self, event_id: str) -> int | None:
        found = self.tail.find("event_id", event_id)
        if found:
            return self._layout[0][-1] + found[0]
        if not self._may_be_sealed("event_id", event_id):
            return None
        for position in self.candidates("event_id", event_id):
            if self.document(position)["event_id"] == event_id:
                return position
        return None

    def version_of(self, aggregate_id: str) -> int:
        """The version that the aggregate is at, lost events counted; 0 where it has no events."""
        version = self._recorded_version(aggregate_id)
        while self.lost and check(aggregate_id, version + 1) in self.lost:
            version += 1
        return version

    def _recorded_version(self, aggregate_id: str) -> int:
        tail = self.tail
        places = tail.find("aggregate_id", aggregate_id)
        if places:
            return tail.versions[places[-1]]
        known = self._versions.get(aggregate_id)
        if known is None and not self._may_be_sealed("aggregate_id", aggregate_id):
            return 0
        if known is None:
            known = self._sealed_version(aggregate_id)
            if len(self._versions) >= _MOST_KNOWN:
                self._versions.clear()
            if known:
                self._versions[aggregate_id] = known
        return known

    def _may_be_sealed(self, field: str, key: str) -> bool:
        """False where a key that grows with time (UUIDv7) is newer than all that are sealed."""
        return self.sealed > 0 and not (key > self._newest[field] and key[14:15] == "7")

    def _sealed_version(self, aggregate_id: str) -> int:
        for position in self.candidates("aggregate_id", aggregate_id):
            document = self.document(position)
            if document["aggregate_id"] == aggregate_id:
                return int(document["version"])
        return 0

    def candidates(self, field: str, key: str, within: range | None = None) -> Iterator[int]:
        """Positions of events whose field may have that value, newest first."""
        limits = range(len(self)) if within is None else within
        for first, part in self._newest_first():
            if first + len(part) <= limits.start:
                return
            for at in reversed(part.find(field, key)):
                if limits.start <= first + at < limits.stop:
                    yield first + at

    def between(self, after: int, until: int | None) -> range:
        """Positions of the events above the sequence ``after`` and up to ``until``."""
        start = self._bisect(after)
        return range(start, len(self) if until is None else max(start, self._bisect(until)))

    def at(self, sequence: int) -> int | None:
        position = self._bisect(sequence) - 1
        if position < 0:
            return None
        _, part, at = self._locate(position)
        return position if part.sequences[at] == sequence and part.kinds[at] != REMOVED else None

    def sequences(self) -> Iterator[int]:
        """The sequences of the events that are there."""
        for part in self._layout[1]:
            for at in range(len(part)):
                if part.kinds[at] != REMOVED:
                    yield part.sequences[at]

    def removed(self) -> int:
        """How many of the positions are of events that were pruned."""
        return sum(
            sum(1 for kind in part.kinds if kind == REMOVED)
            for part in self._layout[1]
            if isinstance(part, Tail) or part.facts["removed"]
        )

    def of_kinds(self, kinds: Collection[str] | None, positions: Iterable[int]) -> Iterator[int]:
        """Those of ``positions`` whose event is there and, where ``kinds`` are given, is of one of them."""
        for position in positions:
            kind = self.kind(position)
            if kind and (kinds is None or kind in kinds):
                yield position

    def _bisect(self, sequence: int) -> int:
        """How many events have at most that sequence."""
        for first, part in self._newest_first():
            if len(part) and part.sequences[0] <= sequence:
                return first + bisect_right(part.sequences, sequence)
        return 0

    def _newest_first(self) -> Iterator[tuple[int, Sidecar | Tail]]:
        first, parts = self._layout
        return zip(reversed(first), reversed(parts), strict=True)

    def _locate(self, position: int) -> tuple[int, Sidecar | Tail, int]:
        first, parts = self._layout
        number = bisect_right(first, position)
        return number, parts[number - 1], position - first[number - 1]


def _unset(position: int) -> Mapping[str, Any]:
    raise LookupError(f"nothing reads the record at {position} yet")
