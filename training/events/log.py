"""The event log on one machine: a folder, a journal in it, TinyDB's queries over it.

Invariant: that of ``training.events.base.EventLog``. Safe for many threads and processes; a process that
forks opens its own.
"""

import errno
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from tinydb.queries import QueryLike

from training.events.base import Event, EventLogError
from training.events.codec import from_document
from training.events.files import JournalFile
from training.events.journal import SEGMENT
from training.events.recovery import Damage
from training.events.redaction import redact
from training.events.storage import EventDatabase, JournalStorage, Redactor


@dataclass(frozen=True)
class Verification:
    """What a walk over the whole log found. ``damages`` is empty where every record proved whole."""

    events: int
    damages: tuple[Damage, ...]
    notices: tuple[str, ...]


class TinyEventLog:
    """An EventLog in ``folder``. Where the folder may only be read, the log is read-only.

    Raises EventLogError: no permission, no such folder (with ``create`` false), an emptied or shortened
    journal, a newer format.
    """

    def __init__(
        self,
        folder: Path,
        *,
        create: bool = True,
        redactor: Redactor = redact,
        open_file: Callable[[Path, bool], JournalFile] = JournalFile,
        lock_timeout_s: float = 10.0,
    ) -> None:
        self.folder = folder
        self._closed = False
        self._redactor = redactor
        try:
            if not create and not any((folder / name).exists() for name in (SEGMENT, "head")):
                raise EventLogError(f"no event log is in {folder}; name the folder of one")
            if create:
                for made in (folder.parent, folder):
                    made.mkdir(mode=0o700, parents=True, exist_ok=True)
            writable = os.access(folder, os.W_OK | os.X_OK)
            self.db = EventDatabase(
                folder,
                redactor,
                writable=writable and _may_write(folder),
                open_file=open_file,
                lock_timeout_s=lock_timeout_s,
            )
        except OSError as error:
            raise EventLogError(_cannot_open(folder, error)) from error
        self._storage: JournalStorage = self.db.storage  # type: ignore[assignment]

    @property
    def notices(self) -> Sequence[str]:
        return tuple(self._storage.journal.notices)

    def append(self, event: Event, *, expected_version: int | None = None) -> Event:
        self._check_open()
        return self._storage.append([event], expected_version)[0]

    def append_many(self, events: Sequence[Event]) -> list[Event]:
        self._check_open()
        return self._storage.append(events)

    def get(self, event_id: str) -> Event | None:
        self._refresh()
        position = self._storage.index.position_of(event_id)
        return None if position is None else from_document(self._storage.document(position))

    def read(
        self,
        *,
        event_type: str | Iterable[str] | None = None,
        aggregate_id: str | None = None,
        correlation_id: str | None = None,
        after: int = 0,
        limit: int | None = None,
        newest_first: bool = False,
    ) -> Iterator[Event]:
        self._refresh()
        types = (
            {event_type} if isinstance(event_type, str) else None if event_type is None else set(event_type)
        )
        positions: Iterable[int] = self._storage.index.after(after)
        if aggregate_id is not None:
            positions = list(self._storage.index.of_aggregate(aggregate_id, after))[::-1]
        if newest_first:
            positions = reversed(list(positions) if not isinstance(positions, range) else positions)
        events = (from_document(self._storage.document(position)) for position in positions)
        matching = (
            event
            for event in events
            if (types is None or event.event_type in types)
            and (correlation_id is None or event.correlation_id == correlation_id)
        )
        return islice(matching, limit)

    def search(self, query: QueryLike) -> list[Event]:
        """Events that match a TinyDB ``Query``, in order."""
        self._check_open()
        return [from_document(document) for document in self.db.search(query)]

    def verify(self) -> Verification:
        """Walk every byte again: the events that prove whole, the damage, and what the open had to say."""
        self._check_open()
        fresh = TinyEventLog(self.folder, create=False, redactor=self._redactor)
        try:
            journal = fresh._storage.journal
            return Verification(len(fresh._storage.index), tuple(journal.damages), tuple(journal.notices))
        finally:
            fresh.close()

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self.db.close()

    def _refresh(self) -> None:
        self._check_open()
        self._storage.journal.refresh()

    def _check_open(self) -> None:
        if self._closed:
            raise EventLogError(f"the log in {self.folder} is closed; open it again")


def _may_write(folder: Path) -> bool:
    return all(os.access(path, os.W_OK) for path in folder.glob("*") if path.is_file())


def _cannot_open(folder: Path, error: OSError) -> str:
    hints: dict[int | None, Any] = {
        errno.EACCES: "check its owner and permissions",
        errno.EROFS: "its disk is read-only; choose another folder",
        errno.ENOENT: "no log is there",
        errno.ENOSPC: "make room on its disk",
        errno.ENOTDIR: "a file is in the way; name a folder",
        errno.EEXIST: "a file is in the way; name a folder",
    }
    hint = hints.get(error.errno, "check the folder")
    return f"the event log in {folder} cannot be opened: {error.strerror}; {hint}"
