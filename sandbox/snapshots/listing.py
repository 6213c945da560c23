"""Which files of a workspace a snapshot is about.

Invariant: git only lists names here: with the settings of our own store, over a copy of the person's index,
so that files which are tracked count although they are ignored. Nothing below a ``.git`` or ``.apprentice``
is listed, and nothing of nested repositories.
"""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from sandbox.snapshots.base import SnapshotError
from sandbox.snapshots.git import LIST_S, Git

_NEVER = frozenset({b".git", b".apprentice"})
_LARGEST_INDEX = 512 << 20
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True)
class Listing:
    """``paths`` in order; ``nested`` are repositories of their own, which are left out."""

    paths: list[bytes]
    nested: list[bytes]


def list_files(git: Git, *, ignored: bool) -> Listing:
    """The files of the workspace, without the ignored ones unless they are wanted. Raises SnapshotError."""
    options = ["ls-files", "-z", "--cached", "--others"]
    if not ignored:
        options.append("--exclude-standard")
        own = _copied(git.workspace / ".git" / "info" / "exclude", git.folder / "person-exclude")
        options += [f"--exclude-from={own}"] if own else []
    index = _copied(git.workspace / ".git" / "index", git.folder / "person-index")
    try:
        out = git.run(*options, seconds=LIST_S, more=_place(git, index))
    except SnapshotError:
        if index is None:
            raise
        # An index of another format or with parts elsewhere: then ignored files that are tracked are missed.
        out = git.run(*options, seconds=LIST_S, more=_place(git, None))
    finally:
        for name in ("person-index", "person-exclude"):
            (git.folder / name).unlink(missing_ok=True)
    found = [path for path in dict.fromkeys(out.split(b"\0")) if path and not _protected(path)]
    nested = [path.rstrip(b"/") for path in found if path.endswith(b"/")]
    return Listing(sorted(path for path in found if not path.endswith(b"/")), nested)


def _place(git: Git, index: Path | None) -> dict[str, str]:
    return {
        "GIT_WORK_TREE": str(git.workspace),
        "GIT_INDEX_FILE": str(index or git.folder / "no-index"),
    }


def _copied(source: Path, target: Path) -> Path | None:
    """A copy of a plain file, or None where there is none. Raises SnapshotError."""
    try:
        descriptor = os.open(source, _READ)
    except OSError:
        return None
    try:
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode) or status.st_size > _LARGEST_INDEX:
                return None
            target.write_bytes(file.read())
    except OSError as error:
        raise SnapshotError(f"no snapshot: {target}: {error.strerror}; free some room on the disk") from error
    return target


def _protected(path: bytes) -> bool:
    return any(part.lower() in _NEVER for part in path.split(b"/"))
