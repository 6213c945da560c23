"""What a log does by itself while nobody writes to it: old segments are compressed.

Invariant: no append waits for it. A thread of the lowest priority works a block at a time (256 KB of records,
some 10 ms) while nothing has been appended, by any process, for ``quiet_s`` seconds; it holds the log's lock
only to rename what is finished. It ends with its work, or at the next block once the log is closed. A program
that has written and ends before the log was ever quiet compresses one segment as it closes the log.
"""

import os
import threading
import time
from contextlib import closing, suppress
from pathlib import Path

from training.events.base import EventLogError
from training.events.packing import Steps, due, finish, packing, sweep
from training.events.storage import JournalStorage

KEEP = 1
"""How many of the newest sealed segments stay as they are: what is read most."""
_LOOK_S = 0.25
_END_FIELDS = 4
"""Those of the head that only an append changes."""


class Caretaker:
    """Of one open log. What fails is tried again after the next segment is sealed, or at the next open."""

    def __init__(self, storage: JournalStorage, folder: Path, quiet_s: float) -> None:
        self._storage, self._folder, self._quiet_s = storage, folder, quiet_s
        self._stop, self._changing = threading.Event(), threading.Lock()
        self._thread: threading.Thread | None = None
        self._end, self._since = list[bytes](), time.monotonic()
        self._sealed = 0
        self._working = self._had_time = False

    def begin(self) -> None:
        """At the open of a log that may be written."""
        sweep(self._storage, self._folder)
        self.look()

    def look(self) -> None:
        """Begin where a segment was sealed since the last look and there is something to compress."""
        if self._storage.index.sealed == self._sealed:
            return
        with self._changing:
            self._sealed = self._storage.index.sealed
            if not self._working and self._due():
                self._working = True
                self._thread = threading.Thread(target=self._work, name="log upkeep", daemon=True)
                self._thread.start()

    def close(self, written: bool) -> None:
        """Stop. ``written`` says that this program has appended."""
        self._stop.set()
        if self._thread is None:
            return
        self._thread.join()
        if written and not self._had_time:
            with suppress(EventLogError, OSError):
                for number in self._due()[:1]:
                    finish(packing(self._storage, self._folder, number))

    def _due(self) -> list[int]:
        return due(self._storage, self._folder, KEEP)

    def _work(self) -> None:
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 19)
        seen = 0
        while not self._is_done(seen):
            seen = self._sealed
            with suppress(EventLogError, OSError):
                for number in self._due():
                    self._compress(number)

    def _is_done(self, seen: int) -> bool:
        """Whether no segment was sealed since ``seen`` were."""
        with self._changing:
            self._working = seen != self._sealed and not self._stop.is_set()
            return not self._working

    def _compress(self, number: int) -> None:
        with closing(packing(self._storage, self._folder, number)) as steps:
            while self._is_quiet() and _step(steps):
                self._had_time = True

    def _is_quiet(self) -> bool:
        """Wait until nothing was appended for a while; False where the log is being closed."""
        while not self._stop.is_set():
            end = (self._folder / "head").read_bytes().split(b" ")[:_END_FIELDS]
            if end != self._end:
                self._end, self._since = end, time.monotonic()
            left = self._since + self._quiet_s - time.monotonic()
            if left <= 0:
                return True
            self._stop.wait(min(left, _LOOK_S))
        return False


def _step(steps: Steps) -> bool:
    """Compress a block; False where that was the last."""
    try:
        next(steps)
    except StopIteration:
        return False
    return True
