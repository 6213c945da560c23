"""Decisions as lines of a file.

Invariant: a file is there whole, under its name, or not at all; memory does not grow with the log.
"""

import os
import tempfile
from array import array
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import orjson

_SPOOLED = 32 << 20


def oldest_first(found: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """Rows, which come newest first, as JSON lines, the oldest first: turned round on the disk."""
    ends = array("Q", [0])
    with tempfile.SpooledTemporaryFile(_SPOOLED) as spool:
        for row in found:
            ends.append(ends[-1] + spool.write(orjson.dumps(row) + b"\n"))
        for start, end in zip(ends[-2::-1], ends[:0:-1], strict=True):
            spool.seek(start)
            yield spool.read(end - start)


@contextmanager
def new_file(path: Path) -> Iterator[IO[bytes]]:
    """A file that takes its name when it is whole and on the disk.

    Raises OSError; FileExistsError where the name is taken, which is left as it is.
    """
    if path.exists() or path.is_symlink():
        raise FileExistsError(f"{path} is there already")
    with tempfile.NamedTemporaryFile("wb", dir=path.parent, prefix=f".{path.name}.") as file:
        yield file.file
        file.flush()
        os.fsync(file.fileno())
        os.link(file.name, path)


def write_decisions(found: Iterable[Mapping[str, Any]], path: Path) -> int:
    """Write rows, which come newest first, into a new file, the oldest first. How many they were.

    Raises OSError; FileExistsError where the name is taken.
    """
    written = 0
    with new_file(path) as file:
        for line in oldest_first(found):
            file.write(line)
            written += 1
    return written
