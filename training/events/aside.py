"""Bytes that are no records, kept for the person to look at.

Invariant: nothing is cut off the journal before its bytes are durable here; a kept file is never overwritten.
"""

from pathlib import Path

from training.events.files import write_new


class Aside:
    """The folder ``aside/`` of a log, made when it is first needed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "aside"

    def keep(self, kind: str, offset: int, content: bytes) -> Path:
        """Keep ``content``, found at a byte offset; the same content twice is one file."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        path, copies = self._folder / f"{kind}-{offset}.bin", 1
        while path.exists() and path.read_bytes() != content:
            copies += 1
            path = self._folder / f"{kind}-{offset}-{copies}.bin"
        if not path.exists():
            write_new(path, content)
        return path
