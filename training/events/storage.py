"""TinyDB over the journal: its queries, none of its rewriting.

Invariant: TinyDB reads events as dicts and its ``Query`` works on them; the only way to change the log is to
append. Whatever in TinyDB would rewrite, update or remove raises EventLogError.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

from tinydb import TinyDB
from tinydb.storages import Storage
from tinydb.table import Table

from training.events import codec
from training.events.base import Event, EventLogError, VersionConflict
from training.events.index import Index
from training.events.journal import Journal

TABLE = "events"
Redactor = Callable[[Any], tuple[Any, dict[str, int]]]
"""Takes secrets out of a value: the cleaned value, and how many of each kind were taken out."""


class JournalStorage(Storage):
    """The journal with its index. ``folder`` exists; further options are those of Journal."""

    def __init__(self, folder: Path, redactor: Redactor, **options: Any) -> None:
        self.index = Index()
        self._redactor = redactor
        self.journal = Journal(folder, self.index.add, **options)

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
        place = self.index.place(position)
        record = codec.decode(self.journal.read_at(place.offset, place.length))
        if record is None:
            raise EventLogError(
                f"{self.journal.path}: the record at byte {place.offset} was damaged; open it again"
            )
        return record.document

    def append(self, events: Sequence[Event], expected_version: int | None = None) -> list[Event]:
        """Redact, number and write events, all or none; events whose id is known come back as stored."""
        cleaned = [self._clean(event) for event in events]
        with self.journal.exclusive():
            fresh: dict[str, dict[str, Any]] = {}
            versions: dict[str, int] = {}
            for event in cleaned:
                if event.event_id in fresh or self.index.position_of(event.event_id) is not None:
                    continue
                version = versions.get(event.aggregate_id, self.index.version_of(event.aggregate_id))
                if expected_version is not None and version != expected_version:
                    raise VersionConflict(
                        f"{event.aggregate_type} {event.aggregate_id} is at version {version}, "
                        f"not {expected_version}; read it again before appending"
                    )
                versions[event.aggregate_id] = version + 1
                sequence = self.journal.sequence + len(fresh) + 1
                fresh[event.event_id] = codec.to_document(
                    replace(event, version=version + 1, sequence=sequence)
                )
            if fresh:
                self.journal.write(list(fresh.values()))
        return [codec.from_document(fresh.get(e.event_id) or self._stored(e.event_id)) for e in cleaned]

    def _stored(self, event_id: str) -> dict[str, Any]:
        position = self.index.position_of(event_id)
        assert position is not None
        return self.document(position)

    def _clean(self, event: Event) -> Event:
        document = codec.plain(codec.to_document(event))
        for name in ("event_id", "event_type", "aggregate_id", "aggregate_type", "timestamp"):
            if not document[name] or not isinstance(document[name], str):
                raise EventLogError(f"event.{name} is {document[name]!r}; an event needs it as text")
        data, counts = self._redactor(document["data"])
        if counts:
            data["redacted"] = counts
        return Event(**{**document, "data": data})


class Documents(Mapping[str, Mapping[str, Any]]):
    """Events by sequence (as text, which is what TinyDB looks up), each read when it is asked for."""

    def __init__(self, storage: JournalStorage) -> None:
        self._storage = storage

    def __len__(self) -> int:
        return len(self._storage.index)

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
