"""Finding texts that are nearly equal to a new one among very many.

Two texts are near where the Jaccard similarity of their shingles (all runs of five bytes) reaches a bound.
MinHash names the few texts that may be near; then the shingles themselves are compared, so that what is found
is near for certain. What is near may be missed: one in a hundred at the usual bound of 0.9.

Invariant: memory does not grow with the texts: they and their index are in files without a name.
"""

import os
import tempfile
from collections.abc import Iterator
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from training.teachers.key_index import KeyIndex

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Shingles = NDArray[np.uint64]

SHINGLE = 5
BANDS, ROWS = 8, 8
HOLDERS = 8
"""Texts kept under one band: requests of one template share bands by the thousand."""
_LENGTH = 4
_BLOCK = 4096


def normalised(text: str) -> str:
    """Without what makes no difference: case and white space."""
    return " ".join(text.casefold().split())


def shingles(text: str) -> "Shingles":
    """The set of them, as sorted numbers; one for a text that is shorter than a shingle."""
    import numpy as np

    content = text.encode().ljust(SHINGLE, b" ")
    window = np.lib.stride_tricks.sliding_window_view(np.frombuffer(content, np.uint8), SHINGLE)
    powers = np.array([256**place for place in range(SHINGLE)], np.uint64)
    return np.unique(window.astype(np.uint64) @ powers)


def jaccard(one: "Shingles", other: "Shingles") -> float:
    import numpy as np

    common = np.intersect1d(one, other, assume_unique=True).size
    return float(common / (one.size + other.size - common))


class NearTexts:
    """Texts to compare new ones with. ``bound`` is the least similarity that counts, 0 to 1."""

    def __init__(self, bound: float) -> None:
        import numpy as np

        random = np.random.default_rng(5)
        self._bound = bound
        self._factors = random.integers(0, 1 << 63, (BANDS * ROWS, 1), np.uint64) * np.uint64(2) + np.uint64(
            1
        )
        self._offsets = random.integers(0, 1 << 63, (BANDS * ROWS, 1), np.uint64)
        self._exact, self._bands = KeyIndex(), KeyIndex()
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as this object
        self._size = 0

    def close(self) -> None:
        self._file.close()
        self._exact.close()
        self._bands.close()

    def find(self, text: str, group: str = "") -> tuple[str, float] | None:
        """A text of the group that is equal, or near, with its similarity."""
        for position in self._exact.candidates(_digest(group, text.encode())):
            if self._read(position) == text:
                return text, 1.0
        if self._bound >= 1.0:
            return None
        mine = shingles(text)
        seen: set[int] = set()
        for band in self._banded(group, mine):
            for position in self._bands.candidates(band):
                if position in seen:
                    continue
                seen.add(position)
                other = self._read(position)
                if (similarity := jaccard(mine, shingles(other))) >= self._bound:
                    return other, similarity
        return None

    def add(self, text: str, group: str = "") -> None:
        position = self._written(text)
        self._exact.put(_digest(group, text.encode()), position)
        if self._bound < 1.0:
            for band in self._banded(group, shingles(text)):
                if len(list(self._bands.candidates(band))) < HOLDERS:
                    self._bands.put(band, position)

    def _banded(self, group: str, mine: "Shingles") -> Iterator[str]:
        """The keys under which near texts of a group meet."""
        signature = self._signature(mine)
        for band in range(BANDS):
            rows = signature[band * ROWS : (band + 1) * ROWS]
            yield _digest(f"{group}\0{band}", rows.tobytes())

    def _signature(self, mine: "Shingles") -> "NDArray[Any]":
        import numpy as np

        least = np.full(BANDS * ROWS, np.iinfo(np.uint64).max, np.uint64)
        for start in range(0, mine.size, _BLOCK):
            mixed = self._factors * mine[start : start + _BLOCK] + self._offsets
            least = np.minimum(least, (mixed >> np.uint64(32)).min(axis=1))
        return least

    def _written(self, text: str) -> int:
        content, position = text.encode(), self._size
        record = len(content).to_bytes(_LENGTH, "little") + content
        os.pwrite(self._file.fileno(), record, position)
        self._size += len(record)
        return position

    def _read(self, position: int) -> str:
        length = int.from_bytes(os.pread(self._file.fileno(), _LENGTH, position), "little")
        return os.pread(self._file.fileno(), length, position + _LENGTH).decode()


def _digest(group: str, content: bytes) -> str:
    return blake2b(group.encode() + b"\0" + content, digest_size=8).hexdigest()
