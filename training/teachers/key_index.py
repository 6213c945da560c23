"""Where in a file the entry of a key begins, for very many keys in little memory.

Invariant: every offset that was put under a key is among its candidates, in the order of the offsets. Others
may be too, because 64 bits of a key are kept: who reads there compares the whole key. Memory does not grow
with the keys: SQLite keeps them in a file without a name.
"""

import errno
import sqlite3
from collections.abc import Iterator

_SIGN = 1 << 63
_PRAGMAS = ("journal_mode=OFF", "synchronous=OFF", "locking_mode=EXCLUSIVE", "cache_size=-4096")
"""The file is of no use to anybody else, and gone with the process; the cache is counted in KiB."""


class KeyIndex:
    """Keys are hexadecimal digests of at least 64 bits. Raises OSError where the file cannot grow."""

    def __init__(self) -> None:
        self._file = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        for pragma in _PRAGMAS:
            self._file.execute(f"PRAGMA {pragma}")
        self._file.execute(
            "CREATE TABLE entries (key INTEGER, offset INTEGER, PRIMARY KEY (key, offset)) WITHOUT ROWID"
        )

    def close(self) -> None:
        """Nothing can be put or found afterwards."""
        self._file.close()

    def put(self, key: str, offset: int) -> None:
        try:
            self._file.execute("INSERT OR IGNORE INTO entries VALUES (?, ?)", (_short(key), offset))
        except sqlite3.OperationalError as error:
            raise OSError(errno.ENOSPC, f"an index cannot be kept in a temporary file: {error}") from error

    def candidates(self, key: str) -> Iterator[int]:
        """The offsets that were put under ``key``, or under one that begins like it."""
        found = self._file.execute("SELECT offset FROM entries WHERE key = ? ORDER BY offset", (_short(key),))
        return iter([offset for (offset,) in found])


def _short(key: str) -> int:
    return int(key[:16], 16) - _SIGN
