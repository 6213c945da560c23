"""A log as it stood at one moment, and somebody told of what is read from it.

Invariant: a view reads what its log reads and takes no events. "At a time" goes by each event's own
timestamp, so that a later review or outcome of an earlier decision is not seen; "at a sequence" by the order.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from training.events.base import Event, EventLog, EventLogError

T = TypeVar("T", int, datetime)
OnEvent = Callable[[Event], None]


class LogView:
    """``log`` up to ``until``, a time with its zone or a sequence. ``on_event`` is told each event read.

    Raises EventLogError where ``until`` is no time.
    """

    def __init__(
        self, log: EventLog, *, until: str | datetime | int | None = None, on_event: OnEvent | None = None
    ) -> None:
        self._log = log
        self._sequence = until if isinstance(until, int) else None
        self._moment = given_moment(until) if isinstance(until, str | datetime) else None
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
        return event if event is not None and self._has(event) else None

    def version_of(self, aggregate_id: str) -> int:
        if self._sequence is None and self._moment is None:
            return self._log.version_of(aggregate_id)
        newest = next(self.read(aggregate_id=aggregate_id, newest_first=True, limit=1), None)
        return newest.version if newest else 0

    def read(
        self,
        *,
        event_type: str | Iterable[str] | None = None,
        aggregate_id: str | None = None,
        correlation_id: str | None = None,
        after: int = 0,
        limit: int | None = None,
        newest_first: bool = False,
        until: int | None = None,
        as_of: str | datetime | None = None,
    ) -> Iterator[Event]:
        events = self._log.read(
            event_type=event_type,
            aggregate_id=aggregate_id,
            correlation_id=correlation_id,
            after=after,
            limit=limit,
            newest_first=newest_first,
            until=_earlier(until, self._sequence),
            as_of=_earlier(given_moment(as_of) if as_of is not None else None, self._moment),
        )
        return events if self._on_event is None else self._told(events, self._on_event)

    def close(self) -> None:
        """The log belongs to whoever opened it."""

    def _told(self, events: Iterable[Event], on_event: OnEvent) -> Iterator[Event]:
        for event in events:
            on_event(event)
            yield event

    def _has(self, event: Event) -> bool:
        if self._sequence is not None and event.sequence > self._sequence:
            return False
        return self._moment is None or happened_by(event.timestamp, self._moment)


def moment_of(timestamp: str) -> datetime | None:
    """A stored timestamp as a time, in UTC where it names no zone; None where it is no ISO 8601 time."""
    try:
        moment = datetime.fromisoformat(timestamp)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def happened_by(timestamp: str, moment: datetime) -> bool:
    """Whether an event with that timestamp had happened by then; one that is no time had."""
    happened = moment_of(timestamp)
    return happened is None or happened <= moment


def _earlier(one: T | None, other: T | None) -> T | None:
    """Of two ends the first; None is none."""
    return min((end for end in (one, other) if end is not None), default=None)


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
