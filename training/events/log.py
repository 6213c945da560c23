"""The event log on one machine: a folder, a journal in it, TinyDB's queries over it.

Invariant: that of ``training.events.base.EventLog``. Safe for many threads and processes; a process that
forks opens its own.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import closing
from datetime import datetime
from itertools import islice
from pathlib import Path
from threading import Condition
from typing import TYPE_CHECKING, Any

from tinydb.queries import QueryLike

from training.events.base import Event, EventLogError, type_names
from training.events.caretaker import Caretaker
from training.events.codec import from_document
from training.events.files import JournalFile, OpenFile, cannot_open, may_write
from training.events.incoming import Redactor
from training.events.journal import SEGMENT_BYTES, Journal
from training.events.recovery import Verification
from training.events.redaction import redact
from training.events.segments import numbers
from training.events.storage import EventDatabase, JournalStorage
from training.events.views import given_moment, happened_by

if TYPE_CHECKING:
    from training.events.pruning import Pruned
    from training.events.settings import Sync


class TinyEventLog:
    """An EventLog in ``folder``. Where the folder may only be read, the log is read-only.

    While it is open and nothing is appended for ``quiet_s`` seconds, its old segments are compressed: see
    ``training.events.caretaker``. Raises EventLogError: no permission, no such folder (with ``create``
    false), an emptied or shortened journal, a newer format.
    """

    def __init__(
        self,
        folder: Path,
        *,
        create: bool = True,
        redactor: Redactor = redact,
        sync: "Sync" = "group",
        segment_bytes: int = SEGMENT_BYTES,
        open_file: OpenFile = JournalFile,
        lock_timeout_s: float = 10.0,
        quiet_s: float = 5.0,
    ) -> None:
        self.folder = folder
        self._closed = self._written = False
        try:
            if not create and not (numbers(folder) or (folder / "head").exists()):
                raise EventLogError(f"no event log is in {folder}; name the folder of one")
            if create:
                for made in (folder.parent, folder):
                    made.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._writable = may_write(folder)
            self.db = EventDatabase(
                folder,
                redactor,
                writable=self._writable,
                sync=sync != "never",
                group=sync != "always",
                segment_bytes=segment_bytes,
                open_file=open_file,
                lock_timeout_s=lock_timeout_s,
            )
        except OSError as error:
            raise EventLogError(cannot_open(folder, error)) from error
        self._storage: JournalStorage = self.db.storage  # type: ignore[assignment]
        self._caretaker = Caretaker(self._storage, folder, quiet_s)
        if self._writable:
            self._caretaker.begin()

    @property
    def changed(self) -> Condition:
        """Notified after every append of this process; those of others are seen by looking."""
        return self._storage.changed

    @property
    def notices(self) -> Sequence[str]:
        return tuple(self._storage.journal.notices)

    def append(self, event: Event, *, expected_version: int | None = None) -> Event:
        self._check_open()
        (stored,) = self._storage.append([event], expected_version)
        self._look_after()
        return stored

    def append_many(self, events: Sequence[Event]) -> list[Event]:
        self._check_open()
        stored = self._storage.append(events)
        self._look_after()
        return stored

    def ingest(self, events: Sequence[Event]) -> int:
        """``append_many`` for many events: gives back only how many were new."""
        self._check_open()
        new = self._storage.ingest(events)
        self._look_after()
        return new

    def get(self, event_id: str) -> Event | None:
        self._refresh()
        position = self._storage.index.position_of(event_id)
        if position is None or not self._storage.index.kind(position):
            return None
        return from_document(self._storage.document(position))

    def version_of(self, aggregate_id: str) -> int:
        self._refresh()
        return self._storage.index.version_of(aggregate_id)

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
        self._refresh()
        types = type_names(event_type)
        index = self._storage.index
        within = index.between(after, until)
        given = (("aggregate_id", aggregate_id), ("correlation_id", correlation_id))
        exact = [(name, value) for name, value in given if value is not None]
        positions: Iterable[int] = reversed(within) if newest_first else within
        if exact:
            newest = index.candidates(*exact[0], within)
            positions = newest if newest_first else reversed(list(newest))
        documents = (self._storage.document(position) for position in index.of_kinds(types, positions))
        moment = given_moment(as_of) if as_of is not None else None
        matching = (
            from_document(document)
            for document in documents
            if all(document[name] == value for name, value in exact)
            and (moment is None or happened_by(document["timestamp"], moment))
        )
        return islice(matching, limit)

    def search(self, query: QueryLike) -> list[Event]:
        """Events that match a TinyDB ``Query``, in order."""
        self._check_open()
        return [from_document(document) for document in self.db.search(query)]

    def verify(self) -> Verification:
        """Walk every byte again: the events that prove whole, the damage, and what the open had to say.

        Segments that were damaged since they were sealed are read anew at the next open.
        """
        self._check_open()
        events = 0

        def count(document: object, offset: int, length: int, removed: bool = False) -> None:
            nonlocal events
            events += not removed

        with closing(Journal(self.folder, count, writable=self._writable)) as journal:
            found = Verification(events, tuple(journal.damages), tuple(journal.notices))
        self._storage.journal.sealed.doubt(found.damages)
        return found

    def prune(
        self,
        *,
        before: str | datetime | None = None,
        types: Collection[str] | None = None,
        max_bytes: int | None = None,
        keep_cited: Callable[[str], bool] | None = None,
        force: bool = False,
    ) -> "Pruned":
        """Remove the data of events: older than a time, of these types, the oldest beyond a size; all that
        are given must hold. What the records of datasets and models in the log name is kept, and what
        ``keep_cited`` says, by event id, that they need. With ``force`` nothing is.
        """
        from training.events.pruning import rule_for
        from training.events.upkeep import prune

        self._check_open()
        rule = rule_for(self, before, types, max_bytes, keep_cited, force)
        return prune(self._storage, self.folder, rule)

    def removed(self, after: int = 0) -> Iterator[Event]:
        """The events that were pruned, above a sequence and in order, without their data."""
        self._refresh()
        index = self._storage.index
        gone = (position for position in index.between(after, None) if not index.kind(position))
        return (from_document(self._storage.envelope(position)) for position in gone)

    def pruned(self) -> list[dict[str, Any]]:
        """What was pruned so far, oldest first: when, by which rule, how many of which type, sequences."""
        from training.events.upkeep import pruned

        return pruned(self.folder)

    def compress(self, keep: int = 1) -> list[int]:
        """Compress the sealed segments but for the newest ``keep``; the numbers of those that were."""
        from training.events.packing import compress

        self._check_open()
        return compress(self._storage, self.folder, keep)

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            try:
                self._caretaker.close(self._written)
            finally:
                self.db.close()

    def _look_after(self) -> None:
        """Something was appended: a segment may have been sealed."""
        self._written = True
        self._caretaker.look()

    def _refresh(self) -> None:
        self._check_open()
        self._storage.journal.refresh()

    def _check_open(self) -> None:
        if self._closed:
            raise EventLogError(f"the log in {self.folder} is closed; open it again")
