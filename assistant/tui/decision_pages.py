"""Decisions of a log, read a part at a time in a thread, while the interface stays alive.

Invariant: nothing here is called from the interface's thread but ``stop`` and ``how_far``; a reading that was
stopped ends at the next event, with ``Stopped``.
"""

import time
from collections.abc import Callable, Sequence
from itertools import count
from threading import Event as Flag
from typing import Any

from textual.message import Message

from assistant.tui.widgets.row_table import TableRow
from training.events.base import Event, EventLog
from training.events.matching import DecisionFilter
from training.events.views import LogView, last_sequence

Row = dict[str, Any]
GIVE_S = 0.15
_YIELD_EVERY = 50


class Stopped(Exception):
    """Nobody waits for what is read any more."""


class Watched:
    """``view`` is the log, ``seen`` how many events were read through it; ``stop`` ends a reading."""

    def __init__(self, log: EventLog) -> None:
        self.view = LogView(log, on_event=self._on_event)
        self.seen = 0
        self._log = log
        self._total = 0
        self._numbers = count(1)
        self._stop = Flag()

    def measure(self) -> None:
        """Find out how long the log is. Raises EventLogError."""
        self._total = last_sequence(self._log)

    def how_far(self) -> str:
        """How much of the log was read."""
        return f"{self.seen:,} of {max(self._total, self.seen):,} events read"

    def stop(self) -> None:
        self._stop.set()

    @property
    def stopped(self) -> bool:
        return self._stop.is_set()

    def _on_event(self, event: Event) -> None:
        self.seen = next(self._numbers)
        if self._stop.is_set():
            raise Stopped
        if self.seen % _YIELD_EVERY == 0:
            time.sleep(0)  # decoding holds the interpreter; the interface draws in between


class DecisionPages:
    """Decisions that match, newest first. Memory does not grow with the log."""

    def __init__(self, log: EventLog, wanted: DecisionFilter) -> None:
        self.watched = Watched(log)
        self._rows = wanted.rows(self.watched.view)

    def read(self, size: int, give: Callable[[list[Row]], None]) -> bool:
        """Hand the next ``size`` rows to ``give``, in parts where they are rare. True where the log ends.

        Raises Stopped, EventLogError.
        """
        self.watched.measure()
        part: list[Row] = []
        last = time.monotonic()
        for given, row in enumerate(self._rows, 1):
            part.append(row)
            if given == size:
                give(part)
                return False
            if time.monotonic() - last > GIVE_S:
                give(part)
                part, last = [], time.monotonic()
        give(part)
        return True


class PagePart(Message):
    """Rows that were read. ``ended`` says that the log holds no more; ``problem`` why reading failed."""

    def __init__(
        self,
        pages: DecisionPages,
        rows: Sequence[TableRow],
        *,
        done: bool = False,
        ended: bool = False,
        problem: str = "",
    ) -> None:
        super().__init__()
        self.pages = pages
        self.rows = rows
        self.done = done
        self.ended = ended
        self.problem = problem
