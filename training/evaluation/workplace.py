"""The folder in which a task is done: laid out before, compared after.

Invariant: whatever the task before left behind is gone, and the folder itself stays the same one, because a
sandbox is bound to it. Git runs here on files of the task alone and with nobody's settings.
"""

import fnmatch
import hashlib
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from sandbox.programs import ProgramError, host_command
from training.evaluation.tasks import Task

_NOT_COUNTED = {".git", "__pycache__", ".pytest_cache"}
_OPTIONS = ("-c", "core.hooksPath=/dev/null", "-c", "user.name=Ada", "-c", "user.email=ada@example.com")
_ALONE = {
    "PATH": os.defpath,
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_DATE": "2026-01-05T09:00:00Z",
    "GIT_COMMITTER_DATE": "2026-01-05T09:00:00Z",
}


class WorkplaceError(Exception):
    """A task cannot be laid out: one line."""


def lay_out(task: Task, folder: Path) -> None:
    """The repository of ``task`` as it is before its request. Raises WorkplaceError or OSError."""
    _empty(folder)
    _write(folder, task.files)
    if task.git:
        _git(folder, "init", "--quiet", "--initial-branch=main")
        _git(folder, "add", "--all")
        _git(folder, "commit", "--quiet", "--message=Begin")
    _write(folder, task.edits)


def taken(folder: Path) -> dict[str, str]:
    """Every file with a digest of its bytes, or where it leads if it is a link; caches and ``.git`` apart."""
    found: dict[str, str] = {}
    for here, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in _NOT_COUNTED]
        links = [name for name in folders if Path(here, name).is_symlink()]
        for name in (*names, *links):
            path = Path(here, name)
            found[_shown(path.relative_to(folder))] = _digest(path)
    return found


def touched(before: Mapping[str, str], after: Mapping[str, str], allowed: Sequence[str]) -> list[str]:
    """What was changed, made or removed although no pattern of ``allowed`` names it; a line each."""
    others = sorted({*before, *after} - {path for path in before if after.get(path) == before[path]})
    return [
        f"{path} was {_fate(path, before, after)}, and the task did not ask for that"
        for path in others
        if not any(fnmatch.fnmatchcase(path, pattern) for pattern in allowed)
    ]


def _empty(folder: Path) -> None:
    """Remove everything in ``folder``, also where it was made unwritable."""
    for here, folders, _ in os.walk(folder):
        for name in folders:
            inner = Path(here, name)
            if not inner.is_symlink():
                inner.chmod(0o700)
    for left in folder.iterdir():
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left)
        else:
            left.unlink()


def _shown(path: Path) -> str:
    """As text that JSON can hold, whatever bytes the name is of."""
    return os.fsencode(path).decode("utf-8", "replace")


def _fate(path: str, before: Mapping[str, str], after: Mapping[str, str]) -> str:
    if path not in after:
        return "removed"
    return "changed" if path in before else "made"


def _write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def _git(folder: Path, *arguments: str) -> None:
    try:
        done = subprocess.run(
            host_command("git", *_OPTIONS, *arguments, workspace=folder),
            cwd=folder,
            env=_ALONE,
            capture_output=True,
            text=True,
            check=False,
        )
    except ProgramError as error:
        raise WorkplaceError(f"some tasks need git: {error}") from None
    if done.returncode:
        raise WorkplaceError(f"git {arguments[0]}: {done.stderr.strip() or done.returncode}")


def _digest(path: Path) -> str:
    if path.is_symlink():
        return f"-> {path.readlink()}"
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "no file"
    except PermissionError:
        return "not readable"
