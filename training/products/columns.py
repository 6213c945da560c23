"""The index of one field: which rows hold which value, in order of the values.

Invariant: rows of one value are in the order of the file. Looking a value up costs the logarithm of the
number of distinct values. Memory: 8 bytes per row and, per distinct value, 12 bytes and the value itself
(about 150 bytes for an id, so 16 MB for 100,000 distinct ids).
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from training.products.filters import Condition, Key, key_of


@dataclass(frozen=True, slots=True)
class Chosen:
    """The rows whose values fulfil a condition: ranks of the values, in order, and how many rows."""

    column: "Column"
    ranks: Sequence[int]
    test: Collection[int]
    count: int

    def positions(self) -> Iterator[int]:
        """The rows, value by value."""
        for rank in self.ranks:
            yield from self.column.at(rank)


class Column:
    """Built from the field's values, in the order of the rows."""

    def __init__(self, values: Sequence[Any]) -> None:
        held: dict[Key, array[int]] = {}
        for position, value in enumerate(values):
            held.setdefault(key_of(value), array("I")).append(position)
        self.keys: list[Key] = sorted(held)
        self.rank_of = array("I", bytes(4 * len(values)))
        self._positions = array("I")
        self._starts = array("I", [0])
        for rank, key in enumerate(self.keys):
            for position in held[key]:
                self.rank_of[position] = rank
            self._positions.extend(held[key])
            self._starts.append(len(self._positions))
        self._places = memoryview(self._positions)

    def at(self, rank: int) -> Sequence[int]:
        """The rows that hold the value of that rank."""
        return self._places[self._starts[rank] : self._starts[rank + 1]]

    def choose(self, condition: Condition) -> Chosen:
        if condition.among is not None:
            ranks = sorted(
                rank
                for key in condition.among
                if condition.holds(key) and (rank := self._rank(key)) is not None
            )
            starts = self._starts
            return Chosen(self, ranks, frozenset(ranks), sum(starts[r + 1] - starts[r] for r in ranks))
        span = range(self._first(condition), self._end(condition))
        count = self._starts[span.stop] - self._starts[span.start] if span else 0
        return Chosen(self, span, span, count)

    def _rank(self, key: Key) -> int | None:
        rank = bisect_left(self.keys, key)
        return rank if rank < len(self.keys) and self.keys[rank] == key else None

    def _first(self, condition: Condition) -> int:
        if condition.low:
            key, allowed = condition.low
            return bisect_left(self.keys, key) if allowed else bisect_right(self.keys, key)
        return bisect_left(self.keys, (condition.high[0][0],)) if condition.high else 0

    def _end(self, condition: Condition) -> int:
        if condition.high:
            key, allowed = condition.high
            return bisect_right(self.keys, key) if allowed else bisect_left(self.keys, key)
        return bisect_left(self.keys, (condition.low[0][0] + 1,)) if condition.low else len(self.keys)
