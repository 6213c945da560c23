"""The index of the segment that is written to: columns in memory, one entry per record.

Invariant: entries are only added, in the order of the records. Kind 0 is an event that was pruned.
"""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

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
        for field, places in self._keys.items():
            key = document[field]
            if key is not None:
                known = places.setdefault(key, position)
                if known is not position:
                    _add(places, key, known, position)

    def find(self, field: str, key: str) -> Sequence[int]:
        """Places of the records whose field has that value, oldest first."""
        known = self._keys[field].get(key, ())
        return (known,) if isinstance(known, int) else known

    def entries(self, field: str) -> Iterator[tuple[str, Sequence[int]]]:
        """Every value of a field with the places of its records."""
        return ((key, self.find(field, key)) for key in self._keys[field])

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
