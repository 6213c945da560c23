"""Files of a workspace, looked at and changed without ever leaving it.

Invariant: every step from the workspace down is taken relative to an open folder, and no link is followed;
a file is replaced by one rename of a complete neighbour that is on the disk. Covered: links that appear
between two steps, FIFOs and devices (never opened), names of any bytes.
"""

import contextlib
import errno
import hashlib
import os
import secrets
import stat
from pathlib import Path

from sandbox.renaming import Displaced, move_new, remove_expected, replace_expected
from sandbox.snapshots.base import LINK, PLAIN, PROGRAM, Entry

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_ABSENT = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
CHANGED = "changed since it was shown; nothing was written"
NOT_KEPT = Entry(0, 0, "")
"""Stands for what no snapshot holds: a folder, a FIFO, a device, a file that is too large or unreadable."""


def oid_of(content: bytes) -> str:
    """The name under which git keeps ``content``."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


class Places:
    """The files below ``workspace``. Keeps the folder of the last path open, so that neighbours are cheap."""

    def __init__(self, workspace: Path, largest: int) -> None:
        self._root = workspace
        self._largest = largest
        self._parts: list[bytes] = []
        self._open: list[int] = []

    def __enter__(self) -> "Places":
        self._open = [os.open(self._root, _FOLDER)]
        self._parts = []
        return self

    def __exit__(self, *_: object) -> None:
        self._leave(0)
        os.close(self._open.pop())

    def folder(self, path: bytes) -> int:
        """The open folder that holds ``path``. Raises OSError."""
        parts = path.split(b"/")[:-1]
        same = 0
        while same < min(len(parts), len(self._parts)) and parts[same] == self._parts[same]:
            same += 1
        self._leave(same)
        for part in parts[same:]:
            self._open.append(os.open(part, _FOLDER, dir_fd=self._open[-1]))
            self._parts.append(part)
        return self._open[-1]

    def status(self, path: bytes) -> os.stat_result:
        """Of a link itself, not of its target. Raises OSError."""
        return os.stat(path.rpartition(b"/")[2], dir_fd=self.folder(path), follow_symlinks=False)

    def read(self, path: bytes, status: os.stat_result) -> bytes:
        """The content of a file, the target of a link; ``status`` is what is known of it. Raises OSError."""
        folder, name = self.folder(path), path.rpartition(b"/")[2]
        if stat.S_ISLNK(status.st_mode):
            return os.readlink(name, dir_fd=folder)
        with os.fdopen(os.open(name, _READ, dir_fd=folder), "rb") as file:
            if not os.path.samestat(status, os.fstat(file.fileno())):
                raise OSError(errno.EAGAIN, "was swapped while it was read")
            return file.read(self._largest + 1)

    def entry(self, path: bytes) -> tuple[Entry | None, tuple[int, ...]]:
        """What lies at ``path`` now, None for nothing, and a stamp that changes with it."""
        self._leave(0)
        try:
            status = self.status(path)
        except OSError as error:
            return (None if error.errno in _ABSENT else NOT_KEPT), ()
        stamp = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        return self._entry(path, status), stamp

    def write(self, path: bytes, entry: Entry, content: bytes, now: Entry | None) -> None:
        """Put ``entry`` with ``content`` in the place of ``now``, which is there. Makes its folders.

        Raises OSError, also where something else than ``now`` turns out to be there; that stays.
        """
        folder, name = self._made(path), path.rpartition(b"/")[2]
        temporary = f".{secrets.token_hex(8)}.apprentice-new".encode()
        try:
            if entry.mode == LINK:
                os.symlink(content, temporary, dir_fd=folder)
            else:
                with os.fdopen(os.open(temporary, _NEW, 0o600, dir_fd=folder), "wb") as file:
                    file.write(content)
                    file.flush()
                    os.fchmod(file.fileno(), entry.permissions)
                    os.fsync(file.fileno())
            if now is None:
                move_new(temporary, name, folder)
            elif now == NOT_KEPT:
                os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
            elif not replace_expected(temporary, name, folder, lambda at: self._beside(path, at) == now):
                raise OSError(errno.EAGAIN, CHANGED)
        except Displaced:
            raise
        except BaseException as error:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary, dir_fd=folder)
            if isinstance(error, FileExistsError):
                raise OSError(errno.EAGAIN, CHANGED) from error
            raise

    def remove(self, path: bytes, now: Entry | None) -> None:
        """Remove a file or a link that is ``now``, and the folders above it that it leaves empty.

        Raises OSError, also where something else than ``now`` turns out to be there; that stays.
        """
        self._leave(0)
        folder, name = self.folder(path), path.rpartition(b"/")[2]
        if now is None or now == NOT_KEPT:
            os.unlink(name, dir_fd=folder)
        else:
            aside = f".{secrets.token_hex(8)}.apprentice-old".encode()
            if not remove_expected(name, aside, folder, lambda at: self._beside(path, at) == now):
                raise OSError(errno.EAGAIN, CHANGED)
        above = path.rpartition(b"/")[0]
        while above:
            self._leave(0)
            try:
                os.rmdir(above.rpartition(b"/")[2], dir_fd=self.folder(above))
            except OSError:
                return
            above = above.rpartition(b"/")[0]

    def _entry(self, path: bytes, status: os.stat_result) -> Entry:
        if not (stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode)):
            return NOT_KEPT
        if status.st_size > self._largest:
            return NOT_KEPT
        try:
            return described(status, oid_of(self.read(path, status)))
        except OSError:
            return NOT_KEPT

    def _beside(self, path: bytes, name: str | bytes) -> Entry:
        """What lies at ``name`` in the folder of ``path``. Raises OSError."""
        other = path[: path.rfind(b"/") + 1] + os.fsencode(name)
        return self._entry(other, self.status(other))

    def _made(self, path: bytes) -> int:
        """The folder of ``path``, made where it is missing. A file or link in its way raises OSError."""
        self._leave(0)
        for part in path.split(b"/")[:-1]:
            with contextlib.suppress(FileExistsError):
                os.mkdir(part, dir_fd=self._open[-1])
            self._open.append(os.open(part, _FOLDER, dir_fd=self._open[-1]))
            self._parts.append(part)
        return self._open[-1]

    def _leave(self, depth: int) -> None:
        """Close the folders below ``depth`` parts."""
        while len(self._parts) > depth:
            self._parts.pop()
            os.close(self._open.pop())


def described(status: os.stat_result, oid: str) -> Entry:
    """A file or link as a snapshot holds it."""
    if stat.S_ISLNK(status.st_mode):
        return Entry(LINK, 0, oid)
    permissions = stat.S_IMODE(status.st_mode) & 0o777
    return Entry(PROGRAM if permissions & 0o100 else PLAIN, permissions, oid)
