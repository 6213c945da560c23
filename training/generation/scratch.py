"""A temporary folder that is gone also where its process was killed: the next one of its kind takes it away.

Invariant: a folder is never taken from a process that lives: its owner holds a lock in it, which the system
lets go with the process, however that ends.
"""

import fcntl
import os
import shutil
import tempfile
import time
from pathlib import Path

PREFIX = "apprentice-generate-"
_LOCK = "owner.lock"
_UNLOCKED_S = 3600.0
"""A folder without a lock may be one that is just made; after this long its process was killed in between."""


class Scratch:
    """``path`` is a new folder, of the person alone, without links in its name. Raises OSError."""

    def __init__(self) -> None:
        remove_abandoned(Path(tempfile.gettempdir()))
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX)).resolve()
        unheld = self.path / f"{_LOCK}.new"
        self._lock = os.open(unheld, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        unheld.rename(self.path / _LOCK)  # so that nobody finds it before it is held

    def remove(self) -> None:
        """Take the folder away; again does nothing."""
        shutil.rmtree(self.path, ignore_errors=True)
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


def remove_abandoned(parent: Path) -> None:
    """Take away the person's folders below ``parent`` whose process is gone."""
    for folder in parent.glob(f"{PREFIX}*"):
        if not folder.is_symlink() and _is_abandoned(folder):
            shutil.rmtree(folder, ignore_errors=True)


def _is_abandoned(folder: Path) -> bool:
    try:
        if folder.stat().st_uid != os.geteuid():
            return False
        lock = os.open(folder / _LOCK, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return _age_s(folder) > _UNLOCKED_S
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(lock)
    return True


def _age_s(folder: Path) -> float:
    try:
        return time.time() - folder.stat().st_mtime
    except OSError:
        return 0.0
