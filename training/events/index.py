"""Where each event of an open log lies: offsets, never documents.

Invariant: a position (0, 1, 2...) is given once and in the order of sequences; looking up an id or an
aggregate, and adding an event, cost the same in a long log as in a short one.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Place:
    """A line of the journal: byte offset, and length with its newline."""

    offset: int
    length: int


class Index:
    """About 0.25 KB of memory per event, most of it the two dictionaries of ids."""

    def __init__(self) -> None:
        self._sequences = array("Q")
        self._offsets = array("Q")
        self._lengths = array("L")
        self._versions = array("L")
        self._previous = array("q")
        self._by_id: dict[str, int] = {}
        self._newest: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._sequences)

    def add(self, document: dict[str, Any], offset: int, length: int) -> None:
        aggregate, position = document["aggregate_id"], len(self)
        self._sequences.append(document["sequence"])
        self._offsets.append(offset)
        self._lengths.append(length)
        self._versions.append(document["version"])
        self._previous.append(self._newest.get(aggregate, -1))
        self._by_id.setdefault(document["event_id"], position)
        self._newest[aggregate] = position

    def place(self, position: int) -> Place:
        return Place(self._offsets[position], self._lengths[position])

    def position_of(self, event_id: str) -> int | None:
        return self._by_id.get(event_id)

    def version_of(self, aggregate_id: str) -> int:
        """The version that the aggregate is at; 0 where it has no events."""
        position = self._newest.get(aggregate_id)
        return 0 if position is None else self._versions[position]

    def after(self, sequence: int) -> range:
        """Positions of the events above ``sequence``, oldest first."""
        return range(bisect_right(self._sequences, sequence), len(self))

    def at(self, sequence: int) -> int | None:
        position = bisect_left(self._sequences, sequence)
        return position if position < len(self) and self._sequences[position] == sequence else None

    def sequences(self) -> Iterator[int]:
        return iter(self._sequences[: len(self)])

    def of_aggregate(self, aggregate_id: str, after: int) -> Iterator[int]:
        """Positions of one aggregate's events above the sequence ``after``, newest first."""
        position = self._newest.get(aggregate_id, -1)
        while position >= 0 and self._sequences[position] > after:
            yield position
            position = self._previous[position]
