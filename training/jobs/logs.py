"""The log of a job: what its process printed, and no more than two files hold.

Invariant: a flood of lines costs no more disk than twice ``PART_BYTES``; the newest is kept.
"""

import os
from pathlib import Path

from training.jobs.layout import LOG, OLD_LOG

PART_BYTES = 8 << 20


def pump(source: int, folder: Path, part_bytes: int = PART_BYTES) -> None:
    """Copy what comes from a descriptor to the log until it ends. A full disk loses lines, not the job."""
    path = folder / LOG
    while content := os.read(source, 1 << 16):
        try:
            if path.exists() and path.stat().st_size > part_bytes:
                path.replace(folder / OLD_LOG)
            with path.open("ab") as file:
                file.write(content)
        except OSError:
            continue


def tail(folder: Path, most: int = 64 << 10) -> str:
    """The newest of the log."""
    parts = [folder / OLD_LOG, folder / LOG]
    content = b"".join(_last(path, most) for path in parts if path.exists())
    return content[-most:].decode("utf-8", "replace")


def _last(path: Path, most: int) -> bytes:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - most))
        return file.read()
