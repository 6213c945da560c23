"""An append-only file of records in a folder, with its lock and its head.

Invariant: ``write`` returns after the records are on the disk, or raises and they are not in the log. No byte
that was acknowledged is ever changed. A torn end is cut off and kept aside; damage is kept aside and named
in ``notices``; a journal that is shorter than what was acknowledged is an error. Writers of other processes
are seen: everything is read up to the end, under the lock, before anything is written.

``events-000001.jsonl`` the records; ``head`` how far they were acknowledged; ``lock``; ``aside/`` bytes
that are no records.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from training.events.aside import Aside
from training.events.base import EventLogError
from training.events.codec import FIRST_PREVIOUS, Record, encode, payload
from training.events.files import FolderLock, JournalFile, write_new
from training.events.head import Head, HeadFile
from training.events.recovery import Damage, Piece, pieces, settle

FORMAT = 1
SEGMENT = "events-000001.jsonl"

OnRecord = Callable[[dict[str, Any], int, int], None]
"""Told each event's document once, in order, with its line's byte offset and length."""


class Journal:
    """The open journal of ``folder``. Raises EventLogError, and OSError while it is opened."""

    def __init__(
        self,
        folder: Path,
        on_record: OnRecord,
        *,
        writable: bool = True,
        open_file: Callable[[Path, bool], JournalFile] = JournalFile,
        lock_timeout_s: float = 10.0,
    ) -> None:
        self.path = folder / SEGMENT
        self.notices: list[str] = []
        self.damages: list[Damage] = []
        self._aside = Aside(folder)
        self._on_record = on_record
        self._writable = writable
        self._broken = ""
        self._pid = os.getpid()
        self._end = 0
        self._sequence = 0
        self._digest = FIRST_PREVIOUS
        with ExitStack() as opened:
            self._lock = FolderLock(folder / "lock", writable, lock_timeout_s)
            opened.callback(self._lock.close)
            with self._lock.held():
                self._open(folder, open_file, opened)
            self._opened = opened.pop_all()

    def _open(self, folder: Path, open_file: Callable[[Path, bool], JournalFile], opened: ExitStack) -> None:
        known = (folder / "head").exists()
        if not self.path.exists() and self._writable and not known:
            write_new(self.path, _header())
        if not self.path.exists():
            raise self._lost("is missing")
        self._head = HeadFile(folder / "head", self._writable)
        opened.callback(self._head.close)
        self._file = open_file(self.path, self._writable)
        opened.callback(self._file.close)
        if known and not self._head.is_new() and self._head.read() is None:
            self.notices.append(f"{folder / 'head'} was damaged; the end of the log was found by reading it")
        self._catch_up()

    @property
    def sequence(self) -> int:
        """The sequence of the last record."""
        return self._sequence

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold the lock, with everything read that others appended."""
        if os.getpid() != self._pid:
            raise EventLogError(f"{self.path} was opened by another process; open the log again in this one")
        with self._lock.held():
            try:
                self._catch_up()
            except OSError as error:
                raise EventLogError(
                    f"{self.path} cannot be read: {error.strerror}; check its disk"
                ) from error
            yield

    def refresh(self) -> None:
        """See what other processes appended. Waits for a write under way."""
        if self._file.size() != self._end:
            with self.exclusive():
                pass

    def read_at(self, offset: int, length: int) -> bytes:
        """The bytes of one line, without its newline."""
        return self._file.read_at(offset, length - 1)

    def write(self, documents: Sequence[dict[str, Any]]) -> None:
        """Append one record per document, all or none, durable once. Only within ``exclusive``."""
        if self._broken:
            raise EventLogError(f"{self.path} takes no more events: {self._broken}; open the log again")
        if not self._writable:
            raise EventLogError(
                f"{self.path} may not be written by this user; check its owner and permissions"
            )
        lines, digest = [], self._digest
        for place, document in enumerate(documents):
            line, digest = encode(payload(document), digest, place, len(documents))
            lines.append(line)
        separator = b"" if self._file.read_at(self._end - 1, 1) == b"\n" else b"\n"
        self._store(separator + b"".join(lines))
        self._end += len(separator)
        for document, line in zip(documents, lines, strict=True):
            self._on_record(document, self._end, len(line))
            self._end += len(line)
        self._sequence, self._digest = documents[-1]["sequence"], digest
        self._acknowledge()

    def close(self) -> None:
        self._opened.close()

    def _store(self, data: bytes) -> None:
        try:
            self._file.append(data)
        except OSError as error:
            self._take_back(f"a write failed ({error.strerror})")
            raise EventLogError(
                f"{self.path} could not be written: {error.strerror}; "
                "nothing was recorded; make room on its disk"
            ) from error
        try:
            self._file.sync()
        except OSError as error:
            self._broken = f"its disk did not confirm a write ({error.strerror})"
            self._take_back(self._broken)
            raise EventLogError(
                f"{self.path}: {self._broken}; the event is not recorded; "
                "check the disk, then open the log again"
            ) from error

    def _take_back(self, reason: str) -> None:
        """Cut off what was just written; where that fails too, the end is sorted out at the next open."""
        try:
            self._file.cut(self._end)
        except OSError as error:
            self._broken = f"{reason}, and the unfinished record could not be cut off ({error.strerror})"

    def _acknowledge(self) -> None:
        try:
            self._head.write(Head(self._end, self._sequence, self._digest))
        except OSError as error:
            self._broken = f"its head could not be written ({error.strerror})"
            raise EventLogError(
                f"{self.path}: {self._broken}; check the disk, then open the log again"
            ) from error

    def _catch_up(self) -> None:
        """Read what was appended since the last look; mend a torn end."""
        size, head = self._file.size(), self._head.read()
        self._check_file(size, head)
        if size == self._end:
            return
        known = head or Head()
        torn = self._take(settle(pieces(self._file, self._end, size), known.end), known)
        self._end = size if torn is None else torn
        if torn is not None:
            self._cut_off(torn, size)
        if self._writable and (head is None or self._end > head.end):
            self._file.sync()
            self._acknowledge()

    def _take(self, settled: Iterator[tuple[Piece, bool]], known: Head) -> int | None:
        """Accept whole records and note damage; the offset of a torn end, or None."""
        damaged: Piece | None = None
        torn: int | None = None
        for piece, is_torn in settled:
            if is_torn:
                torn = piece.offset
                break
            if piece.record is None:
                start = damaged.offset if damaged else piece.offset
                damaged = Piece(start, piece.end - start, None)
            else:
                self._accept(piece, piece.record, damaged)
                damaged = None
        if damaged:
            self._note(Damage(damaged.offset, damaged.length, self._sequence + 1, known.sequence))
        if self._sequence < known.sequence:
            self._sequence, self._digest = known.sequence, known.digest
        return torn

    def _accept(self, piece: Piece, record: Record, damaged: Piece | None) -> None:
        """Take one whole record, and name what is missing before it."""
        sequence = record.document["sequence"]
        if piece.offset == 0 and sequence == 0:
            self._check_format(record.document["format"])
            self._digest = record.digest
            return
        if damaged:
            self._note(Damage(damaged.offset, damaged.length, self._sequence + 1, sequence - 1))
        if sequence <= self._sequence:
            self._note(
                Damage(piece.offset, piece.length, sequence, sequence - 1, "a copy of an earlier record")
            )
            return
        if not damaged and sequence > self._sequence + 1:
            self._note(Damage(piece.offset, 0, self._sequence + 1, sequence - 1, "records were taken out"))
        elif not damaged and record.previous != self._digest:
            self._note(
                Damage(piece.offset, 0, sequence, sequence, "does not follow from the record before it")
            )
        self._sequence, self._digest = sequence, record.digest
        self._on_record(record.document, piece.offset, piece.length)

    def _note(self, damage: Damage) -> None:
        kept = ""
        if damage.length and self._writable:
            content = self._file.read_at(damage.offset, damage.length)
            kept = f"; the bytes are kept in {self._aside.keep('damaged', damage.offset, content)}"
        self.damages.append(damage)
        self.notices.append(f"{self.path}: {damage.describe()}{kept}")

    def _cut_off(self, start: int, size: int) -> None:
        if not self._writable:
            self.notices.append(
                f"{self.path}: the last {size - start} bytes are a record that was never finished"
            )
            return
        kept = self._aside.keep("torn", start, self._file.read_at(start, size - start))
        self._file.cut(start)
        self._file.sync()
        self.notices.append(
            f"{self.path}: the last {size - start} bytes were a record that was never finished; "
            f"cut off and kept in {kept}; no acknowledged event is lost"
        )

    def _check_file(self, size: int, head: Head | None) -> None:
        if not self.path.exists() or not os.path.samestat(self.path.stat(), self._file.status()):
            raise self._lost("was moved or replaced")
        if size == 0:
            raise self._lost("is empty")
        if size < max(self._end, head.end if head else 0):
            raise self._lost(
                "is shorter than what was recorded", f", remove {self._head.path} to go on with the rest"
            )

    def _check_format(self, found: int) -> None:
        if found > FORMAT:
            raise EventLogError(
                f"{self.path} has format {found} of a newer version (known: {FORMAT}); update this program"
            )

    def _lost(self, what: str, way: str = "") -> EventLogError:
        return EventLogError(
            f"{self.path} {what}, so recorded events are lost; put it back from a backup{way}, "
            f"or move {self.path.parent} away to begin a new log"
        )


def _header() -> bytes:
    document = {"format": FORMAT, "log": str(uuid4()), "segment": 1, "sequence": 0}
    return encode(payload(document), FIRST_PREVIOUS)[0]
