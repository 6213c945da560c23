"""The event log beyond one machine: a PostgreSQL server, reached through SQLAlchemy.

Invariant: that of ``training.events.base.EventLog``. ``append`` returns after the server committed to disk;
writers take turns at the one row of ``events_head``, so sequences are gapless and in the order of commits.
Long reads go page by page behind the last sequence seen: memory is bounded, nothing is held on the server
in between, and a read goes on where it was after the server came back.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select

from training.events import sql_prune, sql_write
from training.events.base import Event, EventLogError, type_names
from training.events.codec import decode, from_document, plain
from training.events.incoming import Redactor, cleaned
from training.events.pruning import Pruned, rule_for
from training.events.recovery import Verification
from training.events.redaction import redact
from training.events.sql_schema import events, head, prepare
from training.events.sql_server import Server
from training.events.sql_verify import verify
from training.events.sql_write import is_possible, storable
from training.events.views import given_moment, happened_by

_FIRST_PAGE, _PAGE, _PAGE_BYTES = 100, 2000, 4 << 20


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
        return sql_write.append(self._server, self._cleaned([event]), expected_version)[0]

    def append_many(self, events: Sequence[Event]) -> list[Event]:
        clean = self._cleaned(events)
        return sql_write.append(self._server, clean, None) if clean else []

    def restore(self, events: Sequence[Event], removed: Collection[str] = ()) -> list[Event]:
        """Write events of another log behind the last one, with the sequences and versions they had there.

        All or none; known ids come back as stored; ``removed`` are the ids of those that were pruned there.
        Raises EventLogError where a sequence is taken.
        """
        return sql_write.restore(self._server, self._cleaned(events), removed)

    def remember(self, entries: Sequence[dict[str, Any]]) -> None:
        """Take over what another log knows of its prunes, where this one knows of none."""
        self._check_open()
        sql_prune.remember(self._server, entries)

    def get(self, event_id: str) -> Event | None:
        self._check_open()
        if not is_possible(event_id):
            return None
        query = select(events.c.sequence, events.c.record).where(events.c.event_id == plain(event_id))
        found = self._server.fetch(query)
        return self._event(found[0]) if found else None

    def version_of(self, aggregate_id: str) -> int:
        self._check_open()
        if not is_possible(aggregate_id):
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
            conditions.append(events.c.event_type.in_([plain(one) for one in types if is_possible(one)]))
        for column, wanted in (
            (events.c.aggregate_id, aggregate_id),
            (events.c.correlation_id, correlation_id),
        ):
            if wanted is not None:
                conditions.append(column == plain(wanted) if is_possible(wanted) else events.c.sequence < 0)
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

    def prune(
        self,
        *,
        before: str | datetime | None = None,
        types: Collection[str] | None = None,
        max_bytes: int | None = None,
        keep_cited: Callable[[str], bool] | None = None,
        force: bool = False,
    ) -> Pruned:
        """As ``TinyEventLog.prune``. Needs the owner of the tables where the log was made before it could."""
        self._check_open()
        return sql_prune.prune(self._server, rule_for(self, before, types, max_bytes, keep_cited, force))

    def removed(self, after: int = 0) -> Iterator[Event]:
        """The events that were pruned, above a sequence and in order, without their data."""
        self._check_open()
        return sql_prune.removed(self._server, after)

    def pruned(self) -> list[dict[str, Any]]:
        """What was pruned so far, oldest first: when, by which rule, how many of which type, sequences."""
        self._check_open()
        return sql_prune.history(self._server)

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
        """The event of a row; None where it was pruned, or, with a notice, where the row was damaged."""
        sequence, found = row.sequence, decode(row.record)
        if found is not None:
            return None if found.removed else from_document(found.document)
        if sequence not in self._unreadable:
            self._unreadable.add(sequence)
            self._server.notices.append(f"{self.name}: event {sequence} cannot be read and is left out")
        return None

    def _cleaned(self, given: Sequence[Event]) -> list[Event]:
        self._check_open()
        return [storable(cleaned(event, self._redactor)) for event in given]

    def _check_open(self) -> None:
        if self._closed:
            raise EventLogError(f"the log in {self.name} is closed; open it again")
