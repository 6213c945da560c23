"""What the student has seen of each file, so that a write over a later change is refused.

Invariant: a digest is kept for every file seen; the content only while it is small, so that memory stays
bounded. Not covered: a change that was made and undone between two reads.
"""

import hashlib
from collections import OrderedDict
from pathlib import Path

_LARGEST_KEPT = 256 << 10
_MOST_KEPT = 64


class FileReads:
    """Remembers files by path for one session. Fulfils ``tools.base.Reads``."""

    def __init__(self) -> None:
        self._digests: dict[Path, bytes] = {}
        self._contents: OrderedDict[Path, bytes] = OrderedDict()

    def saw(self, path: Path, content: bytes) -> None:
        """The student knows ``content`` (bytes) as the state of ``path`` from now on."""
        self._digests[path] = _digest(content)
        self._contents.pop(path, None)
        if len(content) <= _LARGEST_KEPT:
            self._contents[path] = content
            if len(self._contents) > _MOST_KEPT:
                self._contents.popitem(last=False)

    def changed_since_seen(self, path: Path, content: bytes) -> bool:
        """True where the file was seen and is another one now; False where it was never seen."""
        known = self._digests.get(path)
        return known is not None and known != _digest(content)

    def seen(self, path: Path) -> bytes | None:
        """The content last seen, or None where never seen or not kept."""
        return self._contents.get(path)


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()
