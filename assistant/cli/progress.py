"""How far a command is, on stderr where a person watches it.

Invariant: what is done within a moment shows nothing, and a bar is gone when its work is, so that facts
stand alone on the screen.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

import click

AFTER_S = 0.5
"""Work that takes no longer than this shows no bar."""
_DRAWN_S = 0.1
_ERASE = "\r\x1b[K\x1b[?25h"
"""Back to the start of the line, clear it, and show the cursor, which click hid."""


class _Bar:
    """Drawn once the work takes long, and then at most ten times a second."""

    def __init__(self, label: str, total: int) -> None:
        self._bar = click.progressbar(length=total, label=label, file=sys.stderr)
        self._due = time.monotonic() + AFTER_S
        self.drawn = False

    def tell(self, done: int) -> None:
        """``done`` of the total is done."""
        now = time.monotonic()
        if now < self._due:
            return
        self._due = now + _DRAWN_S
        self.drawn = True
        self._bar.update(max(done - self._bar.pos, 0))


@contextmanager
def waiting(label: str) -> Iterator[None]:
    """What is being done and since when, where nobody can tell how much of it there is."""
    if not sys.stderr.isatty():
        yield
        return
    ended = Event()
    clock = Thread(target=_count_seconds, args=(label, ended), daemon=True)
    clock.start()
    try:
        yield
    finally:
        ended.set()
        clock.join()


def _count_seconds(label: str, ended: Event) -> None:
    begun = time.monotonic()
    drawn = False
    while not ended.wait(_DRAWN_S if drawn else AFTER_S):
        drawn = True
        sys.stderr.write(f"{_ERASE}{label}: {time.monotonic() - begun:.0f} s")
        sys.stderr.flush()
    if drawn:
        sys.stderr.write(_ERASE)
        sys.stderr.flush()


@contextmanager
def progress(label: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar; told how much is done, of ``total``."""
    if not sys.stderr.isatty() or total < 1:
        yield lambda done: None
        return
    bar = _Bar(label, total)
    try:
        yield bar.tell
    finally:
        if bar.drawn:
            sys.stderr.write(_ERASE)
            sys.stderr.flush()
