"""Forked children for tests: whatever happens in one ends it, and none outlives the test run."""

import ctypes
import os
import signal
import traceback
from collections.abc import Callable

_DIE_WITH_PARENT = 1


def run_child(body: Callable[[], object]) -> int:
    """Run ``body`` in a forked child; its exit status."""
    return os.waitpid(start_child(body), 0)[1]


def start_child(body: Callable[[], object]) -> int:
    """Start ``body`` in a forked child; its process id."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
        body()
        status = 0
    except BaseException:  # noqa: BLE001
        os.write(2, traceback.format_exc().encode())
    finally:
        os._exit(status)
