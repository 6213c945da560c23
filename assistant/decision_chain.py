"""One decision with all its events: what led to it, the selection, its outcome, its reviews."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from training.corrections.base import Correction, Standing
from training.corrections.book import find_correction, seen_in_turn
from training.events.base import Event, EventLog, EventType
from training.events.decisions import find_row


@dataclass(frozen=True)
class Chain:
    """``row`` is that of the decision. ``events`` are the selection and what followed it, in order.

    ``cause`` is the event that led to the selection; None where none is named, or the log does not hold it.
    """

    row: dict[str, Any]
    cause: Event | None
    events: tuple[Event, ...]
    correction: tuple[Correction, Standing] | None = None
    """What this decision was corrected to, else what its turn followed, with what that counts for."""
    seen: Mapping[str, Any] | None = None
    """What the turn's first decision kept of the correction in its view."""

    @property
    def selection(self) -> Event:
        return self.events[0]

    @property
    def alternatives(self) -> list[tuple[str, float]]:
        """What else might have been chosen, with its probability, best first."""
        given = self.selection.data.get("alternatives")
        pairs = given if isinstance(given, list) else []
        return [(str(one[0]), float(one[1])) for one in pairs if _is_pair(one)]


def find_chain(log: EventLog, event_id: str) -> Chain | None:
    """The decision that an event (selection, outcome or review) belongs to, or None. Raises EventLogError."""
    row = find_row(log, event_id)
    selection = log.get(row["event_id"]) if row else None
    if row is None or selection is None:
        return None
    members = log.read(aggregate_id=selection.aggregate_id)
    followers = (event for event in members if event.causation_id == selection.event_id)
    cause = log.get(selection.causation_id) if selection.causation_id else None
    seen = seen_in_turn(log, selection.event_id)
    return Chain(row, cause, (selection, *followers), find_correction(log, event_id), seen)


def decision_of(cause: Event | None) -> str | None:
    """The id of the decision that an event belongs to: its selection; None where it belongs to none."""
    if cause is None or cause.aggregate_type != "decision":
        return None
    return cause.event_id if cause.event_type == EventType.AGENT_TOOL_SELECTED else cause.causation_id


def _is_pair(value: Any) -> bool:
    return isinstance(value, list | tuple) and len(value) == 2 and isinstance(value[1], int | float)
