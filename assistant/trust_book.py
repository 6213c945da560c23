"""What the person said of folders, kept in their data folder.

Invariant: nothing in a workspace can change it. A book that is missing, damaged or of another version trusts
nothing; what it held is kept aside before it is written anew. It holds digests and names of files, never
their content.
"""

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assistant import paths
from assistant.private_files import alone, keep_aside, replace_file
from assistant.trust import Folder, Standing

SCHEMA = 1


class TrustError(Exception):
    """What the person said cannot be kept: one line."""


@dataclass(frozen=True)
class TrustBook:
    """The book in one file."""

    path: Path

    def standing(self, folder: Folder) -> Standing:
        """What the person said of ``folder`` as it is now."""
        if not folder.files:
            return Standing.EMPTY
        entry = self._entries().get(str(folder.path))
        if not isinstance(entry, dict):
            return Standing.UNKNOWN
        if entry.get("digest") != folder.digest:
            return Standing.CHANGED
        return Standing.TRUSTED if entry.get("trusted") is True else Standing.REFUSED

    def decide(self, folder: Folder, *, trusted: bool) -> None:
        """Keep the person's word on ``folder`` as it is now. Raises TrustError or PathsError."""
        entry = {
            "digest": folder.digest,
            "files": folder.names,
            "trusted": trusted,
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        self._change(str(folder.path), entry)

    def forget(self, folder: Folder) -> None:
        """As if nothing had been said of ``folder``. Raises TrustError or PathsError."""
        self._change(str(folder.path), None)

    def problem(self) -> str:
        """One line where the file is there and cannot be read, so that it trusts nothing; else empty."""
        if not os.path.lexists(self.path) or self._folders() is not None:
            return ""
        return f"{self.path}: damaged, so no folder is trusted; `apprentice trust --yes` begins it anew"

    def _change(self, key: str, entry: dict[str, Any] | None) -> None:
        try:
            paths.ensure_folder(self.path.parent)
            with alone(self.path.parent):
                if self._folders() is None:
                    keep_aside(self.path)
                entries = {**self._entries(), key: entry}
                kept = {name: one for name, one in entries.items() if one is not None}
                replace_file(self.path, json.dumps({"schema": SCHEMA, "folders": kept}, indent=1))
        except OSError as error:
            raise TrustError(f"{self.path}: cannot be written: {error.strerror or error}") from error

    def _entries(self) -> dict[str, Any]:
        return self._folders() or {}

    def _folders(self) -> dict[str, Any] | None:
        """What the file says; None where it is damaged, of another version, or not there."""
        try:
            book = json.loads(self.path.read_bytes())
        except (OSError, ValueError, RecursionError):
            return None
        folders = book.get("folders") if isinstance(book, dict) and book.get("schema") == SCHEMA else None
        return folders if isinstance(folders, dict) else None


def the_book() -> TrustBook:
    """The person's own. Raises PathsError."""
    return TrustBook(paths.trust_file())
