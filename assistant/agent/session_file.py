"""One session's file: append durably, read back what was acknowledged.

Invariant: what ``append`` returned from is on the disk and stays there; the file only ever grows, but
for a torn last line, which was never acknowledged. One program at a time writes.
"""

import contextlib
import fcntl
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from assistant.agent.session_records import SCHEMA, SessionError, Transcript, decode, encode
from training.durable import sync

TAIL_BYTES = 4096


class SessionFile:
    """An open file, locked for this program until ``close`` or its end. Made by ``create`` or ``reopen``."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor

    @classmethod
    def create(cls, path: Path) -> "SessionFile":
        """A new file, mode 0600. Raises SessionError."""
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o600)
            sync(path.parent)
        except OSError as error:
            raise SessionError(f"{path}: cannot be made: {error.strerror or error}") from error
        _lock(path, descriptor)
        return cls(path, descriptor)

    @classmethod
    def reopen(cls, path: Path) -> "SessionFile":
        """The file of an earlier run. Raises SessionError where it is open in another program."""
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_APPEND)
        except OSError as error:
            raise SessionError(f"{path}: cannot be opened: {error.strerror or error}") from error
        _lock(path, descriptor)
        return cls(path, descriptor)

    def append(self, records: list[Mapping[str, Any]]) -> None:
        """Write ``records``, all or none, and wait until they are durable. Raises SessionError."""
        data = b"".join(encode(record) for record in records)
        before = os.fstat(self._descriptor).st_size
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
            os.fsync(self._descriptor)
        except OSError as error:
            with contextlib.suppress(OSError):  # the next load cuts off what is torn
                os.ftruncate(self._descriptor, before)
            raise SessionError(f"{self.path}: cannot be written: {error.strerror or error}") from error

    def cut_to(self, size: int) -> None:
        """Take away what is after ``size`` bytes: a torn line. Raises SessionError."""
        if os.fstat(self._descriptor).st_size == size:
            return
        try:
            os.ftruncate(self._descriptor, size)
            os.fsync(self._descriptor)
        except OSError as error:
            raise SessionError(f"{self.path}: cannot be written: {error.strerror or error}") from error

    def close(self) -> None:
        """Release the lock. Safe to call twice."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def read_session(path: Path) -> tuple[Transcript, list[str], int]:
    """All of a session, what was wrong with it (a line each), and the size of what is whole, in bytes.

    A torn last line is left out; a damaged line before it is left out and stays in the file.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SessionError(f"{path}: cannot be read: {error.strerror or error}") from error
    whole = data.rfind(b"\n") + 1
    lines = data[:whole].split(b"\n")[:-1]
    transcript = header_of(path, lines[0] if lines else b"")
    notices = [f"{path}: line {n} is damaged and left out" for n in _replay(transcript, lines[1:])]
    if whole < len(data):
        notices.append(f"{path}: the last line was torn by a kill and is cut off ({len(data) - whole} bytes)")
    transcript.close_calls()
    return transcript, notices, whole


def read_ends(path: Path) -> tuple[Transcript, int]:
    """A session without its messages, from its first and last record alone, and its number of turns."""
    try:
        with path.open("rb") as file:
            header = file.readline()
            transcript = header_of(path, header if header.endswith(b"\n") else b"")
            record = _last_record(file.fileno())
    except OSError as error:
        raise SessionError(f"{path}: cannot be read: {error.strerror or error}") from error
    transcript.once = transcript.once and bool(record.get("once"))
    transcript.title = str(record.get("title", ""))
    transcript.updated = str(record.get("at", transcript.created))
    turns = record.get("turns", 0)
    return transcript, turns if isinstance(turns, int) else 0


def header_of(path: Path, line: bytes) -> Transcript:
    """An empty transcript made of a header. Raises SessionError where it is none, or of a newer version."""
    header = decode(line)
    if header is None or header["kind"] != "header" or not isinstance(header.get("schema"), int):
        raise SessionError(f"{path}: not a session: its first line is no whole header; move the file away")
    if header["schema"] > SCHEMA:
        raise SessionError(f"{path}: written by a newer version of Apprentice; update to open it")
    return Transcript(
        id=str(header.get("id", path.stem)),
        workspace=str(header.get("workspace", "")),
        created=str(header.get("created", "")),
        once=header.get("once") is True,
    )


def _replay(transcript: Transcript, lines: list[bytes]) -> list[int]:
    """Apply each line; the numbers, from 2, of those that could not be applied."""
    damaged = []
    for number, line in enumerate(lines, 2):
        record = decode(line)
        try:
            applied = record is not None and transcript.apply(record)
        except (KeyError, TypeError, ValueError):
            applied = False
        if not applied:
            damaged.append(number)
    return damaged


def _last_record(descriptor: int) -> dict[str, Any]:
    """The last whole record, reading backwards no further than it needs."""
    size = os.fstat(descriptor).st_size
    length = TAIL_BYTES
    while True:
        start = max(0, size - length)
        lines = os.pread(descriptor, size - start, start).split(b"\n")[:-1]
        # The first line may have begun before ``start``.
        for line in reversed(lines if start == 0 else lines[1:]):
            if record := decode(line):
                return record
        if start == 0:
            return {}
        length *= 8


def _lock(path: Path, descriptor: int) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise SessionError(
            f"session {path.stem} is open in another program; leave it there first, or start a new session"
        ) from error
