"""What is said of corrections: why a decision was made, what a correction counts for, what was changed of it.

Invariant: text of the log is made inert by whoever shows it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from training.corrections.base import Standing
from training.corrections.book import Change, change, find_correction
from training.events.base import EventLog, EventLogError

Wish = Literal["forget", "widen"]
WISHES: Mapping[str, tuple[Change, Change]] = {
    "forget": ("forgotten", "remembered"),
    "widen": ("widened", "narrowed"),
}
"""What a wish records, and what undoes it."""
_SAID: Mapping[Change, str] = {
    "forgotten": "forgotten: the student decides such requests by itself again",
    "remembered": "it counts again",
    "widened": "it counts in all projects",
    "narrowed": "it counts in its own project alone",
}


def because(seen: Mapping[str, Any] | None, workspace: Any = "", today: datetime | None = None) -> str:
    """Why a decision was made, by what it kept of the correction that was ``seen``; empty without one.

    ``workspace`` is that of the decision.
    """
    if seen is None:
        return ""
    elsewhere = f" in {seen.get('workspace')}" if seen.get("workspace") != workspace else ""
    return f"you corrected this on {day(str(seen.get('at')), today)}{elsewhere}: {seen.get('request')}"


def day(timestamp: str, today: datetime | None = None) -> str:
    """A stored time as a day of the reader's: ``3 November``, with the year where it is another."""
    try:
        moment = datetime.fromisoformat(timestamp).astimezone()
    except (ValueError, OverflowError):
        return "an unknown day"
    year = "" if moment.year == (today or datetime.now().astimezone()).year else f" {moment.year}"
    return f"{moment.day} {moment:%B}{year}"


def counts_for(standing: Standing) -> str:
    """What a correction counts for now."""
    if standing.forgotten:
        return "forgotten"
    scope = "counts in all projects" if standing.everywhere else "counts in this project"
    learned = f", learned by {', '.join(sorted(standing.learned))}" if standing.learned else ""
    return scope + learned


def wish(log: EventLog, event_id: str, wanted: Wish, *, undo: bool | None = None) -> str:
    """Forget or widen the correction that a decision shows, or undo that; what was done, in a line.

    Without ``undo``, what holds is turned round. Raises EventLogError.
    """
    found = find_correction(log, event_id)
    if found is None:
        raise EventLogError(f"no correction belongs to {event_id}; see: apprentice decisions corrections")
    correction, standing = found
    holds = standing.forgotten if wanted == "forget" else standing.everywhere
    undone = holds if undo is None else undo
    what = WISHES[wanted][undone]
    if holds == undone:
        change(log, [correction.id], what)
    return f"“{correction.request[:80]}”: {_SAID[what]}"
