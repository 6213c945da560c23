"""The audit form of the log, ``tool_calls_audit.jsonl``: one flat line per decision.

Invariant: every line names the events that it was made from, so that it can be traced to the log.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from training.events.base import Event, EventLog, EventType
from training.events.matching import DecisionFilter, Row
from training.events.views import LogView

COLUMNS = {
    "timestamp": "when it was chosen (UTC)",
    "session_id": "the session",
    "agent_id": "the agent",
    "category": "the agent's category",
    "request": "what the person asked",
    "tool": "the tool chosen",
    "parameters": "its arguments",
    "reasoning": "why",
    "confidence": "0 to 1, null where unknown",
    "model": "the student",
    "verdict": "refused, corrected, or a rating; null where none",
    "reason": "why the person said so",
    "corrected_tool": "the right tool, where corrected",
    "corrected_parameters": "its right arguments",
    "outcome": "done, failed, or unknown",
    "result": "what the call returned",
    "latency_ms": "time to choose",
    "execution_time_ms": "time to run",
    "event_id": "the selection",
    "outcome_event_id": "the outcome, null where there is none",
    "review_event_ids": "the reviews, oldest first",
}


def audit(
    log: EventLog, wanted: DecisionFilter, on_event: Callable[[Event], None] | None = None
) -> Iterator[dict[str, Any]]:
    """A line per decision that matches, newest first, with the keys of ``COLUMNS`` in their order."""
    followers = _Followers()

    def follow(event: Event) -> None:
        followers.add(event)
        if on_event is not None:
            on_event(event)

    for row in wanted.rows(LogView(log, on_event=follow)):
        yield _line(row, followers.of(row["event_id"]))


class _Followers:
    """Outcomes and reviews that were read, newest first, until the selection that they follow is passed."""

    def __init__(self) -> None:
        self._events: dict[str | None, list[Event]] = defaultdict(list)
        self._selection: str | None = None

    def add(self, event: Event) -> None:
        if event.event_type == EventType.AGENT_TOOL_SELECTED:
            self._events.pop(self._selection, None)
            self._selection = event.event_id
        else:
            self._events[event.causation_id].append(event)

    def of(self, selection_id: str) -> list[Event]:
        return self._events.get(selection_id, [])


def _line(row: Row, followers: list[Event]) -> dict[str, Any]:
    outcome, review = row["outcome"] or {}, row["review"] or {}
    ids = {kind: [event.event_id for event in followers if event.event_type == kind] for kind in EventType}
    values = (
        *(row[name] for name in ("timestamp", "session_id", "agent_id", "category")),
        row["context"].get("request"),
        *(row[name] for name in ("tool_selected", "tool_parameters", "reasoning", "confidence", "model")),
        *(review.get(name) for name in ("verdict", "reason", "corrected_tool", "corrected_parameters")),
        {None: "unknown", True: "done", False: "failed"}[outcome.get("success")],
        outcome.get("result"),
        row["latency_ms"],
        outcome.get("execution_time_ms"),
        row["event_id"],
        next(iter(ids[EventType.AGENT_TOOL_COMPLETED]), None),
        ids[EventType.DECISION_REVIEWED][::-1],
    )
    return dict(zip(COLUMNS, values, strict=True))
