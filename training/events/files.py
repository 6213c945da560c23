"""The few operations on files that the journal rests on, and the lock between its writers.

Invariant: ``append`` returns after every byte was handed over or raises; ``sync`` returns after they are
on the disk or raises. The lock is the kernel's (``flock``): it ends with the process that holds it.
"""

import errno
import fcntl
import os
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from typing import Protocol

from training.durable import sync
from training.events.base import EventLogError


class JournalFile:
    """An open file of the log. Written at its end only; ``cut`` takes off an end that was never acknowledged.
    One that is opened ``in_place`` is written by ``write_at`` only.
    """

    def __init__(self, path: Path, writable: bool, in_place: bool = False) -> None:
        access = os.O_RDWR | (0 if in_place else os.O_APPEND) if writable else os.O_RDONLY
        self._descriptor = os.open(path, access | os.O_CLOEXEC | os.O_NONBLOCK)
        if not stat.S_ISREG(os.fstat(self._descriptor).st_mode):
            os.close(self._descriptor)
            raise OSError(errno.EINVAL, "no regular file", str(path))

    def size(self) -> int:
        return self.status().st_size

    def status(self) -> os.stat_result:
        return os.fstat(self._descriptor)

    def read_at(self, offset: int, length: int) -> bytes:
        return os.pread(self._descriptor, length, offset)

    def append(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]

    def write_at(self, offset: int, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            done = os.pwrite(self._descriptor, rest, offset)
            offset, rest = offset + done, rest[done:]

    def sync(self) -> None:
        os.fsync(self._descriptor)

    def cut(self, size: int) -> None:
        os.ftruncate(self._descriptor, size)

    def rename(self, source: Path, target: Path) -> None:
        """Give the file, open from ``source``, its name ``target`` in the same folder; durable."""
        source.rename(target)
        sync(target.parent)

    def close(self) -> None:
        """Release the file. Safe to call twice: the system may have given its number to another file."""
        if self._descriptor >= 0:
            open_one, self._descriptor = self._descriptor, -1
            os.close(open_one)


class OpenFile(Protocol):
    """Opens a file of the log, as JournalFile does."""

    def __call__(self, path: Path, writable: bool, in_place: bool = False, /) -> JournalFile: ...


def write_new(path: Path, data: bytes, open_file: OpenFile = JournalFile) -> None:
    """Put ``data`` at ``path``, whole and durable, or leave what is there."""
    part = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        with closing(open_file(made(part, os.O_TRUNC), True)) as file:
            file.append(data)
            file.sync()
            file.rename(part, path)
    finally:
        part.unlink(missing_ok=True)


def made(path: Path, flag: int = 0) -> Path:
    """``path``, at which there is a file now, for its owner only."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | flag | os.O_CLOEXEC | os.O_NONBLOCK, 0o600))
    return path


def may_write(folder: Path) -> bool:
    """Whether this user may write the folder and every file in it."""
    files = (path for path in folder.glob("*") if path.is_file())
    refused = (path for path in files if not os.access(path, os.W_OK) and path.exists())
    return os.access(folder, os.W_OK | os.X_OK) and not any(refused)


def cannot_open(folder: Path, error: OSError) -> str:
    """Why a log's folder could not be opened, and what mends it."""
    hints = {
        errno.EACCES: "check its owner and permissions",
        errno.EROFS: "its disk is read-only; choose another folder",
        errno.ENOENT: "no log is there",
        errno.ENOSPC: "make room on its disk",
        errno.ENOTDIR: "a file is in the way; name a folder",
        errno.EEXIST: "a file is in the way; name a folder",
    }
    hint = hints.get(error.errno or 0, "check the folder")
    return f"the event log in {folder} cannot be opened: {error.strerror}; {hint}"


class FolderLock:
    """Exclusive between threads and between processes; may be taken again by the thread that holds it."""

    def __init__(self, path: Path, writable: bool, timeout_s: float) -> None:
        access = os.O_RDWR | os.O_CREAT if writable else os.O_RDONLY
        self._path = path
        self._timeout_s = timeout_s
        self._pid = os.getpid()
        self._threads = threading.RLock()
        self._depth = 0
        self._descriptor = os.open(path, access | os.O_CLOEXEC, 0o600)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock. Raises EventLogError where another process keeps it longer than the time-out, or
        another thread has closed the log.
        """
        with self._threads:
            if self._descriptor < 0:
                raise EventLogError(f"the log in {self._path.parent} is closed; open it again")
            if self._depth == 0:
                self._acquire()
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
                if self._depth == 0:
                    fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def _acquire(self) -> None:
        deadline = time.monotonic() + self._timeout_s
        while True:
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise EventLogError(
                        f"another process has held {self._path} for {self._timeout_s:g} s; "
                        "see which with: fuser " + str(self._path)
                    ) from None
            time.sleep(0.001)

    def close(self) -> None:
        """Wait for the thread that holds it, and release the file. In a fork that thread is not there."""
        with self._threads if os.getpid() == self._pid else nullcontext():
            open_one, self._descriptor = self._descriptor, -1
            os.close(open_one)
