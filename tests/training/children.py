"""Forked children for tests: whatever happens in one ends it, and never goes on as a second test run."""

import os
from collections.abc import Callable


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
        body()
        status = 0
    finally:
        os._exit(status)
