"""A limit of processes for root, whom RLIMIT_NPROC does not bind.

Invariant: a group lives as long as one call. Covered: both versions of control groups, where root may make
one. Not covered: root in a container with read-only control groups; there ``sandbox.usage`` alone watches.
"""

import contextlib
import itertools
import logging
import os
from collections.abc import AsyncIterator
from pathlib import Path

from sandbox.leftovers import GROUPS, remove_group
from sandbox.scratch import Scratch
from sandbox.threads import to_end

_log = logging.getLogger(__name__)
_NUMBERS = itertools.count()


@contextlib.asynccontextmanager
async def process_group(processes: int, scratch: Scratch) -> AsyncIterator[Path | None]:
    """A group of at most ``processes``; yields the file to join it by, or None where none can be made."""
    parent = _parent()
    if os.geteuid() != 0 or parent is None:
        yield None
        return
    scratch.note("group", parent)
    folder = parent / f"{scratch.mark}-{next(_NUMBERS)}"
    try:
        folder.mkdir()
        (folder / "pids.max").write_text(str(processes))
    except OSError:
        # Not ours to make here (a container, another manager): the caller's other bounds stand.
        with contextlib.suppress(OSError):
            folder.rmdir()
        yield None
        return
    try:
        yield folder / "cgroup.procs"
    finally:
        await to_end(_remove, folder)


def _parent() -> Path | None:
    """Where a group with a limit of processes can be made: below our own, or beside it in version 2."""
    groups = [line.split(":", 2) for line in Path("/proc/self/cgroup").read_text().splitlines()]
    for _, controllers, path in groups:
        if "pids" in controllers.split(","):
            return _existing(GROUPS / "pids" / path.lstrip("/"))
    for _, controllers, path in groups:
        if not controllers:
            return _existing((GROUPS / path.lstrip("/")).parent if path != "/" else GROUPS)
    return None


def _existing(folder: Path) -> Path | None:
    return folder if folder.is_dir() else None


def _remove(folder: Path) -> None:
    """Remove the group once the kernel has let go of the dead in it."""
    if not remove_group(folder):
        _log.warning("control group %s is left over", folder)
