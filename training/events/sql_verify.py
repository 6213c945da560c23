"""A walk over every row of a log on PostgreSQL.

Invariant: a row that was changed, put in or taken out by whoever may switch the triggers off is named,
the last ones too.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select

from training.events.codec import FIRST_PREVIOUS, decode
from training.events.recovery import Damage
from training.events.sql_schema import events, head
from training.events.sql_server import Server

COLUMNS = (
    "sequence",
    "event_id",
    "event_type",
    "aggregate_id",
    "aggregate_type",
    "version",
    "timestamp",
    "causation_id",
    "correlation_id",
)
"""The fields of an event that are columns of their own."""

_PAGE = 500


@dataclass(frozen=True, slots=True)
class RowDamage(Damage):
    """Damage in a table: there are no bytes to name, ``offset`` and ``length`` are 0."""

    def describe(self) -> str:
        return f"{self.events}: {self.reason}"


def verify(server: Server) -> tuple[int, list[Damage]]:
    """How many rows prove whole, and what is damaged."""
    (last,) = server.fetch(select(head.c.sequence, head.c.digest))
    damages: list[Damage] = []
    whole, sequence, digest = 0, 0, FIRST_PREVIOUS
    for row in _rows(server, last.sequence):
        record = decode(row.record)
        differs = "" if record is None else _difference(row, record.document)
        if record is None or differs:
            damages.append(_damage(row.sequence, row.sequence, differs or "cannot be read"))
            digest = b""
        else:
            if digest not in (b"", record.previous):
                damages.append(_break(sequence, row.sequence))
            whole += not record.removed
            digest = record.digest
        sequence = row.sequence
    if sequence != last.sequence or digest not in (b"", last.digest):
        damages.append(_damage(sequence + 1, last.sequence, "the last events were taken out or changed"))
    return whole, damages


def _rows(server: Server, until: int) -> Iterator[Row[Any]]:
    after = 0
    columns = [events.c[name] for name in (*COLUMNS, "record")]
    while after < until:
        query = (
            select(*columns)
            .where(events.c.sequence > after, events.c.sequence <= until)
            .order_by(events.c.sequence)
            .limit(_PAGE)
        )
        page = server.fetch(query)
        if not page:
            return
        yield from page
        after = page[-1].sequence


def _difference(row: Row[Any], document: dict[str, Any]) -> str:
    for name in COLUMNS:
        if getattr(row, name) != document.get(name):
            return f"its column {name} is not what was recorded"
    return ""


def _break(before: int, sequence: int) -> Damage:
    if sequence > before + 1:
        return _damage(
            before + 1, sequence - 1, "was taken out" if sequence == before + 2 else "were taken out"
        )
    return _damage(sequence, sequence, "does not follow from the event before it")


def _damage(first: int, last: int, reason: str) -> Damage:
    return RowDamage(0, 0, first, last, reason)
