"""What the person sent before, kept over runs.

Invariant: the file is the one that the plain interface keeps (a line ``# time``, then the request with
``+`` before each of its lines), and a file that cannot be used leaves the history of this run.
"""

import os
from datetime import UTC, datetime
from pathlib import Path

KEPT = 2000


class PromptHistory:
    """Walks back and forth through earlier requests. ``path`` None keeps nothing on disk."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._entries = _read(path) if path else []
        self._at = len(self._entries)
        self._draft = ""

    @property
    def entries(self) -> tuple[str, ...]:
        """Oldest first."""
        return tuple(self._entries)

    def add(self, text: str) -> str:
        """Remember a request. Returns one line to show where it could not be written, else ``""``."""
        self._at = len(self._entries)
        if not text.strip() or (self._entries and self._entries[-1] == text):
            return ""
        self._entries.append(text)
        self._at = len(self._entries)
        if self._path is None:
            return ""
        record = f"\n# {datetime.now(UTC):%Y-%m-%d %H:%M:%S}\n" + "".join(
            f"+{line}\n" for line in text.split("\n")
        )
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab") as file:
                file.write(record.encode("utf-8", "replace"))
        except OSError as error:
            self._path, problem = None, f"{self._path}: {error.strerror}; this run's history is not kept"
            return problem
        return ""

    def older(self, current: str) -> str | None:
        """The request before the one shown, or None at the oldest. ``current`` is kept as the draft."""
        if self._at == 0:
            return None
        if self._at == len(self._entries):
            self._draft = current
        self._at -= 1
        return self._entries[self._at]

    def newer(self) -> str | None:
        """The request after the one shown, at the end the draft; None where nothing was walked."""
        if self._at >= len(self._entries):
            return None
        self._at += 1
        return self._draft if self._at == len(self._entries) else self._entries[self._at]

    def search(self, query: str, limit: int = 8) -> list[str]:
        """The newest requests that hold every word of ``query``, without repeats."""
        words = query.lower().split()
        found: dict[str, None] = {}
        for entry in reversed(self._entries):
            if all(word in entry.lower() for word in words):
                found.setdefault(entry)
            if len(found) == limit:
                break
        return list(found)


def _read(path: Path) -> list[str]:
    try:
        text = path.read_text("utf-8", errors="replace")
    except OSError:
        return []
    entries: list[str] = []
    lines: list[str] = []
    for line in [*text.split("\n"), ""]:
        if line.startswith("+"):
            lines.append(line[1:])
        elif lines:
            entries.append("\n".join(lines))
            lines = []
    return entries[-KEPT:]
