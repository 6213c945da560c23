"""Walking the files of the workspace: sorted, bounded, never through a link, ignored ones left out.

Invariant: ``.git``, the usual folders of installed packages and caches, and what ``.gitignore``,
``.git/info/exclude`` or ``.apprenticeignore`` names is left out, except where the user or the student names
such a folder itself. A deeper ``.gitignore`` wins over the ones above it, and all of them over
``.git/info/exclude`` and the usual folders; ``.apprenticeignore`` lies at the root and wins over all. No path
is taken from git's settings: what a repository sets as ``core.excludesFile`` is not read. Not covered: git's
global excludes; ``info/exclude`` of a linked worktree or of a repository above the workspace.
"""

import itertools
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.builtin.paths import Place, located, open_file, shown
from tools.calls import ToolError
from tools.globs import LARGEST_FILE, IgnoreRules

_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_DEEPEST = 64
_MOST_SECONDS = 15.0
_MOST_IN_FOLDER = 20_000
_USUAL_FOLDERS = """
    .venv venv node_modules bower_components __pycache__ __pypackages__ .eggs .tox .nox .mypy_cache
    .pytest_cache .ruff_cache .hypothesis .ipynb_checkpoints .gradle .terraform .hg .svn
"""
_USUAL = frozenset(_USUAL_FOLDERS.split())
"""Folders that nobody means by "the project", also where no ignore file says so."""


@dataclass(frozen=True)
class Entry:
    """One name met by a walk. ``parts`` is the way from the workspace; links are shown, not followed."""

    parts: tuple[str, ...]
    is_folder: bool
    is_file: bool

    @property
    def path(self) -> str:
        return "/".join(self.parts)


class Ignores:
    """The ignore files of one workspace, each read when its folder is first met."""

    def __init__(self, workspace: Path, start: tuple[str, ...] = ()) -> None:
        self._workspace = workspace
        self._start = start
        self._specs: dict[tuple[str, ...], IgnoreRules | None] = {}
        self._folders: dict[tuple[str, ...], bool] = {}
        self._spent_s = 0.0
        self._own = self._read((), ".apprenticeignore")
        self._exclude = self._read((), ".git/info/exclude")
        self._top = 0
        if any(self._matches(start[:count], is_folder=True) for count in range(1, len(start) + 1)):
            self._own, self._exclude, self._top = None, None, len(start)

    def ignored(self, parts: tuple[str, ...], *, is_folder: bool) -> bool:
        """True where ``parts``, or a folder between the start and it, is ignored.

        Raises ToolError where the patterns have taken too much time in all.
        """
        started = time.thread_time()
        try:
            return self._ignored(parts, is_folder=is_folder)
        finally:
            self._spent_s += time.thread_time() - started
            if self._spent_s > _MOST_SECONDS:
                raise ToolError(
                    "the patterns of the ignore files take too long to match; give a path, or simplify them"
                )

    def _ignored(self, parts: tuple[str, ...], *, is_folder: bool) -> bool:
        for count in range(len(self._start) + 1, len(parts)):
            folder = parts[:count]
            if folder not in self._folders:
                self._folders[folder] = self._matches(folder, is_folder=True)
            if self._folders[folder]:
                return True
        return len(parts) > len(self._start) and self._matches(parts, is_folder=is_folder)

    def _matches(self, parts: tuple[str, ...], *, is_folder: bool) -> bool:
        if parts[-1] == ".git":
            return True
        end = "/" if is_folder else ""
        if self._own is not None and self._own.verdict("/".join(parts) + end):
            return True
        for count in range(len(parts) - 1, self._top - 1, -1):
            spec = self._spec(parts[:count])
            said = spec.verdict("/".join(parts[count:]) + end) if spec is not None else None
            if said is not None:
                return said
        said = self._exclude.verdict("/".join(parts) + end) if self._exclude is not None else None
        return (is_folder and parts[-1] in _USUAL) if said is None else said

    def _spec(self, folder: tuple[str, ...]) -> IgnoreRules | None:
        if folder not in self._specs:
            self._specs[folder] = self._read(folder, ".gitignore")
        return self._specs[folder]

    def _read(self, folder: tuple[str, ...], name: str) -> IgnoreRules | None:
        try:
            with located(self._workspace, "/".join((*folder, name))) as place:
                descriptor = open_file(place)
        except ToolError:
            return None
        with os.fdopen(descriptor, "rb") as file:
            text = file.read(LARGEST_FILE).decode("utf-8", "replace")
        return IgnoreRules(text.splitlines())


def walk(place: Place, ignores: Ignores, notes: list[str]) -> Iterator[Entry]:
    """Everything below the folder ``place``, depth first, by name. ``notes`` gets what was left out."""
    yield from _walk(place.folder, place.parts, ignores, notes, depth=0)


def children(place: Place, ignores: Ignores, notes: list[str]) -> list[Entry]:
    """What lies directly in the folder ``place``, sorted by name."""
    return list(_entries(place.folder, place.parts, ignores, notes))


def _walk(
    folder: int, parts: tuple[str, ...], ignores: Ignores, notes: list[str], depth: int
) -> Iterator[Entry]:
    for entry in _entries(folder, parts, ignores, notes):
        yield entry
        if not entry.is_folder:
            continue
        if depth == _DEEPEST:
            notes.append(f"{shown('/'.join(entry.parts[:3]))}/... is deeper than {_DEEPEST} folders")
            continue
        try:
            descriptor = os.open(entry.parts[-1], _FOLDER_FLAGS, dir_fd=folder)
        except OSError as error:
            notes.append(f"{shown(entry.path)}: {(error.strerror or str(error)).lower()}")
            continue
        try:
            yield from _walk(descriptor, entry.parts, ignores, notes, depth + 1)
        finally:
            os.close(descriptor)


def _entries(folder: int, parts: tuple[str, ...], ignores: Ignores, notes: list[str]) -> Iterator[Entry]:
    with os.scandir(folder) as found:
        names = list(itertools.islice(found, _MOST_IN_FOLDER + 1))
    if len(names) > _MOST_IN_FOLDER:
        names.pop()
        where = shown("/".join(parts) or ".")
        notes.append(f"{where} holds more than {_MOST_IN_FOLDER} names; the others are left out")
    for name in sorted(names, key=lambda one: os.fsencode(one.name)):
        is_folder = name.is_dir(follow_symlinks=False)
        way = (*parts, name.name)
        if not ignores.ignored(way, is_folder=is_folder):
            yield Entry(way, is_folder, name.is_file(follow_symlinks=False))
