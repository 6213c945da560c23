"""Views that are built from the log and follow it.

Invariant: every event is delivered at least once and in the order of sequences; how far that went is stored
after the event was applied, so after a crash an event may be applied again, and a projection passes over
sequences it has. A projection can always be built again from the log, and is then equal.
"""

import re
import threading
import time
from pathlib import Path
from typing import Protocol

import orjson

from training.events.base import Event, EventLog, EventLogError
from training.events.files import write_new

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
_STORE_EVERY = 1000


class Projection(Protocol):
    """A view of the log. Applying an event twice, the second time right after the first, changes nothing."""

    @property
    def name(self) -> str:
        """Under which its position is stored: letters, digits, ``_``, ``-`` and ``.``."""

    def apply(self, event: Event) -> None:
        """Take one event in. What is raised stops the delivery before the event, which then comes again."""

    def clear(self) -> None:
        """Begin again from nothing."""


class Follower:
    """Delivers a log's events to one projection. ``folder`` holds the positions, a small file for each.

    Raises EventLogError where the projection's name cannot be that of a file. One follower per projection.
    """

    def __init__(self, log: EventLog, projection: Projection, folder: Path) -> None:
        if not _NAME.fullmatch(projection.name):
            raise EventLogError(f"the projection's name {projection.name!r} cannot be that of a file")
        self._log, self._projection = log, projection
        self._path = folder / f"{projection.name}.position"
        self._position: int | None = None

    @property
    def position(self) -> int:
        """The sequence of the last event that was applied; 0 before the first."""
        if self._position is None:
            self._position = self._stored()
            if self._position == 0:
                self._projection.clear()
        return self._position

    def catch_up(self, until: int | None = None) -> int:
        """Deliver what is new, up to the sequence ``until``; how many events that were."""
        start, delivered = self.position, 0
        last: Event | None = None
        try:
            for event in self._log.read(after=start):
                if until is not None and event.sequence > until:
                    break
                self._projection.apply(event)
                self._position, last = event.sequence, event
                delivered += 1
                if delivered % _STORE_EVERY == 0:
                    self._store(event)
        finally:
            if last is not None:
                self._store(last)
        return delivered

    def rebuild(self, until: int | None = None) -> int:
        """Build the projection again from the first event; how many events it took."""
        self._path.unlink(missing_ok=True)
        self._position = 0
        self._projection.clear()
        return self.catch_up(until)

    def run(self, stop: threading.Event, poll_s: float = 0.2) -> None:
        """Follow the log, also what other processes append, until ``stop`` is set."""
        while not stop.is_set():
            if not self.catch_up():
                wait_for(self._log, self.position, poll_s, stop)

    def _stored(self) -> int:
        """The stored position; 0 where there is none, it is damaged, or it is that of another log."""
        try:
            stored = orjson.loads(self._path.read_bytes())
            sequence, event_id = int(stored["sequence"]), str(stored["event_id"])
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return 0
        event = self._log.get(event_id)
        if event is None:
            following = next(iter(self._log.read(after=sequence - 1, limit=1)), None)
            pruned = following is None or following.sequence != sequence
            return sequence if pruned and self._newest() >= sequence else 0
        return sequence if event.sequence == sequence else 0

    def _newest(self) -> int:
        return max((event.sequence for event in self._log.read(newest_first=True, limit=1)), default=0)

    def _store(self, event: Event) -> None:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_new(self._path, orjson.dumps({"sequence": event.sequence, "event_id": event.event_id}))


def wait_for(log: EventLog, after: int, timeout_s: float, stop: threading.Event | None = None) -> bool:
    """Wait until the log has an event above the sequence ``after``; False where the time ran out.

    An append in this process is seen at once where the log tells of it, one of another process within 50 ms.
    """
    deadline = time.monotonic() + timeout_s
    changed: threading.Condition = getattr(log, "changed", threading.Condition())
    while not (stop and stop.is_set()):
        if next(iter(log.read(after=after, limit=1)), None) is not None:
            return True
        left = deadline - time.monotonic()
        if left <= 0:
            return False
        with changed:
            changed.wait(min(0.05, left))
    return False
