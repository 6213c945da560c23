"""How far a pull or a measurement is, on stderr, where a person watches it."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from training.models.base import megabytes

PARTS = 400
"""A bar of bytes is drawn at most so often."""


def said(line: str) -> None:
    """One line on stderr."""
    from assistant.text_safety import visible

    click.echo(visible(line), err=True)


class _Bytes:
    """How many came, how many of them in this run, and how fast."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.done = 0
        self._before: int | None = None
        self._started = time.monotonic()

    def step_to(self, done: int) -> int:
        """What to add to the bar: nothing while it would not be seen."""
        if self._before is None:
            self._before = done
        step = done - self.done
        if abs(step) < self.total // PARTS and done != self.total:
            return 0
        self.done = done
        return step

    def __str__(self) -> str:
        seconds = max(time.monotonic() - self._started, 0.001)
        speed = int((self.done - (self._before or 0)) / seconds)
        return f"{megabytes(self.done)} of {megabytes(self.total)}, {megabytes(max(0, speed))}/s"


@contextmanager
def bytes_bar(label: str, total: int) -> Iterator[Callable[[int], None]]:
    """Bytes that came, their speed and the time that is left; what was there at the start counts as come."""
    if not sys.stderr.isatty() or total < 1:
        yield lambda done: None
        return
    come = _Bytes(total)

    def shown(_: int | None) -> str:
        return str(come)

    with click.progressbar(length=total, label=label, file=sys.stderr, item_show_func=shown) as bar:
        yield lambda done: bar.update(come.step_to(done))


@contextmanager
def steps_bar(label: str) -> Iterator[Callable[[int, int, str], None]]:
    """Steps of a measurement, each with what it tries."""
    if not sys.stderr.isatty():
        yield lambda done, of, what: None
        return
    now = label

    def shown(_: int | None) -> str:
        return now

    with click.progressbar(length=1, label=label, file=sys.stderr, item_show_func=shown) as bar:

        def told(done: int, of: int, what: str) -> None:
            nonlocal now
            now, bar.length = what, of
            bar.update(done - bar.pos)

        yield told
        bar.update((bar.length or 0) - bar.pos)
