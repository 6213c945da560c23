"""Compressing sealed segments: a block at a time beside them, then put in their place.

Invariant: until its last step the segment is as it was; whenever that step is cut short the segment is whole,
plain or compressed. The log's lock is held for that step only, which renames what is on the disk already. Of
several processes one compresses a segment: it holds a lock on the unfinished file, which the kernel takes
from it when it dies.
"""

import fcntl
import os
import re
from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

from training.durable import sync
from training.events.base import EventLogError
from training.events.files import made
from training.events.segments import BLOCK, compressed, packed_path, plain_path, sidecar_path
from training.events.storage import JournalStorage

_UNFINISHED = re.compile(r"\.(events-\d+\.\w+(\.gz)?|pruned\.jsonl)\.\d+\.\d+")
"""The names that ``files.write_new`` gives while it writes, under the log's lock."""
Steps = Generator[None, None, bool]
"""Stops after each block, where the caller may wait, or give up by closing it. Returns whether it is done."""


@contextmanager
def changing(storage: JournalStorage, folder: Path) -> Iterator[None]:
    """Hold the log's lock for a change of sealed segments. Raises EventLogError where it fails."""
    with storage.journal.exclusive(), failing(folder):
        storage.journal.check_writable()
        storage.journal.sealed.reload()  # a process may have been killed before it told what it had rewritten
        yield


@contextmanager
def failing(folder: Path) -> Iterator[None]:
    """Says what an error of the disk means for a change of sealed segments."""
    try:
        yield
    except OSError as error:
        raise EventLogError(
            f"the log in {folder} could not be made smaller: {error.strerror}; no event is damaged; "
            "make room on its disk and do it again"
        ) from error


def due(storage: JournalStorage, folder: Path, keep: int) -> list[int]:
    """The sealed segments that are plain, but for the newest ``keep`` of all."""
    sealed = range(1, storage.index.sealed + 1 - keep)
    return [number for number in sealed if plain_path(folder, number).exists()]


def compress(storage: JournalStorage, folder: Path, keep: int = 1) -> list[int]:
    """Compress the sealed segments but for the newest ``keep``; the numbers of those that were."""
    storage.journal.check_writable()
    with failing(folder):
        return [number for number in due(storage, folder, keep) if finish(packing(storage, folder, number))]


def finish(steps: Steps) -> bool:
    """Take all the steps that are left."""
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            return bool(stop.value)


def packing(storage: JournalStorage, folder: Path, number: int) -> Steps:
    """Compress one segment. Returns False where another process does it, or it was changed meanwhile.

    Raises EventLogError, OSError.
    """
    sealed, plain = storage.journal.sealed, plain_path(folder, number)
    packed, sidecar = packed_path(folder, number), sidecar_path(folder, number)
    with ExitStack() as opened:
        part, sidecar_part = _part(packed), _part(sidecar)
        if not opened.enter_context(_alone(part)):
            return False
        with changing(storage, folder):
            if not plain.exists():
                return False
            source = opened.enter_context(closing(sealed.open_file(plain, False)))
            before, found = source.status(), storage.index.sidecar(number)
        target = opened.enter_context(closing(sealed.open_file(part, True)))
        target.cut(0)
        frames, size, at = [], 0, 0
        while block := source.read_at(at, BLOCK):
            frames.append(size)
            member = compressed(block)
            target.append(member)
            target.sync()
            size, at = size + len(member), at + len(block)
            yield
        opened.callback(sidecar_part.unlink, missing_ok=True)
        columns = opened.enter_context(closing(sealed.open_file(made(sidecar_part, os.O_TRUNC), True)))
        columns.append(found.with_facts(size=size, frames=frames))
        columns.sync()
        with changing(storage, folder):
            if not plain.exists() or not _same(plain.stat(), before):
                return False
            target.rename(part, packed)
            columns.rename(sidecar_part, sidecar)
            plain.unlink()
            sync(folder)
            sealed.replaced(number)
            storage.journal.rewritten()
    return True


def sweep(storage: JournalStorage, folder: Path) -> None:
    """Remove what programs that were killed left unfinished."""
    with storage.journal.exclusive(), suppress(OSError):
        for left in [path for path in folder.glob(".*") if _UNFINISHED.fullmatch(path.name)]:
            left.unlink(missing_ok=True)
        for columns in folder.glob(".events-*.index.part"):
            _remove(columns.with_name(columns.name.replace(".index", ".jsonl.gz")), columns)
        for part in folder.glob(".events-*.gz.part"):
            _remove(part)


def _remove(part: Path, *more: Path) -> None:
    """Remove an unfinished file, and what belongs to it, where nobody works on it."""
    with _alone(part) as is_left:
        for path in more if is_left else ():
            path.unlink(missing_ok=True)


def _part(path: Path) -> Path:
    return path.with_name(f".{path.name}.part")


@contextmanager
def _alone(part: Path) -> Iterator[bool]:
    """Make the unfinished file and hold its lock; False where another process has it."""
    descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if not _locked(descriptor) or not _is_at(part, descriptor):
            yield False
            return
        try:
            yield True
        finally:
            if _is_at(part, descriptor):
                part.unlink()
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_at(path: Path, descriptor: int) -> bool:
    """Whether the open file has that name still: another process may have put it in its place meanwhile."""
    return path.exists() and os.path.samestat(path.stat(), os.fstat(descriptor))


def _same(now: os.stat_result, before: os.stat_result) -> bool:
    changes = ((found.st_size, found.st_mtime_ns) for found in (now, before))
    return os.path.samestat(now, before) and len(set(changes)) == 1
