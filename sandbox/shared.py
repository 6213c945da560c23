"""Who else runs calls in a workspace: a shared lock on its folder, held around a call or a container.

Invariant: of all that entered, also in other programs, the last one to leave is told so, and nobody enters
until it has closed. Not covered: file systems without locks, where everybody is told to be the last; a lock
that a call itself takes, after which placeholders stay until the next call ends.
"""

import contextlib
import fcntl
import os
import time
from pathlib import Path

PATIENCE_S = 1.0
_AGAIN_S = 0.02


class Shared:
    """One user of ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._descriptor: int | None = None

    def enter(self) -> None:
        """Hold the folder together with others, if not held already. Waits a moment for one that closes."""
        if self._descriptor is not None:
            return
        with contextlib.suppress(OSError):
            self._descriptor = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        end = time.monotonic() + PATIENCE_S
        while not self._locked(fcntl.LOCK_SH) and time.monotonic() < end:
            time.sleep(_AGAIN_S)

    def leave(self) -> bool:
        """Hold it no more. True where nobody else does; then ``close`` has to follow."""
        self._locked(fcntl.LOCK_UN)
        if self._locked(fcntl.LOCK_EX):
            return True
        self.close()
        return False

    def close(self) -> None:
        """Let others enter. Safe to call twice."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _locked(self, kind: int) -> bool:
        """Whether the folder is held so now; also where it cannot be locked at all."""
        if self._descriptor is None:
            return True
        try:
            fcntl.flock(self._descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True
