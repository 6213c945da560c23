"""The tool mix, and success over time, counted while decisions are read; how both are charted.

Invariant: memory is two numbers per tool and per period, however many decisions there are.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from rich.cells import cell_len

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


def bars(tools: Sequence[tuple[str, int]], most: int) -> list[tuple[str, int]]:
    """At most ``most`` bars: the tools, those beyond as one. Their names fit a chart that counts letters."""
    shown = list(tools) if len(tools) <= most else list(tools[: most - 1])
    rest = tools[len(shown) :]
    named = [(_narrow(name), number) for name, number in shown]
    return [*named, (f"{len(rest)} others", sum(number for _, number in rest))] if rest else named


def day_of(period: str) -> int | None:
    """The day that a period begins on, as a number that grows by one a day; None where it is no time."""
    try:
        if "W" not in period:
            return date.fromisoformat(period).toordinal()
        return date.fromisocalendar(int(period[:4]), int(period[6:]), 1).toordinal()
    except ValueError:
        return None


def label_of(day: int, by: Period) -> str:
    """A day on the axis of time: ``26-11-20``, or its week ``26-W47``."""
    return date.fromordinal(day).strftime("%y-%m-%d" if by == "day" else "%g-W%V")


def _narrow(name: str) -> str:
    """Letters that take two cells, or none, would shift what is drawn beside them."""
    plain = name if cell_len(name) == len(name) else name.encode("ascii", "backslashreplace").decode()
    return clean_line(plain, 14)
