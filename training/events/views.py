"""A log as it stood at one moment, and somebody told of what is read from it.

Invariant: a view reads what its log reads and takes no events. "At a time" goes by each event's own
timestamp, so that a later review or outcome of an earlier decision is not seen; "at a sequence" by the order.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice

from training.events.base import Event, EventLog, EventLogError

OnEvent = Callable[[Event], None]


class LogView:
    """``log`` up to ``until``, a moment or a sequence. ``on_event`` is told each event that is read."""

    def __init__(
        self, log: EventLog, *, until: datetime | int | None = None, on_event: OnEvent | None = None
    ) -> None:
        self._log = log
        self._until = until
        self._on_event = on_event

    @property
    def notices(self) -> Sequence[str]:
        return self._log.notices

    def append(self, event: Event, *, expected_version: int | None = None) -> Event:
        raise EventLogError("a view of the log takes no events; append to the log itself")

    def append_many(self, events: Sequence[Event]) -> list[Event]:
        raise EventLogError("a view of the log takes no events; append to the log itself")

    def get(self, event_id: str) -> Event | None:
        event = self._log.get(event_id)
        return event if event is not None and self.has(event) else None

    def read(
        self,
        *,
        event_type: str | Iterable[str] | None = None,
        aggregate_id: str | None = None,
        correlation_id: str | None = None,
        after: int = 0,
        limit: int | None = None,
        newest_first: bool = False,
    ) -> Iterator[Event]:
        events = self._log.read(
            event_type=event_type,
            aggregate_id=aggregate_id,
            correlation_id=correlation_id,
            after=after,
            newest_first=newest_first,
        )
        return islice(self._watched(events, newest_first), limit)

    def close(self) -> None:
        """The log belongs to whoever opened it."""

    def _watched(self, events: Iterable[Event], newest_first: bool) -> Iterator[Event]:
        for event in events:
            if isinstance(self._until, int) and not newest_first and event.sequence > self._until:
                return
            if self._on_event is not None:
                self._on_event(event)
            if self.has(event):
                yield event

    def has(self, event: Event) -> bool:
        """Whether the event had happened by then."""
        if self._until is None:
            return True
        if isinstance(self._until, int):
            return event.sequence <= self._until
        moment = moment_of(event.timestamp)
        return moment is None or moment <= self._until


def moment_of(timestamp: str) -> datetime | None:
    """A stored timestamp as a time, in UTC where it names no zone; None where it is no ISO 8601 time."""
    try:
        moment = datetime.fromisoformat(timestamp)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def given_moment(given: str | datetime) -> datetime:
    """A time that a caller names. Raises EventLogError where it is none, or names no zone."""
    try:
        moment = datetime.fromisoformat(given) if isinstance(given, str) else given
    except ValueError as error:
        raise EventLogError(f"{given!r} is no ISO 8601 time") from error
    if moment.tzinfo is None:
        raise EventLogError(f"the time {given} has no zone; append Z for UTC")
    return moment


def last_sequence(log: EventLog) -> int:
    """The sequence of the newest event; 0 in an empty log."""
    newest = next(log.read(newest_first=True, limit=1), None)
    return newest.sequence if newest else 0
