"""Making durable what was written, so that a rename after it never shows less."""

import os
from pathlib import Path


def sync(path: Path) -> None:
    """Of a file its content, of a folder its entries. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
