"""Ends a process with the one that started it, however that ends.

Covered: Linux, where the kernel sends the signal when the thread that started the process ends. Not covered:
other systems, on which nothing is asked for.
"""

import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def die_with(parent: int) -> None:
    """Have the kernel kill this process when the thread ends that started it; 0 asks for nothing."""
    if not parent or sys.platform != "linux":
        return
    import ctypes

    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it was gone before it was asked for
        sys.exit(1)
