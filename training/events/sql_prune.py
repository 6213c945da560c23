"""Pruning a log on PostgreSQL: rows keep their columns, their records become the envelopes.

Invariant: that of ``training.events.pruning``. One transaction: everything that the rule names, and its entry
in ``events_pruned``, or nothing. Others append meanwhile; of two that prune one waits. The server keeps the
old bytes until its next vacuum.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, Row, bindparam, func, insert, inspect, select, update

from training.events.base import Event
from training.events.codec import decode, encode_removed, from_document
from training.events.pruning import Choice, Pruned, Rule
from training.events.sql_schema import allow_pruning, events, head, pruned
from training.events.sql_server import Server

_PAGE = 500
_PRUNING = 0x7072756E65
"""The key of the advisory lock that prunings take turns by."""
_SIZE = func.coalesce(func.sum(func.octet_length(events.c.record) + 1), 0)
_REPLACE = update(events).where(events.c.sequence == bindparam("at")).values(record=bindparam("envelope"))


def prune(server: Server, rule: Rule) -> Pruned:
    """Remove what the rule names. Raises EventLogError, also where the user may not."""

    def work(connection: Connection) -> Pruned:
        server.guard(connection)
        connection.execute(select(func.pg_advisory_xact_lock(_PRUNING)))
        before = connection.execute(select(_SIZE)).scalar_one()
        choice = Choice(rule, before)
        for page in _pages(connection, rule):
            envelopes = [found for row in page if (found := _envelope(row, choice)) is not None]
            if envelopes:
                allow_pruning(connection)
                connection.execute(_REPLACE, envelopes)
            if choice.is_enough:
                break
        if choice.sequences:
            connection.execute(insert(pruned).values(entry=orjson.dumps(choice.entry()).decode()))
        after = connection.execute(select(_SIZE)).scalar_one()
        return Pruned(len(choice.sequences), dict(choice.by_type), choice.cited, before - after)

    return server.run(work)


def history(server: Server) -> list[dict[str, Any]]:
    """What was pruned so far, oldest first."""

    def work(connection: Connection) -> list[dict[str, Any]]:
        if not inspect(connection).has_table(pruned.name):
            return []
        entries = connection.execute(select(pruned.c.entry).order_by(pruned.c.id)).scalars()
        return [orjson.loads(entry) for entry in entries]

    return server.run(work)


def remember(server: Server, entries: Sequence[dict[str, Any]]) -> None:
    """Write down prunes of the log that this one was moved from, where none is."""

    def work(connection: Connection) -> None:
        if entries:
            allow_pruning(connection)
            if connection.execute(select(pruned.c.id).limit(1)).first() is None:
                rows = [{"entry": orjson.dumps(entry).decode()} for entry in entries]
                connection.execute(insert(pruned), rows)

    server.run(work)


def removed(server: Server, after: int) -> Iterator[Event]:
    """The pruned events above a sequence, in order; their rows are those without data."""
    wanted = select(events.c.sequence, events.c.record).where(events.c.data.is_(None))
    wanted = wanted.order_by(events.c.sequence).limit(_PAGE)
    while page := server.fetch(wanted.where(events.c.sequence > after)):
        for row in page:
            record = decode(row.record)
            if record is not None and record.removed:
                yield from_document(record.document)
        after = page[-1].sequence


def _pages(connection: Connection, rule: Rule) -> Iterator[Sequence[Row[Any]]]:
    """The rows of the rule's types that there are now, the oldest first."""
    names = ("sequence", "event_id", "event_type", "timestamp", "record")
    last = connection.execute(select(head.c.sequence)).scalar_one()
    wanted = select(*(events.c[name] for name in names)).where(events.c.sequence <= last)
    if rule.types is not None:
        wanted = wanted.where(events.c.event_type.in_(rule.types))
    after = 0
    wanted = wanted.order_by(events.c.sequence).limit(_PAGE)
    while page := connection.execute(wanted.where(events.c.sequence > after)).all():
        yield page
        after = page[-1].sequence


def _envelope(row: Row[Any], choice: Choice) -> dict[str, Any] | None:
    """What to put into a row that goes; None where it stays, is damaged or is pruned already."""
    record = decode(row.record)
    if record is None or record.removed or choice.is_enough:
        return None
    if not choice.takes(row._asdict(), len(row.record) + 1):
        return None
    return {"at": row.sequence, "envelope": encode_removed(record)[:-1]}
