"""TinyDB over the journal: its queries, none of its rewriting.

Invariant: TinyDB reads events as dicts and its ``Query`` works on them; the only way to change the log is to
append. Whatever in TinyDB would rewrite, update or remove raises EventLogError.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Condition
from typing import Any, NoReturn

from tinydb import TinyDB
from tinydb.storages import Storage
from tinydb.table import Table

from training.events import codec
from training.events.base import Event, EventLogError
from training.events.incoming import Redactor
from training.events.index import Index
from training.events.journal import Journal
from training.events.numbering import Entry, Given, Numbers
from training.events.prepare import Prepared, prepare_all

TABLE = "events"
_NOTHING = Given([], [])


@dataclass(eq=False)
class _Request:
    """Events of one caller, all or none. ``expected`` is the version that their aggregate must be at."""

    events: Sequence[Prepared]
    expected: int | None
    given: Given = _NOTHING
    done: bool = False
    error: EventLogError | None = None


class JournalStorage(Storage):
    """The journal with its index. ``folder`` exists; further options are those of Journal.

    With ``group`` callers that wait for each other are written together, by one sync.
    """

    def __init__(self, folder: Path, redactor: Redactor, *, group: bool = True, **options: Any) -> None:
        self.index = Index()
        self.index.document = self.envelope
        self._redactor = redactor
        self._group = group
        self._waiting: deque[_Request] = deque()
        self.changed = Condition()
        self.journal = Journal(folder, index=self.index, **options)

    def read(self) -> dict[str, dict[str, Any]]:
        """The one table, its documents read from the journal as they are asked for."""
        self.journal.refresh()
        return {TABLE: Documents(self)}  # type: ignore[dict-item]

    def write(self, data: Mapping[str, Mapping[str, Any]]) -> NoReturn:
        _immutable()

    def close(self) -> None:
        self.journal.close()

    def document(self, position: int) -> dict[str, Any]:
        """The stored event at an index position. Raises EventLogError where it was damaged since the open."""
        return self._record(position).document

    def envelope(self, position: int) -> dict[str, Any]:
        """The event at an index position, of which the data may have been pruned."""
        return self._record(position).document

    def _record(self, position: int) -> codec.Record:
        found = self._read(position)
        if found is not None:
            return found
        with self.journal.exclusive():  # meanwhile the segment may have been sealed or rewritten
            found = self._read(position)
            if found is not None:
                return found
            place = self.index.place(position)
            self.journal.sealed.look_again(place.segment)
            found = self._read(position)
            if found is not None:
                return found
            self.journal.sealed.forget(place.segment)
        raise EventLogError(
            f"{self.journal.path_of(place.segment)}: the record at byte {place.offset} was damaged; "
            "open it again"
        )

    def _read(self, position: int) -> codec.Record | None:
        place = self.index.place(position)
        try:
            line = self.journal.read_at(place.segment, place.offset, place.length)
        except OSError:
            return None
        record = codec.decode(line)
        return record if record and record.document["sequence"] == place.sequence else None

    def append(self, events: Sequence[Event], expected_version: int | None = None) -> list[Event]:
        """Redact, number and write events, all or none; events whose id is known come back as stored."""
        given = self._append(events, expected_version)
        return [
            stored.stored() if isinstance(stored, Entry) else codec.from_document(self.envelope(stored))
            for stored in given.stored
        ]

    def ingest(self, events: Sequence[Event]) -> int:
        """``append`` that gives back only how many events were new."""
        return len(self._append(events, None).new)

    def _append(self, events: Sequence[Event], expected: int | None) -> Given:
        request = _Request(prepare_all(events, self._redactor), expected)
        self._waiting.append(request)
        try:
            with self.journal.exclusive():
                if not request.done:
                    self._commit(request)
        finally:
            if not request.done and request in self._waiting:
                self._waiting.remove(request)
        if request.error:
            raise request.error
        with self.changed:
            self.changed.notify_all()
        return request.given

    def _commit(self, own: _Request) -> None:
        """Write this request, and with it those that wait for the lock; only within ``exclusive``."""
        if own in self._waiting:
            self._waiting.remove(own)
        requests = [own]
        if self._group:
            requests += [self._waiting.popleft() for _ in range(len(self._waiting))]
        numbers = Numbers(self.index, self.journal.sequence)
        for request in requests:
            try:
                request.given = numbers.give(request.events, request.expected)
            except EventLogError as error:
                request.error = error
        try:
            if batches := [request.given.new for request in requests if request.given.new]:
                self.journal.write(batches)
        except EventLogError as error:
            for request in requests:
                request.error = request.error or error
        for request in requests:
            request.done = True


class Documents(Mapping[str, Mapping[str, Any]]):
    """Events by sequence (as text, which is what TinyDB looks up), each read when it is asked for."""

    def __init__(self, storage: JournalStorage) -> None:
        self._storage = storage

    def __len__(self) -> int:
        return len(self._storage.index) - self._storage.index.removed()

    def __iter__(self) -> Iterator[str]:
        return (str(sequence) for sequence in self._storage.index.sequences())

    def __getitem__(self, key: str) -> dict[str, Any]:
        position = self._storage.index.at(int(key))
        if position is None:
            raise KeyError(key)
        return self._storage.document(position)


class EventTable(Table):
    """A TinyDB table whose documents are events: searched as usual, appended only."""

    _storage: JournalStorage

    def __init__(self, storage: JournalStorage, name: str) -> None:
        super().__init__(storage, name, cache_size=0)

    def insert(self, document: Mapping[str, Any]) -> int:
        """Append one event given as a dict; returns its sequence."""
        return self.insert_multiple([document])[0]

    def insert_multiple(self, documents: Iterable[Mapping[str, Any]]) -> list[int]:
        events = [codec.from_document(document) for document in documents]
        return [event.sequence for event in self._storage.append(events)]

    def upsert(self, document: Mapping[str, Any], cond: Any = None) -> NoReturn:
        _immutable()

    def update(self, fields: Any, cond: Any = None, doc_ids: Any = None) -> NoReturn:
        _immutable()

    def update_multiple(self, updates: Any) -> NoReturn:
        _immutable()

    def remove(self, cond: Any = None, doc_ids: Any = None) -> NoReturn:
        _immutable()

    def truncate(self) -> NoReturn:
        _immutable()


class EventDatabase(TinyDB):
    """TinyDB with the two classes above."""

    table_class = EventTable  # type: ignore[assignment]
    default_table_name = TABLE
    default_storage_class = JournalStorage  # type: ignore[assignment]


def _immutable() -> NoReturn:
    raise EventLogError("events never change and are never removed; append a new event instead")
