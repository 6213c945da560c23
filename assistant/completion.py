"""Completion of ``@`` files: an index of the workspace and a fuzzy matcher, shared by the interfaces.

Invariant: nothing here starts a program or leaves the workspace (a repository's own configuration could
run code through git, so ignore files are read directly), and the walk is bounded in entries.
"""

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tools.globs import LARGEST_FILE, IgnoreRules

MAX_FILES = 50_000
MAX_ENTRIES = 200_000
FRESH_S = 5.0
LONGEST_S = 20.0
ALWAYS_IGNORED = frozenset({".git", ".hg", ".svn", ".venv", "node_modules", "__pycache__"})
IGNORE_FILES = (".gitignore", ".apprenticeignore")


class FileIndex:
    """The files of a workspace that are not ignored, as sorted relative paths with ``/``.

    ``truncated`` says that the workspace holds more than the index does. Names that cannot be typed
    or shown (control characters, bytes that are no text) are left out. Symbolic links to folders
    are not followed.
    """

    def __init__(
        self, workspace: Path, *, max_files: int = MAX_FILES, max_entries: int = MAX_ENTRIES
    ) -> None:
        self.workspace = workspace
        self.truncated = False
        self._max_files = max_files
        self._max_entries = max_entries
        self._files: list[str] = []
        self._read_at: float | None = None

    def files(self) -> list[str]:
        """The paths, read again where the last reading is older than five seconds."""
        now = time.monotonic()
        if self._read_at is None or now - self._read_at > FRESH_S:
            self._files = self._walk()
            self._read_at = time.monotonic()
        return self._files

    def refresh(self) -> None:
        """Read the folders again at the next use."""
        self._read_at = None

    def _walk(self) -> list[str]:
        found: list[str] = []
        seen = 0
        end = time.monotonic() + LONGEST_S
        self.truncated = False
        folders: list[tuple[str, tuple[tuple[str, IgnoreRules], ...]]] = [("", ())]
        while folders:
            folder, rules = folders.pop()
            rules = rules + tuple(_rules_of(self.workspace, folder))
            for name, is_folder in _entries(self.workspace / folder):
                seen += 1
                over = time.monotonic() > end
                if over or len(found) >= self._max_files or seen > self._max_entries:
                    self.truncated = True
                    return sorted(found)
                path = f"{folder}/{name}" if folder else name
                if not name.isprintable() or _ignored(path, is_folder, rules):
                    continue
                if is_folder:
                    folders.append((path, rules))
                else:
                    found.append(path)
        return sorted(found)


def _entries(folder: Path) -> Iterator[tuple[str, bool]]:
    """``(name, is_folder)`` of the regular files and folders; a folder that cannot be read has none."""
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    if entry.name not in ALWAYS_IGNORED:
                        yield entry.name, True
                elif entry.is_file():
                    yield entry.name, False
    except OSError:
        return


def _rules_of(workspace: Path, folder: str) -> Iterator[tuple[str, IgnoreRules]]:
    """The ignore rules that ``folder`` itself brings, with the folder they are relative to."""
    for name in IGNORE_FILES:
        file = workspace / folder / name
        if not file.is_file():
            continue
        try:
            with file.open("rb") as opened:
                text = opened.read(LARGEST_FILE).decode("utf-8", "replace")
        except OSError:
            continue
        yield folder, IgnoreRules(text.splitlines())


def _ignored(path: str, is_folder: bool, rules: tuple[tuple[str, IgnoreRules], ...]) -> bool:
    """Git's rule: the deepest ignore file that speaks of the path decides."""
    target = path + "/" if is_folder else path
    for folder, lines in reversed(rules):
        relative = target[len(folder) + 1 :] if folder else target
        include = lines.verdict(relative)
        if include is not None:
            return include
    return False


def fuzzy(query: str, candidates: Sequence[str], limit: int = 20) -> list[str]:
    """The candidates that hold the letters of ``query`` in order, best first.

    Whole words, starts of words and the file's own name weigh more than scattered letters; among
    equals the shorter path wins. An empty query gives the first ``limit`` candidates.
    """
    if not query:
        return list(candidates[:limit])
    lowered = query.lower()
    scored = [
        (-score, len(candidate), candidate)
        for candidate in candidates
        if (score := _score(lowered, candidate.lower())) is not None
    ]
    scored.sort()
    return [candidate for _, _, candidate in scored[:limit]]


def _score(query: str, candidate: str) -> int | None:
    """Higher is nearer; None where the letters are not all there in order."""
    name_at = candidate.rfind("/", 0, len(candidate) - 1) + 1
    at = candidate.find(query, name_at)
    if at < 0:
        at = candidate.find(query)
    if at >= 0:
        bonus = 60 if at == name_at else 30 if _starts_word(candidate, at) else 0
        return 100 + bonus + (20 if at >= name_at else 0) + (40 if len(query) == len(candidate) - at else 0)
    in_name = _scattered(query, candidate, name_at)
    return in_name + 20 if in_name is not None else _scattered(query, candidate, 0)


def _scattered(query: str, candidate: str, start: int) -> int | None:
    score, previous = 0, start - 2
    for letter in query:
        at = candidate.find(letter, max(previous + 1, start))
        if at < 0:
            return None
        score += 4 if at == previous + 1 else 3 if _starts_word(candidate, at) else 1
        previous = at
    return min(score, 75)


def _starts_word(candidate: str, at: int) -> bool:
    return at == 0 or candidate[at - 1] in "/_-. "
