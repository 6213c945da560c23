"""Writing events into a log on PostgreSQL, within one transaction.

Invariant: who writes holds the one row of ``events_head``, so sequences are given in the order of commits.
"""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, insert, select, text, update

from training.events.base import Event, EventLogError
from training.events.codec import Record, decode, encode, encode_removed, from_document, payload, to_document
from training.events.incoming import numbered
from training.events.sql_schema import events, head
from training.events.sql_server import Server
from training.events.sql_verify import COLUMNS

_KNOWN = text("SELECT event_id, record FROM events WHERE event_id = ANY(CAST(:ids AS text[]))")
_VERSIONS = text(
    """
    SELECT wanted, (SELECT version FROM events WHERE aggregate_id = wanted ORDER BY version DESC LIMIT 1)
    FROM unnest(CAST(:aggregates AS text[])) AS wanted
    """
)


def append(server: Server, clean: Sequence[Event], expected_version: int | None) -> list[Event]:
    """Number and write events, all or none; known ids come back as stored. Raises EventLogError."""

    def work(connection: Connection) -> dict[str, Event]:
        sequence, digest = _hold(server, connection)
        known = _known(connection, clean)
        wanted = sorted({event.aggregate_id for event in clean})
        found = connection.execute(_VERSIONS, {"aggregates": wanted})
        versions = {name: version or 0 for name, version in found}
        fresh = numbered(clean, known, versions, sequence, expected_version)
        _insert(connection, fresh, digest)
        return known | {event.event_id: event for event in fresh}

    return _in_order(clean, server.run(work))


def restore(server: Server, clean: Sequence[Event], removed: Collection[str]) -> list[Event]:
    """``append`` under the numbers that the events have; of those that are ``removed`` the envelopes.

    Raises EventLogError where a number is taken.
    """

    def work(connection: Connection) -> dict[str, Event]:
        sequence, digest = _hold(server, connection)
        known = _known(connection, clean)
        fresh = [event for event in clean if event.event_id not in known]
        for event in fresh:
            if event.sequence <= sequence:
                raise EventLogError(
                    f"{server.name} holds another event {event.sequence}; move to an empty database"
                )
            sequence = event.sequence
        _insert(connection, fresh, digest, removed)
        return known | {event.event_id: event for event in fresh}

    return _in_order(clean, server.run(work))


def is_possible(name: str) -> bool:
    """Whether a stored name can be ``name``: PostgreSQL's text holds no NUL."""
    return "\0" not in name


def storable(event: Event) -> Event:
    """The event. Raises EventLogError where a column cannot hold its name."""
    for name in COLUMNS:
        value = getattr(event, name)
        if isinstance(value, str) and not is_possible(value):
            raise EventLogError(
                f"event.{name} is {value!r}, and PostgreSQL holds no NUL in a name; take it out"
            )
    return event


def _hold(server: Server, connection: Connection) -> tuple[int, bytes]:
    """Wait for the other writers; the last sequence and its digest."""
    server.guard(connection)
    sequence, digest = connection.execute(select(head.c.sequence, head.c.digest).with_for_update()).one()
    return sequence, digest


def _known(connection: Connection, wanted: Sequence[Event]) -> dict[str, Event]:
    rows = connection.execute(_KNOWN, {"ids": [event.event_id for event in wanted]})
    return {event_id: _stored(line) for event_id, line in rows}


def _stored(line: bytes) -> Event:
    found = decode(line)
    if found is None:
        raise EventLogError(
            "the event was recorded before, but its row is damaged; see: apprentice decisions verify"
        )
    return from_document(found.document)


def _insert(
    connection: Connection, fresh: Sequence[Event], previous: bytes, removed: Collection[str] = ()
) -> None:
    if not fresh:
        return
    rows, digest = [], previous
    for place, event in enumerate(fresh):
        document, before = to_document(event), digest
        line, digest = encode(payload(document), before, place, len(fresh))
        if event.event_id in removed:  # the hash of what it was is that of another chain
            line = encode_removed(Record(digest, before, place, len(fresh), document))
        rows.append({"record": line[:-1], **{name: getattr(event, name) for name in COLUMNS}})
    connection.execute(insert(events), rows)
    connection.execute(update(head).values(sequence=fresh[-1].sequence, digest=digest))


def _in_order(wanted: Sequence[Event], stored: dict[str, Event]) -> list[Event]:
    return [stored[event.event_id] for event in wanted]
