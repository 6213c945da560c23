"""The sha256 of files, which is what a model is known by."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from training.regular import open_regular

CHUNK = 1 << 20


def sha256_of_file(path: Path, stop: Callable[[], bool] = lambda: False) -> str:
    """In hexadecimal. Raises OSError; InterruptedError, which is one, as soon as ``stop()`` says so."""
    digest = hashlib.sha256()
    with open_regular(path) as file:
        while chunk := file.read(CHUNK):
            if stop():
                raise InterruptedError(f"{path}: was not read to its end")
            digest.update(chunk)
    return digest.hexdigest()
