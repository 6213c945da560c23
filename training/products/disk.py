"""The operations on files that publishing rests on, each of which a test can make fail; files written whole.

Invariant: ``sync`` returns after the file or folder is on the disk; ``rename`` puts it in place in one step.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from training.durable import sync


class Disk:
    """The real one."""

    def make_folder(self, folder: Path) -> None:
        """``folder`` and those above it that are missing, for the user alone."""
        missing = [one for one in (folder, *folder.parents) if not one.exists()]
        for one in reversed(missing):
            one.mkdir(mode=0o700, exist_ok=True)

    def create(self, path: Path) -> BinaryIO:
        """A new file, open for writing."""
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        return os.fdopen(descriptor, "wb")

    def write(self, file: BinaryIO, data: bytes) -> None:
        file.write(data)

    def sync(self, file: BinaryIO) -> None:
        file.flush()
        os.fsync(file.fileno())

    def sync_folder(self, folder: Path) -> None:
        sync(folder)

    def rename(self, source: Path, target: Path) -> None:
        source.rename(target)


@contextmanager
def replacing(target: Path) -> Iterator[BinaryIO]:
    """A file that takes the place of ``target`` when all is written; until then ``target`` is as it was.

    Raises OSError.
    """
    part = target.with_name(f".{target.name}.{os.getpid()}.new")
    try:
        with part.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
