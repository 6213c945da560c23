"""The segments that are full: known by their sidecars, read when one of their records is asked for.

Invariant: a sidecar that is missing, stale or damaged is made again from the records, which are then all
checked; damage found so is named at every open, because the sidecar keeps it.
"""

from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, closing, suppress
from dataclasses import astuple
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

from training.events.chain import UNKNOWN, Chain, Keep
from training.events.codec import decode
from training.events.files import OpenFile, write_new
from training.events.head import Head
from training.events.index import Index
from training.events.recovery import Damage, Readable, pieces, settle
from training.events.segments import PackedFile, existing_path, packed_path, plain_path, sidecar_path
from training.events.sidecar import Sidecar, build, load
from training.events.tail import REMOVED, Tail

FORMAT = 1
_OPEN_FILES = 32


class Sealed:
    """Reads sealed segments. ``keeper`` gives, for an open segment, what keeps its damaged bytes."""

    def __init__(
        self,
        folder: Path,
        index: Index | None,
        chain: Chain,
        keeper: Callable[[Readable], Keep],
        writable: bool,
        open_file: OpenFile,
    ) -> None:
        self._folder, self._index, self._chain = folder, index, chain
        self._keeper, self._writable, self.open_file = keeper, writable, open_file
        self._files: OrderedDict[int, Readable] = OrderedDict()
        self._frames: dict[int, list[int]] = {}
        self._loaded: dict[int, tuple[int, int] | None] = {}
        """Which file each sidecar was read from."""
        self._threads = Lock()
        self._noted = 0

    def path(self, number: int) -> Path:
        return existing_path(self._folder, number)

    def load(self, number: int) -> None:
        """Take the next segment, by its sidecar or by its records. Raises NewerFormat."""
        sidecar = self._sidecar(number) if self._index is not None else None
        if sidecar is None or self._index is None:
            self._scan(number)
            self.seal(number)
            return
        self._index.seal(sidecar)
        self._chain.sequence, self._chain.digest = sidecar.facts["sequence"], sidecar.facts["digest"].encode()
        damages = [Damage(*values) for values in sidecar.facts["damages"]]
        self._chain.damages += damages
        self._chain.notices += [f"{self.path(number)}: {damage.describe()}" for damage in damages]
        self._noted = len(self._chain.damages)

    def seal(self, number: int, unchanged: bool = True) -> None:
        """Put a sidecar in the place of the segment that the index holds as its last.

        ``unchanged`` says that its file is still the one that the records were read from.
        """
        if self._index is None:
            return
        known = self._sidecar(number)
        end = (self._chain.sequence, self._chain.digest.decode())
        if known is not None and (known.facts["sequence"], known.facts["digest"]) == end:
            self._index.seal(known)
            self._noted = len(self._chain.damages)
            return
        tail, damages = self._index.tail, self._chain.damages[self._noted :]
        if not unchanged and len(tail):
            tail, damages = self._indexed(number, self._chain.sequence)
        self._index.seal(Sidecar(self._made(number, tail, damages, *end)))
        self._noted = len(self._chain.damages)

    def look_again(self, number: int) -> None:
        """A record of the segment did not prove whole: perhaps a process that rewrote the segment was killed
        before it could tell. Only under the log's lock.
        """
        if number in self._numbers():
            self.replaced(number)

    def _made(self, number: int, tail: Tail, damages: Sequence[Damage], sequence: int, digest: str) -> bytes:
        """A new sidecar, also on the disk where that can be."""
        with self.opened(number) as file:
            facts = {
                "segment": number,
                "size": self.path(number).stat().st_size,
                "plain_size": file.size(),
                "sequence": sequence,
                "digest": digest,
                "damages": [astuple(damage) for damage in damages],
                "frames": list(file.frames) if isinstance(file, PackedFile) else [],
                "removed": sum(1 for kind in tail.kinds if kind == REMOVED),
            }
        content = build(tail, facts)
        if self._writable:
            with suppress(OSError):  # made again at the next open
                write_new(sidecar_path(self._folder, number), content, self.open_file)
        return content

    def _indexed(self, number: int, last: int) -> tuple[Tail, list[Damage]]:
        with self.opened(number) as file:
            return indexed(file, self.path(number), number, self.before(number), last)

    def before(self, number: int) -> int:
        """The last sequence before those of a segment."""
        if self._index is None or number == 1:
            return 0
        return int(self._index.sidecar(number - 1).facts["sequence"])

    def read_at(self, number: int, offset: int, length: int) -> bytes:
        """Bytes of a segment's records. The file is kept open for the next time; one thread reads at once."""
        with self._threads:
            file = self._files.pop(number, None) or self._open(number)
            self._files[number] = file
            if len(self._files) > _OPEN_FILES:
                self._files.popitem(last=False)[1].close()
            return file.read_at(offset, length)

    def opened(self, number: int) -> AbstractContextManager[Readable]:
        """All of a segment's records."""
        return closing(self._open(number))

    def rewrite(self, number: int, content: bytes, sidecar: bytes) -> None:
        """Replace a segment and its sidecar by others with the same positions. Only under the log's lock.

        Whenever it is cut short, the segment is whole, and a sidecar that does not fit is made again.
        """
        path = self.path(number)
        self.forget(number)
        write_new(path, content, self.open_file)
        if path == plain_path(self._folder, number):  # what a kill left of compressing it
            packed_path(self._folder, number).unlink(missing_ok=True)
        write_new(sidecar_path(self._folder, number), sidecar, self.open_file)

    def write(self, path: Path, content: bytes) -> None:
        """Put a file beside the segments, whole or not at all."""
        write_new(path, content, self.open_file)

    def forget(self, number: int) -> None:
        """Have the segment read whole at the next open: one of its records did not prove whole."""
        if self._writable:
            sidecar_path(self._folder, number).unlink(missing_ok=True)

    def doubt(self, damages: Sequence[Damage]) -> None:
        """Forget the segments whose sidecars hold events that are lost."""
        for number in self._numbers():
            held = self._index.sidecar(number).sequences if self._index is not None else ()
            if any(bisect_left(held, damage.first) < bisect_right(held, damage.last) for damage in damages):
                self.forget(number)

    def reload(self) -> None:
        """Look again at the sealed segments, of which another process rewrote some."""
        for number in self._numbers():
            mark = _mark(sidecar_path(self._folder, number))
            if mark is None or self._loaded.get(number) != mark:
                self.replaced(number)

    def replaced(self, number: int) -> None:
        """Look again at a segment that was rewritten."""
        sidecar = self._sidecar(number)
        with self._threads:
            if number in self._files:
                self._files.pop(number).close()
        if self._index is None:
            return
        if sidecar is None:
            facts = self._index.sidecar(number).facts
            tail, damages = self._indexed(number, facts["sequence"])
            sidecar = Sidecar(self._made(number, tail, damages, facts["sequence"], facts["digest"]))
        self._index.replace(number, sidecar)

    def close(self) -> None:
        with self._threads:
            while self._files:
                self._files.popitem()[1].close()
        self._frames.clear()

    def _numbers(self) -> range:
        return range(1, self._index.sealed + 1) if self._index is not None else range(0)

    def _sidecar(self, number: int) -> Sidecar | None:
        path = sidecar_path(self._folder, number)
        mark = _mark(path)
        found = load(path, self.path(number).stat().st_size)
        self._frames.pop(number, None)
        if found is not None:
            self._frames[number] = found.facts["frames"]
            self._loaded[number] = mark
        return found

    def _open(self, number: int) -> Readable:
        path = self.path(number)
        if path.suffix == ".gz":
            return PackedFile(path, self._frames.get(number, ()))
        return self.open_file(path, False)

    def _scan(self, number: int) -> None:
        with self.opened(number) as file:
            known = Head(file.size(), self._next_begins_after(number), segment=number)
            read = settle(pieces(file, 0, known.end), known.end, 0)
            last = known.sequence or UNKNOWN
            again = partial(pieces, file, end=known.end)
            self._chain.take(self.path(number), read, known, self._keeper(file), FORMAT, again, last)

    def _next_begins_after(self, number: int) -> int:
        """The sequence that the following segment says is before it; 0 where it does not prove whole."""
        with self.opened(number + 1) as following:
            record = decode(following.read_at(0, 4096).partition(b"\n")[0])
        document: dict[str, Any] = record.document if record else {}
        return int(document["sequence"]) if document.get("segment") == number + 1 else 0


def _mark(path: Path) -> tuple[int, int] | None:
    """What is another one after a file was replaced."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns


def indexed(file: Readable, path: Path, number: int, before: int, last: int) -> tuple[Tail, list[Damage]]:
    """The entries and the damage of a segment whose events are those above ``before`` and up to ``last``."""
    tail = Tail()
    chain = Chain(tail.add)
    chain.sequence = before
    read = settle(pieces(file, 0, file.size()), file.size(), 0)
    known = Head(file.size(), last, segment=number)
    chain.take(
        path, read, known, lambda offset, length: None, FORMAT, partial(pieces, file, end=known.end), last
    )
    return tail, chain.damages
