"""What happens to an event before a store writes it: made storable, freed of secrets, numbered.

Invariant: what is refused is refused here, before anything is written; an id that is known already is not
numbered again, so that writing an event twice is harmless.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from training.events.base import Event, EventLogError, VersionConflict
from training.events.codec import plain, to_document

Redactor = Callable[[Any], tuple[Any, dict[str, int]]]
"""Takes secrets out of a value: the cleaned value, and how many of each kind were taken out."""

NEEDED = ("event_id", "event_type", "aggregate_id", "aggregate_type", "timestamp")


def unredacted(value: Any) -> tuple[Any, dict[str, int]]:
    """The redactor for events that were redacted when they were first written: changes nothing."""
    return value, {}


def cleaned(event: Event, redactor: Redactor) -> Event:
    """A copy that can be stored exactly, without secrets. Raises EventLogError where it cannot."""
    document = plain(to_document(event))
    for name in NEEDED:
        if not document[name] or not isinstance(document[name], str):
            raise EventLogError(f"event.{name} is {document[name]!r}; an event needs it as text")
    data, counts = redactor(document["data"])
    if counts:
        data["redacted"] = counts
    return Event(**{**document, "data": data})


def numbered(
    events: Sequence[Event],
    known: Collection[str],
    versions: Mapping[str, int],
    sequence: int,
    expected_version: int | None = None,
) -> list[Event]:
    """The events whose id is not ``known``, each once, with the sequence and version that they get.

    ``versions`` are those that the aggregates are at (0 where they have no events); ``sequence`` is the last
    one given. Raises VersionConflict.
    """
    fresh: dict[str, Event] = {}
    now = dict(versions)
    for event in events:
        if event.event_id in fresh or event.event_id in known:
            continue
        version = now.get(event.aggregate_id, 0)
        if expected_version is not None and version != expected_version:
            raise VersionConflict(
                f"{event.aggregate_type} {event.aggregate_id} is at version {version}, "
                f"not {expected_version}; read it again before appending"
            )
        now[event.aggregate_id] = version + 1
        fresh[event.event_id] = replace(event, version=version + 1, sequence=sequence + len(fresh) + 1)
    return list(fresh.values())
