"""What was found of model files, kept with the size and the time that they had: their sha256, their header.

Invariant: what is known of a file holds for the file that is there now; one that was changed is read again.
"""

import hashlib
import json
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from training.models.base import ModelError
from training.models.digest import sha256_of_file
from training.models.folders import private_folder
from training.models.header import Header, read_header
from training.regular import read_document

SHA256, HEADER = "sha256", "header"


def known_sha256(path: Path, folder: Path) -> str | None:
    """The sha256 of the file that is at ``path`` now, or None; the file is not read."""
    return _known(path, folder).get(SHA256)


def sha256(path: Path, folder: Path, stop: Callable[[], bool] = lambda: False) -> str:
    """The sha256 of ``path``; computed where the file is another than last time. Raises OSError.

    ``stop`` ends the computation, which takes as long as the disk takes for the file.
    """
    found = known_sha256(path, folder)
    if found is None:
        found = sha256_of_file(path, stop)
        with suppress(OSError):  # it is known all the same, and computed again next time
            _keep(path, folder, SHA256, found)
    return found


def known_header(path: Path, folder: Path) -> Header | None:
    """The header of the file that is at ``path`` now, or None; the file is not read."""
    kept = _known(path, folder).get(HEADER)
    return None if kept is None else Header(**kept)


def header(path: Path, folder: Path) -> Header:
    """The header of ``path``; read where the file is another than last time. Raises ModelError."""
    found = known_header(path, folder)
    if found is not None:
        return found
    found = read_header(path)
    try:
        _keep(path, folder, HEADER, asdict(found))
    except OSError as error:
        raise ModelError(f"{folder}: cannot be written: {error.strerror or error}") from None
    return found


def _known(path: Path, folder: Path) -> dict[str, Any]:
    try:
        kept = json.loads(read_document(_entry(path, folder)))
        return dict(kept["found"]) if kept["stamp"] == _stamp(path) else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _keep(path: Path, folder: Path, what: str, value: Any) -> None:
    stamp = _stamp(path)
    found = {**_known(path, folder), what: value}
    entry = _entry(path, private_folder(folder))
    fresh = entry.with_suffix(f".{os.getpid()}.new")
    fresh.write_text(json.dumps({"path": str(path), "stamp": stamp, "found": found}), encoding="utf-8")
    fresh.replace(entry)


def _stamp(path: Path) -> list[int]:
    stat = path.stat()
    return [stat.st_size, stat.st_mtime_ns, stat.st_ino]


def _entry(path: Path, folder: Path) -> Path:
    name = hashlib.sha256(os.fsencode(path.absolute())).hexdigest()[:32]
    return folder / f"file-{name}.json"
