"""The event log beyond one machine: a PostgreSQL server, reached through SQLAlchemy.

Invariant: that of ``training.events.base.EventLog``. ``append`` returns after the server committed to disk;
writers take turns at the one row of ``events_head``, so sequences are gapless and in the order of commits.
Long reads go page by page behind the last sequence seen: memory is bounded, nothing is held on the server
in between, and a read goes on where it was after the server came back.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, insert, select, text, update

from training.events.base import Event, EventLogError, type_names
from training.events.codec import decode, encode, from_document, payload, plain, to_document
from training.events.incoming import Redactor, cleaned, numbered
from training.events.log import Verification
from training.events.redaction import redact
from training.events.sql_schema import events, head, prepare
from training.events.sql_server import Server
from training.events.sql_verify import COLUMNS, verify
from training.events.views import given_moment, happened_by

_FIRST_PAGE, _PAGE, _PAGE_BYTES = 100, 2000, 4 << 20
_GUARDS = text(
    """
    SELECT set_config('lock_timeout', :lock_ms, true),
        set_config('idle_in_transaction_session_timeout', :idle_ms, true),
        set_config('synchronous_commit', CASE current_setting('synchronous_commit')
            WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, true)
    """
)
"""No writer waits for ever, none that stopped in the middle keeps the others out, a commit is on the disk."""
_KNOWN = text("SELECT event_id, record FROM events WHERE event_id = ANY(CAST(:ids AS text[]))")
_VERSIONS = text(
    """
    SELECT wanted, (SELECT version FROM events WHERE aggregate_id = wanted ORDER BY version DESC LIMIT 1)
    FROM unnest(CAST(:aggregates AS text[])) AS wanted
    """
)


class SqlEventLog:
    """An EventLog in the PostgreSQL database at ``url`` (``postgresql+psycopg://user@host:5432/database``).

    Raises EventLogError: a server that does not answer, no log there (with ``create`` false), a newer format.
    """

    def __init__(
        self, url: str, *, create: bool = True, redactor: Redactor = redact, lock_timeout_s: float = 10.0
    ) -> None:
        self._server = Server(url, lock_timeout_s)
        self._redactor = redactor
        self._closed = False
        self._unreadable: set[int] = set()
        self._server.run(lambda connection: prepare(connection, self._server.name, create))

    @property
    def name(self) -> str:
        """Where the log is, for messages: its URL without password and options."""
        return self._server.name

    @property
    def notices(self) -> Sequence[str]:
        return tuple(self._server.notices)

    def append(self, event: Event, *, expected_version: int | None = None) -> Event:
        return self._write([event], expected_version)[0]

    def append_many(self, events: Sequence[Event]) -> list[Event]:
        return self._write(events)

    def restore(self, events: Sequence[Event]) -> list[Event]:
        """Write events of another log behind the last one, with the sequences and versions they had there.

        All or none; known ids come back as stored. Raises EventLogError where a sequence is taken.
        """
        return self._write(events, renumber=False)

    def get(self, event_id: str) -> Event | None:
        self._check_open()
        if not _possible(event_id):
            return None
        query = select(events.c.sequence, events.c.record).where(events.c.event_id == plain(event_id))
        found = self._server.fetch(query)
        return self._event(found[0]) if found else None

    def version_of(self, aggregate_id: str) -> int:
        self._check_open()
        if not _possible(aggregate_id):
            return 0
        newest = func.max(events.c.version).label("version")
        (found,) = self._server.fetch(select(newest).where(events.c.aggregate_id == plain(aggregate_id)))
        return found.version or 0

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
        self._check_open()
        types = type_names(event_type)
        conditions: list[ColumnElement[bool]] = []
        if types is not None:
            conditions.append(events.c.event_type.in_([plain(one) for one in types if _possible(one)]))
        for column, wanted in (
            (events.c.aggregate_id, aggregate_id),
            (events.c.correlation_id, correlation_id),
        ):
            if wanted is not None:
                conditions.append(column == plain(wanted) if _possible(wanted) else events.c.sequence < 0)
        (last,) = self._server.fetch(select(head.c.sequence))
        end = last.sequence if until is None else min(until, last.sequence)
        if as_of is None:
            return self._pages(conditions, after, end, limit, newest_first)
        moment = given_moment(as_of)
        found = self._pages(conditions, after, end, None, newest_first)
        return islice((event for event in found if happened_by(event.timestamp, moment)), limit)

    def verify(self) -> Verification:
        """Walk every row: whether it proves whole, follows from the one before, agrees with its columns."""
        self._check_open()
        count, damages = verify(self._server)
        return Verification(count, tuple(damages), tuple(self._server.notices))

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._server.close()

    def _pages(
        self,
        conditions: Sequence[ColumnElement[bool]],
        after: int,
        until: int,
        limit: int | None,
        newest_first: bool,
    ) -> Iterator[Event]:
        """Events with a sequence in ``after``..``until``, fetched in pages of a few MB."""
        sequence, rows, left = events.c.sequence, _FIRST_PAGE, limit
        while after < until and (left is None or left > 0):
            self._check_open()
            query = (
                select(sequence, events.c.record)
                .where(*conditions, sequence > after, sequence <= until)
                .order_by(sequence.desc() if newest_first else sequence)
                .limit(rows if left is None else min(rows, left))
            )
            page = self._server.fetch(query)
            found = [event for event in (self._event(row) for row in page) if event is not None]
            yield from found
            if not page:
                return
            if newest_first:
                until = page[-1].sequence - 1
            else:
                after = page[-1].sequence
            left = None if left is None else left - len(found)
            mean = sum(len(row.record) for row in page) // len(page)
            rows = max(1, min(_PAGE, _PAGE_BYTES // mean))

    def _event(self, row: Row[Any]) -> Event | None:
        """The event of a row; None, and a notice, where the row was damaged."""
        sequence, found = row.sequence, decode(row.record)
        if found is not None:
            return from_document(found.document)
        if sequence not in self._unreadable:
            self._unreadable.add(sequence)
            self._server.notices.append(f"{self.name}: event {sequence} cannot be read and is left out")
        return None

    def _write(
        self, given: Sequence[Event], expected_version: int | None = None, *, renumber: bool = True
    ) -> list[Event]:
        self._check_open()
        clean = [_storable(cleaned(event, self._redactor)) for event in given]
        if not clean:
            return []

        def record(connection: Connection) -> dict[str, Event]:
            connection.execute(_GUARDS, self._server.patience)
            sequence, digest = connection.execute(
                select(head.c.sequence, head.c.digest).with_for_update()
            ).one()
            rows = connection.execute(_KNOWN, {"ids": [event.event_id for event in clean]}).all()
            known = {event_id: _stored(line) for event_id, line in rows}
            if renumber:
                wanted = sorted({event.aggregate_id for event in clean})
                versions = {
                    name: version or 0
                    for name, version in connection.execute(_VERSIONS, {"aggregates": wanted})
                }
                fresh = numbered(clean, known, versions, sequence, expected_version)
            else:
                fresh = [event for event in clean if event.event_id not in known]
                self._check_order(fresh, sequence)
            if fresh:
                _insert(connection, fresh, digest)
            return known | {event.event_id: event for event in fresh}

        stored = self._server.run(record)
        return [stored[event.event_id] for event in clean]

    def _check_order(self, fresh: Sequence[Event], sequence: int) -> None:
        for event in fresh:
            if event.sequence <= sequence:
                raise EventLogError(
                    f"{self.name} holds another event {event.sequence}; move to an empty database"
                )
            sequence = event.sequence

    def _check_open(self) -> None:
        if self._closed:
            raise EventLogError(f"the log in {self.name} is closed; open it again")


def _insert(connection: Connection, fresh: Sequence[Event], digest: bytes) -> None:
    rows = []
    for place, event in enumerate(fresh):
        line, digest = encode(payload(to_document(event)), digest, place, len(fresh))
        rows.append({"record": line[:-1], **{name: getattr(event, name) for name in COLUMNS}})
    connection.execute(insert(events), rows)
    connection.execute(update(head).values(sequence=fresh[-1].sequence, digest=digest))


def _possible(name: str) -> bool:
    """Whether a stored name can be ``name``: PostgreSQL's text holds no NUL."""
    return "\0" not in name


def _storable(event: Event) -> Event:
    for name in COLUMNS:
        value = getattr(event, name)
        if isinstance(value, str) and not _possible(value):
            raise EventLogError(
                f"event.{name} is {value!r}, and PostgreSQL holds no NUL in a name; take it out"
            )
    return event


def _stored(line: bytes) -> Event:
    found = decode(line)
    if found is None:
        raise EventLogError(
            "the event was recorded before, but its row is damaged; see: apprentice decisions verify"
        )
    return from_document(found.document)
