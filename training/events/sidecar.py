"""The index of a sealed segment in a file beside it, so that opening a log does not read its records.

Invariant: a sidecar is used only where it proves whole and its segment has the size it was made for; else it
is made again from the records. One line of JSON (what the segment holds, and the hash of the rest), then
columns of fixed width. Lookups are by the CRC of the value: whoever asks compares the record itself.
"""

import mmap
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal
from zlib import crc32

import orjson

from training.events.tail import FIELDS, Tail

_FORMAT = 1
_WIDTHS = {"Q": 8, "I": 4, "H": 2}
_COLUMNS: tuple[tuple[str, Literal["Q", "I", "H"]], ...] = (
    ("sequences", "Q"),
    ("offsets", "Q"),
    ("event_id", "Q"),
    ("aggregate_id", "Q"),
    ("correlation_id", "Q"),
    ("lengths", "I"),
    ("versions", "I"),
    ("kinds", "H"),
)


class Sidecar:
    """The columns of Tail, and ``facts``: ``segment, size, plain_size, sequence, digest, damages, frames``.

    ``size`` is that of the segment's file and ``plain_size`` that of its records; ``sequence`` and ``digest``
    are those of its last record; ``frames`` is empty where the file is not compressed.
    """

    sequences: Sequence[int]
    offsets: Sequence[int]
    lengths: Sequence[int]
    versions: Sequence[int]
    kinds: Sequence[int]

    def __init__(self, content: Any) -> None:
        view = memoryview(content)
        end = content.find(b"\n") + 1
        self._body = view[end:]
        self.facts: dict[str, Any] = orjson.loads(view[:end])
        self.names: list[str] = self.facts["names"]
        if self.facts["format"] != _FORMAT or _proof(self.facts, view[end:]) != self.facts["sum"]:
            raise ValueError("the sidecar is not whole")
        self._keys: dict[str, Sequence[int]] = {}
        for name, code in _COLUMNS:
            width = _WIDTHS[code]
            count = self.facts["keys"].get(name, self.facts["count"])
            column = view[end : end + count * width].cast(code)
            end += count * width
            if name in FIELDS:
                self._keys[name] = column
            else:
                setattr(self, name, column)

    def __len__(self) -> int:
        return len(self.sequences)

    def with_facts(self, **facts: Any) -> bytes:
        """The file of the same columns with other facts."""
        header = {**self.facts, **facts}
        return orjson.dumps({**header, "sum": _proof(header, self._body)}) + b"\n" + self._body.tobytes()

    def find(self, field: str, key: str) -> list[int]:
        """Places of the records whose field may have that value, oldest first."""
        newest = self.facts["newest"].get(field, "")
        if key[14:15] == "7" and key > newest:
            return []
        column, wanted = self._keys[field], crc32(key.encode())
        found, at = [], bisect_left(column, wanted << 32)
        while at < len(column) and column[at] >> 32 == wanted:
            found.append(column[at] & 0xFFFFFFFF)
            at += 1
        return found


def build(tail: Tail, facts: Mapping[str, Any]) -> bytes:
    """The file of a sealed segment whose records ``tail`` holds."""
    packed = {field: tail.packed(field) for field in FIELDS}
    columns = [packed[name] if name in packed else getattr(tail, name) for name, _ in _COLUMNS]
    body = b"".join(column.tobytes() for column in columns)
    header = {
        "format": _FORMAT,
        "count": len(tail),
        "keys": {field: len(column) for field, column in packed.items()},
        "newest": {field: _newest(tail.values(field)) for field in FIELDS},
        "names": tail.names,
        **facts,
    }
    return orjson.dumps({**header, "sum": _proof(header, body)}) + b"\n" + body


def load(path: Path, size: int) -> Sidecar | None:
    """The sidecar at ``path`` for a segment of ``size`` bytes; None where it is missing, stale or damaged."""
    try:
        with path.open("rb") as file:
            made = Sidecar(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    return made if made.facts["size"] == size else None


def _newest(keys: Iterable[str]) -> str:
    """The greatest of the ids that grow with time (UUIDv7): a greater one is not in the segment."""
    return max((key for key in keys if key[14:15] == "7"), default="")


def _proof(facts: Mapping[str, Any], body: Any) -> str:
    proof = blake2b(digest_size=16)
    proof.update(orjson.dumps({name: value for name, value in facts.items() if name != "sum"}))
    proof.update(body)
    return proof.hexdigest()
