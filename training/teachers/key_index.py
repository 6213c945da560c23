"""Where in a file the entry of a key begins, in 16 bytes a key and a third as many to spare.

Invariant: every offset that was put under a key is among its candidates. Others may be too, because 64 bits
of a key are kept: whoever reads there compares the whole key.
"""

from array import array
from collections.abc import Iterator

_FIRST = 1024
_FULL = 0.7


class KeyIndex:
    """Keys are hexadecimal digests, spread evenly already. Open addressing: slots of (key, offset + 1)."""

    def __init__(self) -> None:
        self._keys = _zeros(_FIRST)
        self._offsets = _zeros(_FIRST)
        self._used = 0

    def put(self, key: str, offset: int) -> None:
        if self._used >= _FULL * len(self._keys):
            self._grow()
        self._insert(int(key[:16], 16), offset + 1)
        self._used += 1

    def candidates(self, key: str) -> Iterator[int]:
        """The offsets that were put under ``key``, or under one that begins like it."""
        short = int(key[:16], 16)
        slot = short % len(self._keys)
        while self._offsets[slot]:
            if self._keys[slot] == short:
                yield self._offsets[slot] - 1
            slot = (slot + 1) % len(self._keys)

    def _insert(self, short: int, stored: int) -> None:
        slot = short % len(self._keys)
        while self._offsets[slot]:
            slot = (slot + 1) % len(self._keys)
        self._keys[slot], self._offsets[slot] = short, stored

    def _grow(self) -> None:
        keys, offsets = self._keys, self._offsets
        self._keys, self._offsets = _zeros(2 * len(keys)), _zeros(2 * len(keys))
        for short, stored in zip(keys, offsets, strict=True):
            if stored:
                self._insert(short, stored)


def _zeros(count: int) -> "array[int]":
    return array("Q", bytes(8 * count))
