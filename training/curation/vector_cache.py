"""Vectors kept on disk by what they are of, so that no text is embedded twice.

Invariant: a file belongs to one embedder by its name and size; it only grows, a record at a time; a record
that a kill cut off is dropped at the next opening. Deleting the folder loses time only.
"""

import os
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

from training.curation.base import CurationError, Embedder
from training.events.base import EventLogError
from training.events.files import FolderLock
from training.models.folders import private_folder

if TYPE_CHECKING:
    from training.curation.base import Vectors

KEY = 16
"""Bytes."""
BATCH = 1024
"""Texts embedded between two writes: what a kill loses."""
_PATIENCE_S = 600.0


class Cached:
    """An embedder that asks ``behind`` only for what it has not seen."""

    def __init__(self, behind: Embedder, folder: Path) -> None:
        self._behind = behind
        self._path = folder / f"{behind.name}-{behind.size}.vectors"

    @property
    def name(self) -> str:
        return self._behind.name

    @property
    def size(self) -> int:
        return self._behind.size

    def embed(self, texts: Sequence[str]) -> "Vectors":
        import numpy as np

        keys = [blake2b(text.encode("utf-8", "replace"), digest_size=KEY).digest() for text in texts]
        try:
            private_folder(self._path.parent)
            lock = FolderLock(self._path.with_suffix(".lock"), True, _PATIENCE_S)
            try:
                with lock.held():
                    found = self._whole(dict(zip(keys, texts, strict=True)))
            finally:
                lock.close()
        except (OSError, EventLogError) as error:
            said = error.strerror if isinstance(error, OSError) else error
            raise CurationError(
                f"vectors cannot be kept in {self._path}: {said}; make room, or remove it"
            ) from error
        return np.array([found[key] for key in keys], np.float32).reshape(len(keys), self.size)

    def _whole(self, wanted: dict[bytes, str]) -> "dict[bytes, Vectors]":
        """The vectors of all that is wanted; what was missing is in the file now."""
        known = self._read(wanted)
        missing = [key for key in wanted if key not in known]
        with self._path.open("ab") as file:
            for start in range(0, len(missing), BATCH):
                part = missing[start : start + BATCH]
                made = self._behind.embed([wanted[key] for key in part])
                file.write(b"".join(key + row.tobytes() for key, row in zip(part, made, strict=True)))
                file.flush()
                known |= dict(zip(part, made, strict=True))
        return known

    def _read(self, wanted: dict[bytes, str]) -> "dict[bytes, Vectors]":
        import numpy as np

        if not self._path.exists():
            return {}
        record = KEY + 4 * self.size
        whole = self._path.stat().st_size // record * record
        os.truncate(self._path, whole)
        content = self._path.read_bytes()
        found = {}
        for start in range(0, whole, record):
            if (key := content[start : start + KEY]) in wanted:
                found[key] = np.frombuffer(content, np.float32, self.size, start + KEY)
        return found
