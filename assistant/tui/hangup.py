"""A terminal that is gone ends the program.

Invariant: when the other end of the terminal closes, the program is over within ``GRACE_S``, also where no
signal comes (it has no controlling terminal) and where drawing waits for a writer that is dead. Nothing is
lost by it: sessions and the log are on disk before they are shown.
"""

import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable

GRACE_S = 3.0
CODE = 128 + signal.SIGHUP


def watch(ask: Callable[[], object]) -> None:
    """Call ``ask``, which should end the program, once the terminal is gone; in a thread of its own."""
    if not sys.stdin.isatty():
        return
    poll = select.poll()
    poll.register(sys.stdin.fileno(), 0)  # asks for nothing, so only a hang-up or an error wakes it
    threading.Thread(target=_wait, args=(poll, ask), name="hangup", daemon=True).start()


def _wait(poll: "select.poll", ask: Callable[[], object]) -> None:
    poll.poll()
    ask()
    time.sleep(GRACE_S)
    os._exit(CODE)  # the thread that draws waits for a writer that is gone
