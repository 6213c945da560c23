"""Figures over decisions: per tool, per agent, over time, and what was redacted.

Invariant: rates are over the decisions that they concern, and None where there are none; times are medians in
milliseconds. Memory is three numbers per decision.
"""

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime
from statistics import median
from typing import Any, Literal

from training.events.base import Event
from training.events.matching import outcomes_of
from training.events.views import moment_of
from training.labels.label import score

Row = dict[str, Any]
Period = Literal["day", "week"]

_TIMED = ("confidence", "latency_ms", "execution_time_ms")


class Tally:
    """Counts over decisions."""

    def __init__(self) -> None:
        self.decisions = 0
        self._outcomes: Counter[str] = Counter()
        self._judged, self._worth = 0, 0.0
        self._values = {name: array("d") for name in _TIMED}

    def add(self, row: Row) -> None:
        self.decisions += 1
        self._outcomes.update(outcomes_of(row) | ({"unknown"} if row["outcome"] is None else set()))
        worth = score(row)
        if worth is not None:
            self._judged += 1
            self._worth += worth
        ran = row["outcome"]["execution_time_ms"] if row["outcome"] else None
        for name, value in zip(_TIMED, (row["confidence"], row["latency_ms"], ran), strict=True):
            if isinstance(value, int | float):
                self._values[name].append(value)

    def summary(self) -> Row:
        """``success_rate`` is over those with an outcome; refusal and correction rates are over all.

        ``accuracy`` is the mean of ``training.labels.label.score`` over those ``judged``: those of which a
        review, a teacher or the outcome says what they were worth.
        """
        count = self._outcomes
        return {
            "decisions": self.decisions,
            "succeeded": count["done"],
            "failed": count["failed"],
            "unknown": count["unknown"],
            "refused": count["refused"],
            "corrected": count["corrected"],
            "success_rate": _share(count["done"], count["done"] + count["failed"]),
            "refusal_rate": _share(count["refused"], self.decisions),
            "correction_rate": _share(count["corrected"], self.decisions),
            "judged": self._judged,
            "accuracy": _share(self._worth, self._judged),
            **{name: median(values) if values else None for name, values in self._values.items()},
        }


def statistics(rows: Iterable[Row], by: Period | None = None) -> Row:
    """Figures over decisions given newest first; ``by`` adds ``over_time``, the oldest period first."""
    everything = Tally()
    tools: dict[str, Tally] = defaultdict(Tally)
    agents: dict[str, Tally] = defaultdict(Tally)
    periods: dict[str, Tally] = defaultdict(Tally)
    sessions: set[Any] = set()
    reviews: Counter[str] = Counter()
    newest = oldest = None
    for row in rows:
        tallies = [everything, tools[str(row["tool_selected"])], agents[str(row["agent_id"])]]
        if by:
            tallies.append(periods[period_of(row["timestamp"], by)])
        for tally in tallies:
            tally.add(row)
        sessions.add(row["session_id"])
        if row["review"]:
            reviews[str(row["review"]["verdict"])] += 1
        newest, oldest = newest or row["timestamp"], row["timestamp"]
    over_time = [{"period": name, **periods[name].summary()} for name in sorted(periods)]
    return {
        **everything.summary(),
        "sessions": len(sessions),
        "reviews": dict(reviews),
        "first": oldest,
        "last": newest,
        "tools": _ranked("tool", tools),
        "agents": _ranked("agent", agents),
        **({"over_time": over_time} if by else {}),
    }


def period_of(timestamp: str, by: Period) -> str:
    """The reader's local day (``2026-11-20``) or ISO week (``2026-W47``) of a stored time."""
    moment: datetime | None = moment_of(timestamp)
    if moment is None:
        return "no time"
    local = moment.astimezone()
    return local.date().isoformat() if by == "day" else local.strftime("%G-W%V")


def redactions(events: Iterable[Event]) -> Row:
    """What was taken out of events before they were written: by kind, how often, and in how many events."""
    taken: Counter[str] = Counter()
    concerned: Counter[str] = Counter()
    read = redacted = 0
    for event in events:
        read += 1
        counts = event.data.get("redacted")
        if isinstance(counts, dict) and counts:
            redacted += 1
            for kind, count in counts.items():
                taken[kind] += count if isinstance(count, int) else 0
                concerned[kind] += 1
    kinds = [
        {"kind": kind, "redacted": count, "events": concerned[kind]}
        for kind, count in sorted(taken.items(), key=lambda item: (-item[1], item[0]))
    ]
    return {"events": read, "with_redactions": redacted, "redacted": taken.total(), "kinds": kinds}


def _ranked(name: str, tallies: dict[str, Tally]) -> list[Row]:
    ranked = sorted(tallies.items(), key=lambda item: (-item[1].decisions, item[0]))
    return [{name: key, **tally.summary()} for key, tally in ranked]


def _share(part: float, whole: int) -> float | None:
    return part / whole if whole else None
