"""The sha256 of files, which is what a model is known by."""

import hashlib
from pathlib import Path

CHUNK = 1 << 20


def sha256_of_file(path: Path) -> str:
    """In hexadecimal. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
