"""The log as it stood at one moment: what all rows of a version are made from.

Invariant: events that are appended while a product is built are not in it, so its rows agree with each other.
"""

from collections.abc import Callable, Iterable, Iterator

from training.events.base import Event, EventLog

Progress = Callable[[int, int], None]
"""Told how many events of how many were read, about once per thousand."""

_STEP = 1000


class LogView:
    """Reads ``log`` up to the sequence ``until``: the newest of now, where it is not given."""

    def __init__(self, log: EventLog, until: int | None = None, progress: Progress | None = None) -> None:
        self._log = log
        self._progress = progress
        if until is None:
            newest = next(log.read(newest_first=True, limit=1), None)
            until = newest.sequence if newest else 0
        self.until = until

    def read(
        self,
        *,
        event_type: str | Iterable[str] | None = None,
        correlation_id: str | None = None,
        newest_first: bool = False,
    ) -> Iterator[Event]:
        """Events that match, in order, or the newest first."""
        events = self._log.read(
            event_type=event_type, correlation_id=correlation_id, newest_first=newest_first
        )
        for number, event in enumerate(events):
            if self._progress and number % _STEP == 0:
                passed = self.until - event.sequence if newest_first else event.sequence
                self._progress(max(passed, 0), self.until)
            if event.sequence <= self.until:
                yield event
            elif not newest_first:
                return
        if self._progress:
            self._progress(self.until, self.until)
