"""The tool mix, and success over time, counted while decisions are read.

Invariant: memory is two numbers per tool and per period, however many decisions there are.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from assistant.text_safety import clean_line
from assistant.tui.decision_pages import Row
from training.events.figures import Period, period_of
from training.events.matching import outcomes_of

GIVE_S = 0.5


@dataclass(frozen=True)
class Mix:
    """``tools`` with how often each was chosen, the most frequent first. ``success`` is the share of the
    decisions with an outcome that were done, by period, the oldest first."""

    decisions: int
    tools: tuple[tuple[str, int], ...]
    success: tuple[tuple[str, float], ...]


def count(rows: Iterable[Row], by: Period, give: Callable[[Mix], None]) -> Mix:
    """The mix of all ``rows``; on the way ``give`` is told what it is so far."""
    tools: Counter[str] = Counter()
    done: Counter[str] = Counter()
    ended: Counter[str] = Counter()

    def so_far() -> Mix:
        shares = tuple((period, done[period] / ended[period]) for period in sorted(ended))
        return Mix(tools.total(), tuple(tools.most_common()), shares)

    last = time.monotonic()
    for row in rows:
        tools[clean_line(str(row["tool_selected"]), 40)] += 1
        outcomes = outcomes_of(row)
        if outcomes & {"done", "failed"}:
            period = period_of(str(row["timestamp"]), by)
            ended[period] += 1
            done[period] += "done" in outcomes
        if time.monotonic() - last > GIVE_S:
            give(so_far())
            last = time.monotonic()
    return so_far()
