"""The memory of this process."""

import os
import resource
import sys
from pathlib import Path

STATM = Path("/proc/self/statm")
STATUS = Path("/proc/self/status")


def peak_bytes() -> int:
    """The most that this program had in memory. Not ``ru_maxrss`` alone: it begins with what the process was
    that started it."""
    try:
        lines = STATUS.read_text("ascii", "replace").splitlines()
        return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM:"))
    except (OSError, ValueError, IndexError, StopIteration):
        return _greatest()


def resident_bytes() -> int:
    """What is in memory now; where the system does not tell, the most that ever was."""
    try:
        return int(STATM.read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return _greatest()


def _greatest() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak << 10
