"""Finds names such as ``.git`` at every depth of a folder, fast enough to be asked around every call.

Invariant: a symbolic link is never followed, also where a folder was swapped for one since the last look.
A folder is listed again only where its change time moved, which no program can set back. Not covered:
folders that cannot be listed (no permission, a path too long), which git cannot enter either; they are
looked at again as soon as their change time moves.
"""

import os
import stat
import time
from dataclasses import dataclass
from pathlib import Path

Identity = tuple[int, int]
"""Device and inode: the same thing, also after it was moved."""

_CLOCK_GRAIN_NS = 20_000_000


@dataclass(frozen=True)
class _Listing:
    identity: Identity
    changed_ns: int
    listed_ns: int
    folders: tuple[str, ...]
    found: tuple[str, ...]

    def still_true(self, status: os.stat_result) -> bool:
        settled = self.changed_ns < self.listed_ns - _CLOCK_GRAIN_NS
        return settled and self.changed_ns == status.st_ctime_ns and self.identity == _identity(status)


class NamesInTree:
    """Where ``names`` occur below ``root``; what has a name found is not looked into."""

    def __init__(self, root: Path, names: frozenset[str]) -> None:
        self._root = str(root)
        self._names = names
        self._listings: dict[str, _Listing] = {}

    def find(self) -> dict[str, Identity]:
        """Every occurrence now: its path relative to the root, and what it is."""
        found: dict[str, Identity] = {}
        listings: dict[str, _Listing] = {}
        waiting = [""]
        while waiting:
            folder = waiting.pop()
            listing = self._listing(folder)
            if listing is None:
                continue
            listings[folder] = listing
            waiting += listing.folders
            for path in listing.found:
                identity = identity_of(Path(self._root, path))
                if identity is not None:
                    found[path] = identity
        self._listings = listings
        return found

    def _listing(self, folder: str) -> _Listing | None:
        path = f"{self._root}/{folder}"
        try:
            status = os.lstat(path)
        except OSError:
            return None
        if not stat.S_ISDIR(status.st_mode):
            return None
        known = self._listings.get(folder)
        if known is not None and known.still_true(status):
            return known
        listed_ns = time.time_ns()
        folders, found = self._entries(path, folder)
        return _Listing(_identity(status), status.st_ctime_ns, listed_ns, tuple(folders), tuple(found))

    def _entries(self, path: str, folder: str) -> tuple[list[str], list[str]]:
        folders: list[str] = []
        found: list[str] = []
        prefix = f"{folder}/" if folder else ""
        try:
            with os.scandir(path) as entries:
                for entry in entries:
                    if entry.name in self._names:
                        found.append(prefix + entry.name)
                    elif entry.is_dir(follow_symlinks=False):
                        folders.append(prefix + entry.name)
        except OSError:
            # Not listable now; a later change of its mode moves its change time and brings it back here.
            return [], []
        return folders, found


def identity_of(path: Path) -> Identity | None:
    """What lies at ``path`` (a link itself, not its target), or None where there is nothing."""
    try:
        return _identity(os.lstat(path))
    except OSError:
        return None


def _identity(status: os.stat_result) -> Identity:
    return status.st_dev, status.st_ino
