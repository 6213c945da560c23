"""Versions and sequences for events that are ready to be written.

Invariant: an id that the log has, or that was numbered before in the same write, is not numbered again; the
versions of an aggregate have no gaps; a request that is refused takes no numbers.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, Protocol

import orjson

from training.events.base import Event, VersionConflict
from training.events.codec import EVENT_BEGIN, from_document
from training.events.prepare import Prepared


class Entry(NamedTuple):
    """A prepared event with its numbers."""

    event: Event
    body: bytes
    version: int
    sequence: int

    def stored(self) -> Event:
        """The event as it is read back."""
        numbers = b',"version":%d,"sequence":%d}' % (self.version, self.sequence)
        return from_document(orjson.loads(EVENT_BEGIN + self.body + numbers))


class Given(NamedTuple):
    """What a request got: per event its entry, or the position of the event of that id in the log."""

    stored: list[Entry | int]
    new: list[Entry]


class Known(Protocol):
    """What the log has; in ``training.events.index``."""

    def positions_of(self, event_ids: Collection[str], /) -> Mapping[str, int]: ...

    def versions_of(self, aggregate_ids: Collection[str], /) -> Mapping[str, int]: ...


class Numbers:
    """Gives numbers to the requests of one write, which come after ``sequence``."""

    def __init__(self, known: Known, sequence: int) -> None:
        self._known = known
        self._sequence = sequence
        self._fresh: dict[str, Entry] = {}
        self._versions: dict[str, int] = {}

    def give(self, events: Sequence[Prepared], expected: int | None) -> Given:
        """Raises VersionConflict where an aggregate is not at the ``expected`` version."""
        positions = self._known.positions_of({event.event_id for event, _ in events})
        aggregates = {event.aggregate_id for event, _ in events}
        versions = {**self._known.versions_of(aggregates), **self._versions}
        sequence, fresh = self._sequence, dict(self._fresh)
        given = Given([], [])
        for event, body in events:
            event_id, aggregate_id = event.event_id, event.aggregate_id
            known = fresh.get(event_id) or positions.get(event_id)
            if known is None:
                version = versions.get(aggregate_id, 0)
                if expected is not None and version != expected:
                    raise _conflict(event, version, expected)
                sequence += 1
                versions[aggregate_id] = version + 1
                known = fresh[event_id] = Entry(event, body, version + 1, sequence)
                given.new.append(known)
            given.stored.append(known)
        self._sequence, self._fresh, self._versions = sequence, fresh, versions
        return given


def _conflict(event: Event, version: int, expected: int) -> VersionConflict:
    return VersionConflict(
        f"{event.aggregate_type} {event.aggregate_id} is at version {version}, "
        f"not {expected}; read it again before appending"
    )
