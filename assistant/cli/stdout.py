"""Stdout for rows and lines that come as bytes.

Invariant: a pipe or a file gets every byte as it is; a terminal gets nothing that it could act upon.
"""

import io
import sys
from typing import BinaryIO, cast

from assistant.text_safety import clean


class _Inert(io.RawIOBase):
    """Whole UTF-8 texts, made inert."""

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        content = bytes(data)  # type: ignore[call-overload]
        sys.stdout.write(clean(content.decode("utf-8", errors="replace")))
        return len(content)


def binary_stdout() -> BinaryIO:
    """Where whole lines of UTF-8 are written to."""
    sys.stdout.flush()
    return cast(BinaryIO, _Inert()) if sys.stdout.isatty() else sys.stdout.buffer
