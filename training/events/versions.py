"""The versions that were given, apart from the records: four bytes per event in the file ``versions``.

Invariant: an event's entry is written before its record. Entries are looked at only for records that were
lost: an aggregate whose version is among those goes on with the next one, so that no version is given twice,
though nobody can read any more whose event it was. An entry is the CRC of aggregate and version: one that is
missing or damaged fits no aggregate. None is synced: a power cut that takes them leaves the records whole.
"""

from array import array
from collections.abc import Iterable, Sequence
from pathlib import Path
from zlib import crc32

from training.events.files import JournalFile, OpenFile, made
from training.events.numbering import Entry
from training.events.recovery import Damage

_BYTES = 4


class VersionsFile:
    """Written under the log's lock, at the place of the sequence. Read-only where there is none to write."""

    def __init__(self, path: Path, writable: bool, open_file: OpenFile = JournalFile) -> None:
        self._file: JournalFile | None = None
        if writable or path.exists():
            self._file = open_file(made(path) if writable else path, writable, True)

    def write(self, entries: Sequence[Entry]) -> None:
        """Note the numbers of events that follow each other. Raises OSError."""
        checks = array("I", [check(event.aggregate_id, version) for event, _, version, _ in entries])
        if self._file is not None:
            self._file.write_at((entries[0].sequence - 1) * _BYTES, checks.tobytes())

    def count(self) -> int:
        """The last sequence that may have been given."""
        return self._file.size() // _BYTES if self._file is not None else 0

    def lost(self, damages: Iterable[Damage]) -> frozenset[int]:
        """The checks of the events that were lost."""
        found: set[int] = set()
        for damage in damages:
            count = damage.last - damage.first + 1
            if self._file is not None and count > 0:
                content = self._file.read_at((damage.first - 1) * _BYTES, count * _BYTES)
                found.update(array("I", content[: len(content) // _BYTES * _BYTES]))
        return frozenset(found - {0})

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


def check(aggregate_id: str, version: int) -> int:
    """What the file holds of an event."""
    return crc32(b"%b %d" % (aggregate_id.encode(), version))
