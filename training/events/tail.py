"""The index of the segment that is written to: columns in memory, one entry per record.

Invariant: entries are only added, in the order of the records. Kind 0 is an event that was pruned.
"""

from array import array
from collections.abc import Collection, Mapping, Sequence
from itertools import accumulate, count, islice
from typing import Any
from zlib import crc32

from training.events.numbering import Entry

REMOVED = 0
FIELDS = ("event_id", "aggregate_id", "correlation_id")
"""What events are looked up by."""


class Tail:
    """About 0.4 KB of memory per record, for one segment only."""

    def __init__(self) -> None:
        self.sequences = array("Q")
        self.offsets = array("Q")
        self.lengths = array("I")
        self.versions = array("I")
        self.kinds = array("H")
        self.names: list[str] = [""]
        self._keys: dict[str, dict[str, int | list[int]]] = {field: {} for field in FIELDS}
        self._codes: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self.sequences)

    def add(self, document: Mapping[str, Any], offset: int, length: int, removed: bool = False) -> None:
        position = len(self.sequences)
        self.sequences.append(document["sequence"])
        self.offsets.append(offset)
        self.lengths.append(length)
        self.versions.append(document["version"])
        self.kinds.append(REMOVED if removed else self._code(document["event_type"]))
        for field in FIELDS:
            self._extend(field, [document[field]], position)

    def extend(self, entries: Sequence[Entry], offset: int, lengths: Sequence[int]) -> None:
        """``add`` for events that were just numbered, whose ids are new; the first line is at ``offset``."""
        position = len(self.sequences)
        self.sequences.extend([entry.sequence for entry in entries])
        self.offsets.extend(islice(accumulate(lengths, initial=offset), len(lengths)))
        self.lengths.extend(lengths)
        self.versions.extend([entry.version for entry in entries])
        events = [entry.event for entry in entries]
        self.kinds.extend([self._code(event.event_type) for event in events])
        self._keys["event_id"].update(zip([event.event_id for event in events], count(position)))
        self._extend("aggregate_id", [event.aggregate_id for event in events], position)
        self._extend("correlation_id", [event.correlation_id for event in events], position)

    def _extend(self, field: str, keys: Sequence[str | None], position: int) -> None:
        places = self._keys[field]
        for at, key in enumerate(keys, position):
            if key is not None:
                known = places.setdefault(key, at)
                if known is not at:
                    _add(places, key, known, at)

    def known(self, field: str, keys: Collection[str]) -> set[str]:
        """Those of ``keys`` that some record has in that field."""
        return self._keys[field].keys() & keys

    def find(self, field: str, key: str) -> Sequence[int]:
        """Places of the records whose field has that value, oldest first."""
        known = self._keys[field].get(key, ())
        return (known,) if isinstance(known, int) else known

    def values(self, field: str) -> Collection[str]:
        """Every value of a field."""
        return self._keys[field].keys()

    def packed(self, field: str) -> "array[int]":
        """The CRC of each value (upper half) with each place of its records (lower half), sorted."""
        keys = self._keys[field]
        sums = map(crc32, map(str.encode, keys))
        entries = []
        for crc, places in zip(sums, keys.values(), strict=True):
            if isinstance(places, int):
                entries.append(crc << 32 | places)
            else:
                entries += [crc << 32 | place for place in places]
        entries.sort()
        return array("Q", entries)

    def _code(self, name: str) -> int:
        code = self._codes.get(name)
        if code is None:
            code = self._codes[name] = len(self.names)
            self.names.append(name)
        return code


def _add(places: dict[str, int | list[int]], key: str, known: int | list[int], position: int) -> None:
    """A second place makes a list of the first: most values have one, and a number is small."""
    if isinstance(known, list):
        known.append(position)
    else:
        places[key] = [known, position]
