"""What the last snapshot of a workspace held, with the stamps by which an unchanged file is known.

Invariant: an entry counts only for the tree it was written with, and only where nothing of the file's stamp
has moved; a file that changed just before the snapshot is read again. Losing it costs time, nothing else.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox.snapshots.base import Entry

_CLOCK_GRAIN_NS = 20_000_000
_FIELDS = 9


@dataclass(frozen=True)
class Known:
    """An entry, and what ``lstat`` said of it; ``settled`` is False where that does not tell enough."""

    entry: Entry
    stamp: tuple[int, ...]
    settled: bool

    def still_true(self, status: os.stat_result) -> bool:
        return self.settled and self.stamp == stamp_of(status)


def stamp_of(status: os.stat_result) -> tuple[int, ...]:
    """What changes where a file does."""
    return (
        *(status.st_mode, status.st_size, status.st_mtime_ns, status.st_ctime_ns),
        *(status.st_ino, status.st_dev),
    )


def settled(status: os.stat_result, looked_ns: int) -> bool:
    """Whether a change after ``looked_ns`` is sure to show in the stamp."""
    return status.st_ctime_ns < looked_ns - _CLOCK_GRAIN_NS


def write(file: Path, tree: str, known: Mapping[bytes, Known]) -> None:
    """Raises OSError."""
    lines = [tree.encode()]
    for path, one in known.items():
        entry = one.entry
        numbers = (entry.mode, entry.permissions, int(one.settled), *one.stamp)
        lines.append(b" ".join((entry.oid.encode(), *(b"%d" % n for n in numbers))) + b"\t" + path)
    temporary = file.with_name(f"{file.name}.new")
    temporary.write_bytes(b"\0".join(lines))
    temporary.replace(file)


def read(file: Path, tree: str) -> dict[bytes, Known]:
    """What was written with ``tree``; nothing where it was another one, or cannot be read."""
    try:
        first, *lines = file.read_bytes().split(b"\0")
        if first.decode() != tree:
            return {}
        return dict(map(_parsed, lines))
    except (OSError, ValueError):
        return {}


def _parsed(line: bytes) -> tuple[bytes, Known]:
    head, _, path = line.partition(b"\t")
    oid, *numbers = head.split(b" ")
    mode, permissions, is_settled, *stamp = map(int, numbers)
    if len(numbers) != _FIELDS:
        raise ValueError("not a line of ours")
    return path, Known(Entry(mode, permissions, oid.decode("ascii")), tuple(stamp), bool(is_settled))
