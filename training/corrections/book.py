"""The corrections that a log holds, and what was said of each since: forgotten, widened, learned.

Invariant: the log is the only store. What is forgotten or widened is an event of its own, undone by another,
so that nothing is lost and every process sees it. The first look reads reviews alone, newest first, and at
most ``MOST`` corrections; each later one reads what is new.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from training.corrections.base import Correction, Standing
from training.corrections.reading import correction_of
from training.events.base import Event, EventLog, EventLogError, EventType
from training.events.decisions import AGGREGATE, find_row
from training.events.ids import new_event
from training.labels.reviews import CORRECTED

MOST = 1000
LONGEST_TURN = 200
Change = Literal["forgotten", "remembered", "widened", "narrowed", "learned"]
_TYPES = (EventType.DECISION_REVIEWED, EventType.CORRECTION_CHANGED)
_TELLING = frozenset({"corrected", "bad", "refused"})


class Corrections:
    """Those of ``log``. Safe for several threads. Raises EventLogError where the log cannot be read."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._lock = threading.Lock()
        self._read = 0
        self._found: dict[str, Correction] = {}
        self._standing: dict[str, Standing] = {}
        self.version = 0
        """Grows with each change of what is known."""

    def refresh(self) -> None:
        """Take in what the log got since the last time."""
        with self._lock:
            if self._read:
                events = list(self._log.read(event_type=_TYPES, after=self._read))
            else:
                events = self._first()
            for event in events:
                self._take(event)
                self._read = max(self._read, event.sequence)
            self.version += bool(events)

    def all(self) -> list[Correction]:
        """Every correction that was found, the oldest first."""
        with self._lock:
            return sorted(self._found.values(), key=lambda one: one.at)

    def standing(self, correction_id: str) -> Standing:
        with self._lock:
            return self._standing.get(correction_id, Standing())

    def of(self, workspace: str) -> list[Correction]:
        """Those of a project and those that were widened to all, whether they count or not, oldest first."""
        return [one for one in self.all() if one.workspace == workspace or self.standing(one.id).everywhere]

    def counts(self, one: Correction, student: str = "") -> bool:
        """Whether it is to be followed, by the student with that id in the registry."""
        standing = self.standing(one.id)
        return not (one.against or standing.forgotten or (student and student in standing.learned))

    def _first(self) -> list[Event]:
        """The events of the newest corrections, in order."""
        events: list[Event] = []
        seen: set[str | None] = set()
        for event in self._log.read(event_type=_TYPES, newest_first=True):
            self._read = max(self._read, event.sequence)
            if _tells(event):
                events.append(event)
                seen.add(event.causation_id)
            if len(seen) >= MOST:
                break
        return events[::-1]

    def _take(self, event: Event) -> None:
        decision = event.causation_id or ""
        if event.event_type == EventType.CORRECTION_CHANGED:
            self._standing[decision] = _changed(self._standing.get(decision, Standing()), event)
        elif _tells(event) or decision in self._found:
            row = find_row(self._log, decision)
            found = correction_of(row, event.timestamp) if row else None
            if found:
                self._found[decision] = found
            else:
                self._found.pop(decision, None)


def seen_in_turn(log: EventLog, event_id: str) -> Mapping[str, Any] | None:
    """Read which correction was in view when the turn of this decision began."""
    event = log.get(event_id)
    for _ in range(LONGEST_TURN):
        context = event.data.get("context") if event else None
        seen = context.get("correction") if isinstance(context, Mapping) else None
        if isinstance(seen, Mapping):
            return seen
        outcome = log.get(event.causation_id) if event and event.causation_id else None
        event = log.get(outcome.causation_id) if outcome and outcome.causation_id else None
        if event is None:
            break
    return None


def find_correction(log: EventLog, event_id: str) -> tuple[Correction, Standing] | None:
    """Find the correction of a decision, or the one that its turn followed, and whether it still counts.

    Raises EventLogError.
    """
    row = find_row(log, event_id)
    if row is None:
        return None
    if own := _corrected(log, row):
        return own
    seen = seen_in_turn(log, row["event_id"])
    followed = find_row(log, str(seen.get("id"))) if seen else None
    return _corrected(log, followed) if followed else None


def _corrected(log: EventLog, row: dict[str, Any]) -> tuple[Correction, Standing] | None:
    at, standing = row["timestamp"], Standing()
    selection = log.get(row["event_id"])
    for event in log.read(aggregate_id=selection.aggregate_id, event_type=_TYPES) if selection else ():
        if event.causation_id != row["event_id"]:
            continue
        if event.event_type == EventType.CORRECTION_CHANGED:
            standing = _changed(standing, event)
        elif event.data.get("verdict") == CORRECTED:
            at = event.timestamp
    found = correction_of(row, at)
    return (found, standing) if found and not found.against else None


def change(log: EventLog, ids: Sequence[str], what: Change, student: str = "") -> None:
    """Record what becomes of corrections, all at once. ``student`` is the id of one that learned them.

    Raises EventLogError, also where the log holds no such decision.
    """
    log.append_many([_event(log, one, what, student) for one in ids])


def _event(log: EventLog, correction_id: str, what: Change, student: str) -> Event:
    selection = log.get(correction_id)
    if selection is None or selection.event_type != EventType.AGENT_TOOL_SELECTED:
        raise EventLogError(f"the log holds no decision {correction_id!r}; see: apprentice decisions list")
    data = {"change": what, **({"student": student} if student else {})}
    kind, session = EventType.CORRECTION_CHANGED, selection.correlation_id
    return new_event(kind, selection.aggregate_id, AGGREGATE, data, selection.event_id, session)


def _tells(event: Event) -> bool:
    """Whether an event may make a correction or change one; approvals, which are the most, do not."""
    return event.event_type == EventType.CORRECTION_CHANGED or event.data.get("verdict") in _TELLING


def _changed(standing: Standing, event: Event) -> Standing:
    change, student = event.data.get("change"), str(event.data.get("student") or "")
    if change in ("forgotten", "remembered"):
        return replace(standing, forgotten=change == "forgotten")
    if change in ("widened", "narrowed"):
        return replace(standing, everywhere=change == "widened")
    if change == "learned" and student:
        return replace(standing, learned=standing.learned | {student})
    return standing
