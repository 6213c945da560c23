"""The tool mix, and success over time, counted while decisions are read; how both are charted.

Invariant: memory is a number per tool and two per day, however many decisions there are.
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
    """``tools`` with how often each was chosen, the most frequent first. ``days`` are the reader's days, each
    with the decisions that were done and all that have an outcome, the oldest first."""

    decisions: int
    tools: tuple[tuple[str, int], ...]
    days: tuple[tuple[str, int, int], ...]


def count(rows: Iterable[Row], give: Callable[[Mix], None]) -> Mix:
    """The mix of all ``rows``; on the way ``give`` is told what it is so far."""
    tools: Counter[str] = Counter()
    done: Counter[str] = Counter()
    ended: Counter[str] = Counter()

    def so_far() -> Mix:
        days = tuple((day, done[day], ended[day]) for day in sorted(ended))
        return Mix(tools.total(), tuple(tools.most_common()), days)

    last = time.monotonic()
    for row in rows:
        tools[clean_line(str(row["tool_selected"]), 40)] += 1
        outcomes = outcomes_of(row)
        if outcomes & {"done", "failed"}:
            day = period_of(str(row["timestamp"]), "day")
            ended[day] += 1
            done[day] += "done" in outcomes
        if time.monotonic() - last > GIVE_S:
            give(so_far())
            last = time.monotonic()
    return so_far()


def success(mix: Mix, by: Period) -> list[tuple[int, float]]:
    """For each period the number of the day that it begins on, and which share of what ended was done.

    Days are numbered one after the other; what is dated by no day is left out.
    """
    sums: dict[int, tuple[int, int]] = {}
    for day, done, ended in mix.days:
        try:
            number = date.fromisoformat(day).toordinal()
        except ValueError:
            continue
        begin = number - (number - 1) % 7 if by == "week" else number  # the first of all days was a Monday
        before = sums.get(begin, (0, 0))
        sums[begin] = (before[0] + done, before[1] + ended)
    return [(begin, done / ended) for begin, (done, ended) in sums.items()]


def bars(tools: Sequence[tuple[str, int]], most: int) -> list[tuple[str, int]]:
    """At most ``most`` bars: the tools, those beyond as one. Their names fit a chart that counts letters."""
    shown = list(tools) if len(tools) <= most else list(tools[: most - 1])
    rest = tools[len(shown) :]
    named = [(_narrow(name), number) for name, number in shown]
    return [*named, (f"{len(rest)} others", sum(number for _, number in rest))] if rest else named


def label_of(day: int, by: Period) -> str:
    """A day on the axis of time: ``26-11-20``, or its week ``26-W47``."""
    return date.fromordinal(day).strftime("%y-%m-%d" if by == "day" else "%g-W%V")


def _narrow(name: str) -> str:
    """Letters that take two cells, or none, would shift what is drawn beside them."""
    plain = name if cell_len(name) == len(name) else name.encode("ascii", "backslashreplace").decode()
    return clean_line(plain, 14)
