"""An append-only series of records in a folder, in segments, with its lock and its head.

Invariant: ``write`` returns after the records are on the disk, or raises and they are not in the log. No byte
that was acknowledged is ever changed. A torn end is cut off and kept aside; damage is kept aside and named
in ``notices``; a journal that is shorter than what was acknowledged is an error. Writers of other processes
are seen: everything is read up to the end, under the lock, before anything is written.

``events-000001.jsonl`` and so on the records, the last one written to, the ones before sealed, each with its
``.index``; ``head`` how far they were acknowledged; ``versions`` those given; ``lock``; ``aside/`` bytes that
are no records.
With ``sync`` false a write is only handed to the system: it survives a kill, not a power cut.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path
from typing import Any
from uuid import uuid4

from training.events.aside import Aside
from training.events.base import EventLogError
from training.events.chain import Chain, NewerFormat
from training.events.codec import encode, encode_event, payload
from training.events.files import FolderLock, JournalFile, OpenFile, write_new
from training.events.head import Head, HeadFile
from training.events.index import Index
from training.events.numbering import Entry
from training.events.recovery import Damage, pieces, settle
from training.events.sealed import FORMAT, Sealed
from training.events.segments import numbers, plain_name, plain_path
from training.events.versions import VersionsFile

SEGMENT = plain_name(1)
SEGMENT_BYTES = 64 << 20


class Journal:
    """The open journal of ``folder``. Raises EventLogError, and OSError while it is opened.

    With an ``index`` sealed segments are known by their sidecars; without, all of them are read, and each
    event's document is given to ``on_record``.
    """

    def __init__(
        self,
        folder: Path,
        on_record: Callable[..., None] | None = None,
        *,
        index: Index | None = None,
        writable: bool = True,
        sync: bool = True,
        segment_bytes: int = SEGMENT_BYTES,
        open_file: OpenFile = JournalFile,
        lock_timeout_s: float = 10.0,
    ) -> None:
        self.folder = folder
        self.path = folder / SEGMENT
        self._index = index
        self._on_record = on_record or (_ignore if index is None else index.add)
        self._chain = Chain(self._on_record)
        self._aside = Aside(folder)
        self._writable, self._sync, self._segment_bytes = writable, sync, segment_bytes
        self._open_file = open_file
        self._broken = ""
        self._pid = os.getpid()
        self._number, self._end, self._generation, self._known_damages = 1, 0, 0, 0
        self._seen = b""
        self.sealed = Sealed(folder, index, self._chain, self._keeper, writable, open_file)
        with ExitStack() as opened:
            self._lock = FolderLock(folder / "lock", writable, lock_timeout_s)
            opened.callback(self._lock.close)
            with self._lock.held():
                self._open(opened)
            self._opened = opened.pop_all()

    def _open(self, opened: ExitStack) -> None:
        known, found = (self.folder / "head").exists(), numbers(self.folder)
        if not found and self._writable and not known:
            write_new(self.path, _header(1, 0, self._chain.digest), self._open_file)
            found = [1]
        if not found:
            raise self._lost("is missing")
        self._head = HeadFile(self.folder / "head", self._writable, self._open_file)
        opened.callback(self._head.close)
        self._versions = VersionsFile(self.folder / "versions", self._writable, self._open_file)
        opened.callback(self._versions.close)
        opened.callback(self.sealed.close)
        opened.callback(self._close_tail)
        head = self._head.read()
        last = max(found[-1], head.segment if head else 1)
        for missing in sorted(set(range(1, last + 1)) - set(found)):
            self.path = plain_path(self.folder, missing)
            raise self._lost("is missing")
        if known and not self._head.is_new() and head is None:
            self.notices.append(f"{self._head.path} was damaged; the end of the log was found by reading it")
        self._generation = head.generation if head else 0
        for number in range(1, last):
            if self.sealed.path(number).stat().st_size == 0:
                self.path = self.sealed.path(number)
                raise self._lost("is empty")
            self._guarded(number, lambda number=number: self.sealed.load(number))  # type: ignore[misc]
        self._open_tail(last)
        self._catch_up()

    @property
    def sequence(self) -> int:
        """The sequence of the last record."""
        return self._chain.sequence

    @property
    def notices(self) -> list[str]:
        return self._chain.notices

    @property
    def damages(self) -> list[Damage]:
        return self._chain.damages

    @property
    def tail_number(self) -> int:
        """The number of the segment that is written to."""
        return self._number

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
        if self._is_behind():
            with self.exclusive():
                pass

    def _is_behind(self) -> bool:
        try:
            return self._head.raw() != self._seen or self._file.size() != self._end
        except OSError:  # another thread has just closed the segment, because it is full
            return True

    def read_at(self, number: int, offset: int, length: int) -> bytes:
        """The bytes of one line of a segment, without its newline."""
        if number == self._number:
            return self._file.read_at(offset, length - 1)
        return self.sealed.read_at(number, offset, length - 1)

    def path_of(self, number: int) -> Path:
        return self.path if number == self._number else self.sealed.path(number)

    def write(self, batches: Sequence[Sequence[Entry]]) -> None:
        """Append one record per entry, each batch all or none, durable once. Only within ``exclusive``."""
        self.check_writable()
        if self._index is not None and self._end >= self._segment_bytes:
            self.rotate()
        lines, digest = [], self._chain.digest
        for batch in batches:
            for place, (_, body, version, sequence) in enumerate(batch):
                line, digest = encode_event(body, version, sequence, digest, place, len(batch))
                lines.append(line)
        separator = b"" if self._file.read_at(self._end - 1, 1) == b"\n" else b"\n"
        content = separator + b"".join(lines)
        entries = list(chain.from_iterable(batches))
        self._store(content, entries)
        if self._index is not None:
            self._index.extend(entries, self._end + len(separator), list(map(len, lines)))
        self._end += len(content)
        self._chain.sequence, self._chain.digest = entries[-1].sequence, digest
        self._acknowledge()

    def rotate(self) -> None:
        """Seal the segment that is written to and begin the next one. Only within ``exclusive``."""
        self.check_writable()
        try:
            if not self._sync:
                self._file.sync()
            header = _header(self._number + 1, self.sequence, self._chain.digest)
            write_new(plain_path(self.folder, self._number + 1), header, self._open_file)
            self._catch_up()
        except OSError as error:
            raise EventLogError(
                f"{self.folder}: a new segment could not be begun: {error.strerror}; nothing was recorded; "
                "make room on its disk"
            ) from error

    def rewritten(self) -> None:
        """Tell other processes that sealed segments were rewritten. Only within ``exclusive``."""
        self._generation += 1
        self._acknowledge()
        self.check_writable()

    def close(self) -> None:
        self._opened.close()

    def check_writable(self) -> None:
        """Raises EventLogError where nothing can be written any more, or never could."""
        if self._broken:
            raise EventLogError(f"{self.path} takes no more events: {self._broken}; open the log again")
        if not self._writable:
            raise EventLogError(
                f"{self.path} may not be written by this user; check its owner and permissions"
            )

    def _store(self, data: bytes, entries: Sequence[Entry]) -> None:
        try:
            self._versions.write(entries)
            self._file.append(data)
        except OSError as error:
            self._take_back(f"a write failed ({error.strerror})")
            raise EventLogError(
                f"{self.path} could not be written: {error.strerror}; "
                "nothing was recorded; make room on its disk"
            ) from error
        try:
            if self._sync:
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
        """Write the head. Where that fails the records are on the disk all the same; no more are taken."""
        head = Head(self._end, self.sequence, self._chain.digest, self._number, self._generation)
        try:
            self._seen = self._head.write(head)
        except OSError as error:
            if not self._broken:
                self._broken = f"its head could not be written ({error.strerror})"
                self.notices.append(f"{self.path}: {self._broken}; what is recorded is whole; check the disk")

    def _catch_up(self) -> None:
        """Read what was appended since the last look, over the seams of segments; mend a torn end."""
        raw, head = self._head.raw(), self._head.read()
        if head and head.generation != self._generation:
            self._generation = head.generation
            self.sealed.reload()
        while True:
            self._guarded(self._number, lambda: self._read_tail(head))
            last = max(head.segment if head else 1, self._number)
            if last == self._number and not plain_path(self.folder, self._number + 1).exists():
                break
            unchanged = self._is_at_its_path()
            self._close_tail()
            self.sealed.seal(self._number, unchanged)
            for number in range(self._number + 1, last):  # these may be compressed already
                self._guarded(number, lambda number=number: self.sealed.load(number))  # type: ignore[misc]
            self._open_tail(max(last, self._number + 1))
        end = (head.segment, head.end) if head else (0, 0)
        self._seen = raw
        if self._index is not None and len(self.damages) != self._known_damages:
            self._known_damages = len(self.damages)
            self._index.lost = self._versions.lost(self.damages)
        if self._writable and (self._number, self._end) > end:
            self._file.sync()
            self._acknowledge()

    def _open_tail(self, number: int) -> None:
        self._number, self._end = number, 0
        self.path = plain_path(self.folder, number)
        self._file = self._open_file(self.path, self._writable)

    def _close_tail(self) -> None:
        if file := self.__dict__.get("_file"):
            file.close()

    def _read_tail(self, head: Head | None) -> None:
        size = self._file.size()
        known = head if head and head.segment == self._number else Head(segment=self._number)
        is_sealed = head is not None and head.segment > self._number
        if is_sealed:  # by another process, and perhaps rewritten: this file is as it was
            known = Head(size, segment=self._number)
        elif head is None and not self._head.is_new():  # where it was damaged, no end is taken for torn
            known = Head(size, self._versions.count(), segment=self._number)
        if not is_sealed:
            self._check_file(size, known)
        if size == self._end:
            return
        read = settle(pieces(self._file, self._end, size), known.end, known.sequence)
        torn = self._chain.take(
            self.path, read, known, self._keeper(self._file), FORMAT, lambda at: pieces(self._file, at, size)
        )
        self._end = size if torn is None else torn
        if torn is not None:
            self._cut_off(torn, size)

    def _keeper(self, file: Any) -> Callable[[int, int], Path | None]:
        def keep(offset: int, length: int) -> Path | None:
            return (
                self._aside.keep("damaged", offset, file.read_at(offset, length)) if self._writable else None
            )

        return keep

    def _cut_off(self, start: int, size: int) -> None:
        what = f"{self.path}: the last {size - start} bytes"
        if not self._writable:
            self.notices.append(f"{what} are a record that was never finished")
            return
        kept = self._aside.keep("torn", start, self._file.read_at(start, size - start))
        self._file.cut(start)
        self._file.sync()
        self.notices.append(
            f"{what} were a record that was never finished; "
            f"cut off and kept in {kept}; no acknowledged event is lost"
        )

    def _is_at_its_path(self) -> bool:
        return self.path.exists() and os.path.samestat(self.path.stat(), self._file.status())

    def _check_file(self, size: int, known: Head) -> None:
        if not self._is_at_its_path():
            raise self._lost("was moved or replaced")
        if size == 0:
            raise self._lost("is empty")
        if size < max(self._end, known.end):
            raise self._lost(
                "is shorter than what was recorded", f", remove {self._head.path} to go on with the rest"
            )

    def _guarded(self, number: int, read: Callable[[], None]) -> None:
        try:
            read()
        except NewerFormat as newer:
            raise EventLogError(
                f"{plain_path(self.folder, number)} has format {newer} of a newer version "
                f"(known: {FORMAT}); update this program"
            ) from None

    def _lost(self, what: str, way: str = "") -> EventLogError:
        return EventLogError(
            f"{self.path} {what}, so recorded events are lost; put it back from a backup{way}, "
            f"or move {self.path.parent} away to begin a new log"
        )


def _ignore(*_: object) -> None:
    """Where nobody asks for the records."""


def _header(number: int, sequence: int, previous: bytes) -> bytes:
    document = {"format": FORMAT, "log": str(uuid4()), "segment": number, "sequence": sequence}
    return encode(payload(document), previous)[0]
