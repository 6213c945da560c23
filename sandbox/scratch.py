"""A temporary folder that is gone also where its process was killed: the next one of any kind takes it away.

Invariant: a folder is never taken from a process that lives: its owner holds a lock in it, which the system
releases with the process, however that ends. ``note`` records what else the process is about to put on the
machine; ``sandbox.leftovers`` takes that back before the folder goes.
"""

import fcntl
import json
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox import leftovers

PREFIX = "apprentice-scratch-"
_LOCK = "owner.lock"
_NOTES = "notes.jsonl"
_UNLOCKED_S = 60.0
"""A folder without a lock may be one that is just made; after this long its process was killed in between."""


class Scratch:
    """``path`` is a new folder of this user alone, without links in its name. Raises OSError."""

    def __init__(self, kind: str) -> None:
        remove_abandoned(Path(tempfile.gettempdir()))
        self.path = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{kind}-")).resolve()
        unheld = self.path / f"{_LOCK}.new"
        self._lock = os.open(unheld, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        unheld.rename(self.path / _LOCK)  # so that nobody finds it before it is held
        self._noted: set[tuple[str, Path]] = set()

    @property
    def mark(self) -> str:
        """What names this folder in the environment of processes and in names elsewhere."""
        return self.path.name

    def note(self, kind: leftovers.Kind, path: Path) -> None:
        """Record, before it is made, what has to be taken back where this process is killed."""
        if (kind, path) in self._noted:
            return
        line = json.dumps([kind, str(path)]).encode() + b"\n"
        descriptor = os.open(self.path / _NOTES, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, line)
        finally:
            os.close(descriptor)
        self._noted.add((kind, path))

    def close(self) -> None:
        """Take the folder away; again does nothing."""
        shutil.rmtree(self.path, ignore_errors=True)
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


@contextmanager
def scratch_folder(kind: str) -> Iterator[Path]:
    """A folder for the length of a block. Raises OSError."""
    made = Scratch(kind)
    try:
        yield made.path
    finally:
        made.close()


def remove_abandoned(parent: Path) -> None:
    """Take away this user's folders below ``parent`` whose process is gone, and what they noted."""
    for folder in parent.glob(f"{PREFIX}*"):
        with _abandoned(folder) as abandoned:
            if abandoned:
                leftovers.take_back(folder.name, _notes(folder))
                shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _abandoned(folder: Path) -> Iterator[bool]:
    """Whether the owner of ``folder`` is gone; then its lock is held meanwhile."""
    lock = -1
    try:
        status = folder.lstat()
        private = stat.S_IMODE(status.st_mode) & 0o077 == 0 and status.st_uid == os.geteuid()
        if not (stat.S_ISDIR(status.st_mode) and private):
            yield False
            return
        try:
            lock = os.open(folder / _LOCK, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except FileNotFoundError:
            yield time.time() - status.st_mtime > _UNLOCKED_S
        except OSError:
            yield False
        else:
            yield True
    except FileNotFoundError:
        yield False
    finally:
        if lock >= 0:
            os.close(lock)


def _notes(folder: Path) -> list[tuple[str, Path]]:
    """What the owner noted; a line that was torn says nothing."""
    found = []
    try:
        lines = (folder / _NOTES).read_bytes().splitlines()
    except OSError:
        return []
    for line in lines:
        try:
            kind, path = json.loads(line)
            found.append((str(kind), Path(path)))
        except (ValueError, TypeError):
            continue
    return found
