"""The journal of a job: one JSON line per thing that happened, appended.

Invariant: a line is written whole by one write, so that the supervisor and the work may both append; a torn
last line, one that is no JSON, or one that is longer than any, is passed over by whoever reads.
"""

import errno
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from training.regular import open_regular

_LONGEST = 4 << 20


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class Journal:
    """Appends to the journal at ``path``. Raises OSError."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, what: str, **values: Any) -> None:
        line = orjson.dumps({"at": now(), "what": what, **values}, option=orjson.OPT_SERIALIZE_NUMPY) + b"\n"
        descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            line = _separator(descriptor) + line
            if os.write(descriptor, line) < len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))
        finally:
            os.close(descriptor)


def entries(path: Path, start: int = 0) -> Iterator[tuple[dict[str, Any], int]]:
    """The entries from a byte offset on, each with the offset behind it."""
    try:
        file = open_regular(path)
    except FileNotFoundError:
        return
    with file:
        file.seek(start)
        whole = True
        while line := file.readline(_LONGEST):
            begins, whole = whole, line.endswith(b"\n")
            if not whole and len(line) < _LONGEST:
                return
            start += len(line)
            if not (begins and whole):
                continue
            try:
                entry = orjson.loads(line)
            except orjson.JSONDecodeError:
                continue
            if isinstance(entry, dict) and isinstance(entry.get("what"), str):
                yield entry, start


def _separator(descriptor: int) -> bytes:
    """A newline where the last line was torn."""
    size = os.fstat(descriptor).st_size
    return b"\n" if size and os.pread(descriptor, 1, size - 1) != b"\n" else b""
