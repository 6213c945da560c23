"""Takes back what a program that was killed had put on the machine: processes, control groups, files.

Invariant: only what carries the mark of the dead program, or was noted by it and is still just as it made it,
is touched: an empty placeholder with the mode that no one else gives, a canary's file under its own kind of
name. What a person filled, replaced or made stays.
"""

import contextlib
import os
import re
import signal
import stat
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Literal

Kind = Literal["group", "canary", "placeholder"]
"""A control group's parent, a file of the canary, a stand-in for a protected path that does not exist."""

MARKED = "APPRENTICE_SANDBOX"
"""The environment variable that holds the mark in every process around a call."""
GROUPS = Path("/sys/fs/cgroup")
STANDS_IN = stat.S_ISVTX
"""The mode bit that tells a placeholder from what a person made; it is set as the placeholder is made."""
_CANARY = re.compile(r"\.canary-[0-9a-f]{8}")
_GONE_S = 5.0


def take_back(mark: str, notes: Iterable[tuple[str, Path]]) -> None:
    """End what runs under ``mark``, then remove what was noted, the last first."""
    noted = list(notes)
    _until_gone(lambda: _kill_marked(f"{MARKED}={mark}".encode()))
    for kind, path in reversed(noted):
        with contextlib.suppress(OSError):
            match kind:
                case "group" if path.is_relative_to(GROUPS):
                    _remove_groups(path, mark)
                case "canary" if _CANARY.fullmatch(path.name) and stat.S_ISREG(path.lstat().st_mode):
                    path.unlink()
                case "placeholder":
                    remove_placeholder(path)


def remove_placeholder(path: Path) -> None:
    """Remove a stand-in that is as it was made: empty, this user's, with its mode. Raises OSError."""
    status = path.lstat()
    if not status.st_mode & STANDS_IN or status.st_uid != os.geteuid():
        return
    if stat.S_ISDIR(status.st_mode):
        with contextlib.suppress(OSError):  # somebody filled it: it is theirs
            path.rmdir()
    elif stat.S_ISREG(status.st_mode) and status.st_size == 0:
        path.unlink()


def remove_group(folder: Path) -> bool:
    """Kill what is in a control group and remove it; false where the kernel still holds on to it."""

    def is_there() -> bool:
        try:
            _kill_group(folder)
            folder.rmdir()
        except FileNotFoundError:
            return False
        except OSError:
            return True
        return False

    return _until_gone(is_there)


def _remove_groups(parent: Path, mark: str) -> None:
    for folder in parent.glob(f"{mark}-*"):
        remove_group(folder)


def _is_own_file(path: Path) -> bool:
    return stat.S_ISREG(path.lstat().st_mode)


def _kill_marked(entry: bytes) -> bool:
    """Kill the processes that were started with ``entry`` in their environment; whether there were any."""
    some = False
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit() or int(folder.name) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            if entry not in _environment(folder):
                continue
            process = os.pidfd_open(int(folder.name))
            try:
                if entry in _environment(folder):  # still the same process, now that its number is held
                    some = True
                    signal.pidfd_send_signal(process, signal.SIGKILL)
            finally:
                os.close(process)
    return some


def _environment(folder: Path) -> list[bytes]:
    return (folder / "environ").read_bytes().split(b"\0")


def _kill_group(folder: Path) -> None:
    for pid in map(int, (folder / "cgroup.procs").read_text().split()):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _until_gone(look: Callable[[], bool]) -> bool:
    """Call ``look`` until it finds nothing more, for a while."""
    end = time.monotonic() + _GONE_S
    while look():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True
