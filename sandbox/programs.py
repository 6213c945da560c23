"""Finds the programs that are started on the host: the one place that decides what may be started.

Invariant: every process outside the sandbox begins with ``host_command`` or ``python_command``; a test
reads all sources for it. A program counts only by an absolute path on which no step (folder, link or file)
lies where sandboxed calls can write, or can be changed by another user than root and the one who runs this.
Relative and empty entries of PATH never count. Covered: links, a workspace that is reached by another name,
a part of it that is mounted elsewhere (``mounts``), folders that earlier sessions could write. Not covered:
access control lists, hard links, what an accepted program starts itself, and its exchange between the check
and the start by somebody who may write there.
"""

import errno
import functools
import json
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sandbox.mounts import Mounts, Place

_MOST_LINKS = 40
_OTHERS = stat.S_IWGRP | stat.S_IWOTH
WRITABLE = "FOLDERS_WRITABLE_BY_APPRENTICE"
"""The variable that tells this process and its children where sandboxed calls write or wrote: a JSON list."""


RECORD = "FOLDERS_WRITABLE_BY_APPRENTICE_RECORD"
"""The variable that names a file of more such folders, a JSON string a line; other sessions lengthen it."""


class ProgramError(Exception):
    """A program of the host is missing or may not be started: one line that names the path and the fix."""


@dataclass(frozen=True)
class HostProgram:
    """``passed_over`` says of each file of that name in PATH before it why it does not count."""

    path: str
    passed_over: tuple[str, ...] = ()


def count_as_writable(folder: Path) -> None:
    """Let nothing below ``folder`` be started from now on: sandboxed calls write there, or did."""
    known = _known(os.environ.get(WRITABLE, "[]"))
    if (real := folder.resolve()) not in known:
        os.environ[WRITABLE] = json.dumps([*map(str, known), str(real)])


@functools.lru_cache(maxsize=1)
def _known(written: str) -> tuple[Path, ...]:
    return tuple(Path(folder) for folder in json.loads(written))


def recorded_folders(record: Path) -> list[Path]:
    """The folders in such a file; a line that is no path is passed over."""
    try:
        descriptor = os.open(record, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, encoding="utf-8", errors="replace") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return []
            lines = file.read().splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        try:
            folder = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(folder, str) and folder.startswith("/") and "\0" not in folder:
            found.append(Path(folder))
    return found


def writable_folders(workspace: Path | None = None) -> list[Path]:
    """Where sandboxed calls write or wrote, ``workspace`` among them."""
    record = os.environ.get(RECORD, "")
    earlier = recorded_folders(Path(record)) if record else []
    return [*_known(os.environ.get(WRITABLE, "[]")), *earlier, *([workspace.resolve()] if workspace else [])]


def host_command(name: str, *arguments: str, workspace: Path | None = None, fix: str = "") -> list[str]:
    """The command line of a program of the host. Raises ProgramError, whose line ends in ``fix``."""
    return [find_program(name, workspace, fix).path, *arguments]


def python_command(*arguments: str) -> list[str]:
    """This very Python, which imports nothing from the current folder; what it runs calls ``clean`` first."""
    return [sys.executable, "-P", *arguments]


def find_program(name: str, workspace: Path | None = None, fix: str = "") -> HostProgram:
    """The first program of that name in PATH that counts. Raises ProgramError.

    A ``name`` with a slash is the path itself.
    """
    fix = fix or f"install {name} for the whole system"
    refusals: list[str] = []
    for path in _candidates(name):
        problem = why_not(path, workspace)
        if not problem:
            return HostProgram(str(path), tuple(refusals))
        refusals.append(f"{path} is not started: {problem}")
    if refusals:
        raise ProgramError(f"{refusals[0]}; {fix}")
    if "/" in name and not name.startswith("/"):
        raise ProgramError(f"{name} is not started: its path is relative; {fix}")
    raise ProgramError(f"{name} is not installed; {fix}")


def why_not(path: Path, workspace: Path | None = None) -> str:
    """Why the program at the absolute ``path`` may not be started, with what to do; empty where it may."""
    roots = _Roots(writable_folders(workspace))
    try:
        for step in _steps(path):
            status = step.lstat()
            if root := roots.holding(step, status):
                return f"sandboxed calls can write in {root}; use one outside of it"
            if status.st_uid not in (0, os.geteuid()):
                return f"{step} belongs to another user; use one of root's or your own"
            if _others_write(status):
                return f"others can write {step}; chmod go-w {step}"
    except OSError as error:
        return error.strerror or str(error)
    return ""


def lies_in_writable(path: str, workspace: Path | None = None) -> bool:
    """Whether ``path`` is relative or empty, or leads through a folder where sandboxed calls can write."""
    if not path.startswith("/"):
        return True
    roots = _Roots(writable_folders(workspace))
    try:
        return any(roots.holding(step, step.lstat()) for step in _steps(Path(path)))
    except (OSError, ValueError):  # it ends in nothing: what is there so far was looked at, or cannot be
        real = os.path.realpath(path)
        return any(Path(real).is_relative_to(root) for root in writable_folders(workspace))


def is_installed(name: str) -> bool:
    """Return whether PATH holds a program of that name, whoever may write it; it is not to be started."""
    return next(_candidates(name), None) is not None


def _candidates(name: str) -> Iterator[Path]:
    """Executable files of that name, in the order of PATH; no entry counts that is relative or empty."""
    folders: Iterable[str] = os.environ.get("PATH", os.defpath).split(os.pathsep)
    if "/" in name:
        folders = ["/"] if name.startswith("/") else []
    for folder in dict.fromkeys(folders):
        path = Path(folder, name)
        if folder.startswith("/") and path.is_file() and os.access(path, os.X_OK):
            yield path


class _Roots:
    """The folders where sandboxed calls can write, by what they are and not by what they are called."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self._known: dict[tuple[int, int], Path] = {}
        self._mounts = Mounts()
        self._places: list[tuple[Place, Path]] = []
        for root in folders:
            try:
                status = root.stat()
            except OSError:
                continue
            self._known[status.st_dev, status.st_ino] = root
            self._places.append((self._mounts.place(root), root))

    def holding(self, step: Path, status: os.stat_result) -> Path | None:
        """The folder that ``step`` is, or that it lies in by a mount."""
        if found := self._known.get((status.st_dev, status.st_ino)):
            return found
        place = self._mounts.place(step)
        return next((root for held, root in self._places if place.is_below(held)), None)


def _steps(path: Path) -> Iterator[Path]:
    """Every folder, link and file on the way that the kernel takes along ``path``. Raises OSError."""
    waiting = [*reversed(path.parts)]
    here = Path("/")
    links = 0
    while waiting:
        part = waiting.pop()
        if part == "..":
            here = here.parent
            continue
        here = here / part
        yield here
        if here.is_symlink():
            links += 1
            if links > _MOST_LINKS:
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
            waiting.extend(reversed(here.readlink().parts))
            here = here.parent


def _others_write(status: os.stat_result) -> bool:
    """Whether another user can change it. In a folder with the sticky bit each can change only their own."""
    mode = status.st_mode
    if stat.S_ISLNK(mode) or not mode & _OTHERS or (stat.S_ISDIR(mode) and mode & stat.S_ISVTX):
        return False
    return bool(mode & stat.S_IWOTH) or not _is_own_group(status.st_gid)


def _is_own_group(group: int) -> bool:
    """Whether nobody but root and the user is in ``group``, as in the group of one's own of many systems."""
    import grp
    import pwd

    if group == 0:
        return True
    try:
        own = pwd.getpwuid(os.geteuid()).pw_name
        found = grp.getgrgid(group)
    except KeyError:
        return False
    others = {each.pw_name for each in pwd.getpwall() if each.pw_gid == group}
    return {*found.gr_mem, *others} <= {own, "root"}
