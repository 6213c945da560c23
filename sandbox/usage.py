"""What the processes of a call use together, seen from outside.

Invariant: a call over its memory, its processes or its share of the disk is stopped within a few looks.
Memory is what the kernel charges to the whole tree (shared pages once). Covered: what limits of one process
cannot: many processes, shared memory, many files. Not covered: peaks shorter than one look; disk written
by others in the same seconds counts as the call's.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from sandbox.base import Limits

LOOK_S = 0.05
_NEW_FILES = 250_000
_PAGE = os.sysconf("SC_PAGE_SIZE")


def children(pid: int) -> list[int]:
    """The children of all threads of ``pid``; none where it has ended."""
    found: list[int] = []
    try:
        for thread in Path(f"/proc/{pid}/task").iterdir():
            found += map(int, (thread / "children").read_text().split())
    except (FileNotFoundError, ProcessLookupError):
        return found
    return found


def descendants(pid: int, enough: int = 1 << 20) -> list[int]:
    """Everything below ``pid``, the search ended after ``enough`` processes."""
    found = children(pid)
    for child in found:
        if len(found) > enough:
            break
        found += children(child)
    return found


@dataclass(frozen=True)
class DiskRoom:
    """Room left on the file system of a folder, to compare with later."""

    free_bytes: int
    free_files: int

    @classmethod
    def of(cls, folder: Path) -> "DiskRoom":
        """The room left now."""
        status = os.statvfs(folder)
        return cls(status.f_bavail * status.f_frsize, status.f_favail)

    def excess(self, folder: Path, limits: Limits) -> str:
        """Why the call that began with this room must stop, or empty."""
        now = DiskRoom.of(folder)
        if self.free_bytes - now.free_bytes > limits.disk_bytes:
            return f"wrote more than {limits.disk_bytes >> 20} MiB"
        if self.free_files - now.free_files > _NEW_FILES:
            return f"made more than {_NEW_FILES} files"
        return ""


def tree_excess(pid: int, limits: Limits, own: int = 0) -> str:
    """Why the tree below ``pid`` must stop, or empty. ``own`` processes of it are the sandbox's."""
    tree = descendants(pid, limits.processes + own)
    if len(tree) + sum(map(_more_threads, tree)) > limits.processes + own:
        return f"more than {limits.processes} processes"
    if sum(map(_resident, tree)) <= limits.memory_bytes:
        return ""
    if sum(map(_share, tree)) > limits.memory_bytes:
        return f"more than {limits.memory_bytes >> 20} MiB of memory"
    return ""


def _more_threads(pid: int) -> int:
    """Threads beyond the first; like the kernel's own limit, the one here counts each."""
    try:
        return max(0, Path(f"/proc/{pid}/task").stat().st_nlink - 3)
    except (FileNotFoundError, ProcessLookupError):
        return 0


def _resident(pid: int) -> int:
    """Bytes in memory, shared pages in full: cheap, and never too low."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (FileNotFoundError, ProcessLookupError):
        return 0


def _share(pid: int) -> int:
    """Bytes in memory, each shared page divided by its users: exact over the tree, and dear."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except PermissionError:
        return _resident(pid)
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(int(line.split()[1]) << 10 for line in text.splitlines() if line.startswith("Pss:"))
