"""The sha256 of model files, computed once: kept with the size and the time that the file had."""

import hashlib
import json
import os
from pathlib import Path

from training.models.digest import sha256_of_file


def known_sha256(path: Path, folder: Path) -> str | None:
    """What ``sha256`` found for the file that is at ``path`` now, or None; the file is not read."""
    try:
        kept = json.loads(_entry(path, folder).read_bytes())
        return str(kept["sha256"]) if kept["stamp"] == _stamp(path) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def sha256(path: Path, folder: Path) -> str:
    """The sha256 of ``path``; read only where the file is another than last time. Raises OSError."""
    known = known_sha256(path, folder)
    if known is not None:
        return known
    stamp = _stamp(path)
    found = sha256_of_file(path)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    entry = _entry(path, folder)
    fresh = entry.with_suffix(f".{os.getpid()}.new")
    fresh.write_text(json.dumps({"path": str(path), "stamp": stamp, "sha256": found}), encoding="utf-8")
    fresh.replace(entry)
    return found


def _stamp(path: Path) -> list[int]:
    stat = path.stat()
    return [stat.st_size, stat.st_mtime_ns, stat.st_ino]


def _entry(path: Path, folder: Path) -> Path:
    name = hashlib.sha256(os.fsencode(path.absolute())).hexdigest()[:32]
    return folder / f"file-{name}.json"
