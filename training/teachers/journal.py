"""What a run asked, what it was told, and what that cost: one JSON line each, appended to one file.

Invariant: a reply and its cost are one line, so that neither is ever there without the other. A line is
written whole by one write, and what was written survives a kill; at most a second of it is lost with the
machine. One process at a time writes: the kernel's lock ends with whoever holds it. A torn last line is cut
off at the next opening; a damaged one in the middle is passed over and counted.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import orjson

from training.teachers.base import TeacherError, TeacherReply
from training.teachers.identity import reply_from_dict
from training.teachers.key_index import KeyIndex

NAME = "teacher.jsonl"
SYNC_S = 1.0
What = Literal["asked", "reply", "nothing", "batch", "collected"]
Entry = dict[str, Any]


class Journal:
    """The journal in ``folder``, opened for writing. Raises TeacherError."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise TeacherError(f"{self.path} cannot be opened: {error.strerror}") from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._file)
            raise TeacherError(f"{folder} is in use by another process; wait for it, or cancel it") from None
        self._size = _cut_torn_line(self._file)
        self._replies = KeyIndex()
        self._synced = time.monotonic()
        self.damaged = 0

    def entries(self) -> Iterator[Entry]:
        """Every entry so far, and the index of the replies on the way."""
        position = 0
        with self.path.open("rb") as file:
            for line in file:
                entry = _loaded(line)
                if entry is None:
                    self.damaged += 1
                else:
                    if entry["what"] == "reply":
                        self._index(entry["key"], position)
                    yield entry
                position += len(line)

    def write(self, what: What, key: str, **values: Any) -> None:
        """Append one entry. Raises TeacherError where the disk does not take it."""
        entry = {"at": _now(), "what": what, "key": key, **values}
        line = orjson.dumps(entry) + b"\n"
        try:
            written = os.write(self._file, line)
            if written != len(line):
                os.ftruncate(self._file, self._size)
                raise OSError(0, "the disk is full")
            if time.monotonic() - self._synced > SYNC_S:
                self.sync()
        except OSError as error:
            raise TeacherError(f"{self.path} cannot be written: {error.strerror or error}") from None
        position, self._size = self._size, self._size + len(line)
        if what == "reply":
            self._index(key, position)

    def _index(self, key: str, position: int) -> None:
        try:
            self._replies.put(key, position)
        except OSError as error:
            raise TeacherError(f"{error.strerror}; make room there, then resume") from None

    def reply(self, key: str) -> TeacherReply | None:
        """The reply that was stored under ``key``."""
        for position in self._replies.candidates(key):
            with self.path.open("rb") as file:
                file.seek(position)
                entry = _loaded(file.readline())
            if entry and entry["key"] == key:
                return reply_from_dict(entry["reply"])
        return None

    def sync(self) -> None:
        os.fdatasync(self._file)
        self._synced = time.monotonic()

    def close(self) -> None:
        """Safe to call twice."""
        if self._file >= 0:
            self.sync()
            os.close(self._file)
            self._replies.close()
            self._file = -1


def read_entries(folder: Path) -> Iterator[Entry]:
    """The entries of a run that may be under way, for whoever only looks."""
    try:
        with (folder / NAME).open("rb") as file:
            yield from (entry for line in file if (entry := _loaded(line)) is not None)
    except FileNotFoundError:
        return


def _cut_torn_line(file: int) -> int:
    """Drop what follows the last newline; the size that is left."""
    size = os.fstat(file).st_size
    end = size
    while end:
        start = max(0, end - (1 << 16))
        newline = os.pread(file, end - start, start).rfind(b"\n")
        if newline >= 0:
            end = start + newline + 1
            break
        end = start
    if end != size:
        os.ftruncate(file, end)
    return end


def _loaded(line: bytes) -> Entry | None:
    try:
        entry = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return entry if isinstance(entry, dict) and "what" in entry and "key" in entry else None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
