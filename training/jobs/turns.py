"""Turns at what only one job may use at a time: first come, first served.

Invariant: a ticket is a file that its holder keeps locked (``flock``) while it waits and while it works, so a
process that dies gives up its turn. Tickets are numbered under a lock; a ticket that nobody holds is removed.
"""

import fcntl
import os
from contextlib import AbstractContextManager
from pathlib import Path

from training.jobs.locks import alone, taken


class Turn:
    """A place in the queue of ``resource``, for as long as it is not closed."""

    def __init__(self, jobs: Path, resource: str) -> None:
        self._folder = jobs / f".queue-{resource}"
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._locked():
            number = 1 + max(self._numbers(), default=0)
            self._path = self._folder / str(number)
            self._number = number
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    def has_come(self) -> bool:
        """Whether nobody is before this place."""
        with self._locked():
            return not any(self._is_held(number) for number in self._numbers() if number < self._number)

    def close(self) -> None:
        self._path.unlink(missing_ok=True)
        os.close(self._descriptor)

    def _numbers(self) -> list[int]:
        return sorted(int(path.name) for path in self._folder.iterdir() if path.name.isdigit())

    def _is_held(self, number: int) -> bool:
        path = self._folder / str(number)
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            if not taken(descriptor):
                return True
            path.unlink(missing_ok=True)
            return False
        finally:
            os.close(descriptor)

    def _locked(self) -> AbstractContextManager[None]:
        return alone(self._folder / "lock")
