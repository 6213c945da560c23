"""Telling one model file from another without reading it whole."""

import hashlib
import os
from pathlib import Path

ENDS = 64 << 10
"""Bytes that are read at either end."""


def fingerprint(path: Path) -> str:
    """Size, time of change, and a hash of both ends: no two models that were ever at ``path`` share it.

    Not covered: a file that was changed on purpose and given its old time. Raises OSError.
    """
    with path.open("rb") as file:
        facts = os.fstat(file.fileno())
        ends = hashlib.sha256(file.read(ENDS))
        file.seek(max(0, facts.st_size - ENDS))
        ends.update(file.read(ENDS))
    return f"{facts.st_size}-{facts.st_mtime_ns}-{ends.hexdigest()[:32]}"
