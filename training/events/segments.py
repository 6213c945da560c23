"""The files that a log's records lie in, in order: ``events-000001.jsonl``, plain or compressed.

Invariant: a sealed segment's records never change but by pruning, which replaces the file whole. A compressed
one is a series of gzip members (``zcat`` reads it) of ``BLOCK`` bytes of records each, so that one record is
read by expanding one or two of them.
"""

import gzip
import zlib
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

from training.events.files import JournalFile

BLOCK = 1 << 18
_KEPT_BLOCKS = 8


def plain_name(number: int) -> str:
    return f"events-{number:06d}.jsonl"


def plain_path(folder: Path, number: int) -> Path:
    return folder / plain_name(number)


def packed_path(folder: Path, number: int) -> Path:
    return folder / f"{plain_name(number)}.gz"


def sidecar_path(folder: Path, number: int) -> Path:
    return folder / f"events-{number:06d}.index"


def numbers(folder: Path) -> list[int]:
    """The numbers of the segments that are there."""
    found = {path.name[7:13] for path in folder.glob("events-*.jsonl*") if path.suffix in (".jsonl", ".gz")}
    return sorted(int(number) for number in found if number.isdigit())


def existing_path(folder: Path, number: int) -> Path:
    """The plain file, or the compressed one where there is no plain one."""
    plain, packed = plain_path(folder, number), packed_path(folder, number)
    return packed if packed.exists() and not plain.exists() else plain


class PackedFile:
    """A compressed segment, read like a JournalFile. ``frames`` are the byte offsets of its members."""

    def __init__(self, path: Path, frames: Sequence[int] = ()) -> None:
        self._path = path
        self._file = JournalFile(path, writable=False)
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self.frames = tuple(frames) or self._find_frames()
        last = len(self.frames) - 1
        self._size = last * BLOCK + len(self._block(last)) if self.frames else 0

    def size(self) -> int:
        return self._size

    def read_at(self, offset: int, length: int) -> bytes:
        first, last = offset // BLOCK, max(offset, offset + length - 1) // BLOCK
        data = b"".join(self._block(number) for number in range(first, min(last + 1, len(self.frames))))
        return data[offset - first * BLOCK :][:length]

    def close(self) -> None:
        self._file.close()

    def _block(self, number: int) -> bytes:
        """One block of records; zeros where its bytes cannot be expanded, so that the damage has a place."""
        block = self._blocks.get(number)
        if block is None:
            start = self.frames[number]
            end = self.frames[number + 1] if number + 1 < len(self.frames) else self._file.size()
            block = _expand(self._file.read_at(start, end - start))
            self._blocks[number] = block
            if len(self._blocks) > _KEPT_BLOCKS:
                self._blocks.popitem(last=False)
        return block

    def _find_frames(self) -> tuple[int, ...]:
        """The offsets of the members, which each begin with the same ten bytes."""
        content = self._file.read_at(0, self._file.size())
        found, at = [], content.find(_MEMBER)
        while at >= 0:
            reader = zlib.decompressobj(wbits=31)
            try:
                reader.decompress(content[at:])
            except zlib.error:
                found.append(at)
                at = content.find(_MEMBER, at + 1)
                continue
            found.append(at)
            at = content.find(_MEMBER, len(content) - len(reader.unused_data))
        return tuple(found)


def pack(data: bytes) -> tuple[bytes, list[int]]:
    """``data`` compressed, and the offsets of its members."""
    frames, members, size = [], [], 0
    for start in range(0, len(data), BLOCK):
        frames.append(size)
        members.append(compressed(data[start : start + BLOCK]))
        size += len(members[-1])
    return b"".join(members), frames


def compressed(block: bytes) -> bytes:
    """One member."""
    return gzip.compress(block, 6, mtime=0)


def _expand(member: bytes) -> bytes:
    try:
        return gzip.decompress(member)
    except (OSError, EOFError, zlib.error):
        return b"\0" * BLOCK


_MEMBER = gzip.compress(b"", 6, mtime=0)[:10]
