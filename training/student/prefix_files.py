"""KV states of prompt prefixes on disk, so that a new process does not read its prompt again.

Invariant: a file is used only where it is whole and was made by the same model, adapter, window and
llama.cpp for the very same tokens; any other is removed, with a notice. Files are private, appear by
rename, and together stay below a limit: the one that was used longest ago goes first. Nothing here fails
a request: what cannot be read or written costs time only.
"""

import hashlib
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

from training.student.kv_state import KvState

MAGIC = b"apprentice kv state 1\n"
ENDING = ".kv"
PART_ENDING = ".part"
ABANDONED_SECONDS = 3600.0


class PrefixFiles:
    """The states in ``folder``, at most ``budget`` bytes of them; ``notice`` is told what was removed."""

    def __init__(self, folder: Path, budget: int, notice: Callable[[str], None]) -> None:
        self._folder = folder
        self._budget = budget
        self._notice = notice

    def load(self, identity: str, tokens: Sequence[int]) -> KvState | None:
        """The state of ``tokens`` under ``identity``, or None."""
        path = self._path(identity, tokens)
        try:
            with path.open("rb") as file:
                data = _content(file, _digest(identity, tokens))
            os.utime(path)
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            self._remove(path, f"{path.name}: {error}")
            return None
        return KvState(tuple(tokens), data)

    def save(self, identity: str, state: KvState) -> None:
        """Keep ``state``, and remove what no longer fits."""
        parts = (MAGIC, _digest(identity, state.tokens), hashlib.sha256(state.data).digest(), state.data)
        size = sum(len(part) for part in parts)
        if size > self._budget:
            return
        try:
            self._make_room(size)
            self._write(self._path(identity, state.tokens), parts)
        except OSError as error:
            self._notice(f"{self._folder}: a prompt's state is not kept: {error.strerror or error}")

    def _write(self, path: Path, parts: Sequence[bytes | bytearray]) -> None:
        """``parts`` at ``path``, or nothing anywhere."""
        descriptor, name = tempfile.mkstemp(PART_ENDING, ".", self._folder)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.writelines(parts)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def _path(self, identity: str, tokens: Sequence[int]) -> Path:
        return self._folder / f"{_digest(identity, tokens).hex()[:32]}{ENDING}"

    def _make_room(self, size: int) -> None:
        """Remove the states used longest ago, and parts that a killed process left behind."""
        now = time.time()
        for part in self._folder.glob(f".*{PART_ENDING}"):
            if now - part.stat().st_mtime > ABANDONED_SECONDS:
                part.unlink(missing_ok=True)
        found = [(path.stat(), path) for path in self._folder.glob(f"*{ENDING}")]
        used = sum(facts.st_size for facts, _ in found)
        for facts, path in sorted(found, key=lambda pair: pair[0].st_mtime):
            if used + size <= self._budget:
                return
            path.unlink(missing_ok=True)
            used -= facts.st_size

    def _remove(self, path: Path, reason: str) -> None:
        self._notice(f"a prompt's state is not used and was removed: {reason}")
        try:
            path.unlink(missing_ok=True)
        except OSError:
            return


def _digest(identity: str, tokens: Sequence[int]) -> bytes:
    return hashlib.sha256(f"{identity}:{','.join(map(str, tokens))}".encode()).digest()


def _content(file: BinaryIO, digest: bytes) -> bytes:
    """The state in a file. Raises ValueError with what is wrong."""
    if file.read(len(MAGIC)) != MAGIC:
        raise ValueError("it is no KV state")
    if file.read(len(digest)) != digest:
        raise ValueError("it belongs to another model or prompt")
    checksum = file.read(len(digest))
    data = file.read()
    if hashlib.sha256(data).digest() != checksum:
        raise ValueError("it is damaged")
    return data
