"""Small logs for the tests of data products: a log in memory, decisions alike but for their number."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from training.events.base import Event, EventType
from training.events.decisions import DecisionRecorder
from training.events.ids import new_event
from training.events.views import given_moment, happened_by

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


class MemoryLog:
    """An EventLog without a disk: events get their version and sequence as in the real one."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.notices: Sequence[str] = ()

    def append(self, event: Event, *, expected_version: int | None = None) -> Event:
        version = self.version_of(event.aggregate_id) + 1
        self.events.append(replace(event, sequence=len(self.events) + 1, version=version))
        return self.events[-1]

    def append_many(self, events: Sequence[Event]) -> list[Event]:
        return [self.append(event) for event in events]

    def get(self, event_id: str) -> Event | None:
        return next((event for event in self.events if event.event_id == event_id), None)

    def version_of(self, aggregate_id: str) -> int:
        return sum(one.aggregate_id == aggregate_id for one in self.events)

    def read(
        self,
        *,
        event_type: str | Iterable[str] | None = None,
        aggregate_id: str | None = None,
        correlation_id: str | None = None,
        after: int = 0,
        limit: int | None = None,
        newest_first: bool = False,
        until: int | None = None,
        as_of: str | datetime | None = None,
    ) -> Iterator[Event]:
        kinds = [event_type] if isinstance(event_type, str) else event_type and list(event_type)
        found = [
            event
            for event in self.events
            if event.sequence > after
            and (until is None or event.sequence <= until)
            and (as_of is None or happened_by(event.timestamp, given_moment(as_of)))
            and (kinds is None or event.event_type in kinds)
            and (aggregate_id is None or event.aggregate_id == aggregate_id)
            and (correlation_id is None or event.correlation_id == correlation_id)
        ]
        return iter((found[::-1] if newest_first else found)[:limit])

    def close(self) -> None:
        pass


def decide(
    log: Any, number: int = 0, *, agent: str = "coder", category: str = "coding", **changes: Any
) -> Event:
    """Append one whole decision of NOON without an outcome; ``number`` is in its request."""
    given = {
        "context": {"request": f"request {number}"},
        "tools_available": [{"name": "read_file"}, {"name": "run_shell"}],
        "tool_selected": "read_file",
        "tool_parameters": {"path": f"{number}.py"},
        "reasoning": "because",
        "confidence": 0.5,
        "model": "m",
        "latency_ms": 20.0,
        "timestamp": NOON.isoformat(),
    }
    return DecisionRecorder(log, "s", agent, category).selected(**(given | changes))


def go_on(log: Any) -> Event:
    """Append what the session went on with: another turn, of which nothing is known."""
    return decide(log, context={"request": "what does this project do"}, tool_selected="run_shell")


def complete(log: Any, selection: Event, success: bool = True, timestamp: str = "", **changes: Any) -> Event:
    """Append the outcome of a decision, dated like it unless ``timestamp`` says otherwise."""
    data = {"success": success, "result": "done", "execution_time_ms": 5.0, **changes}
    return follow(log, selection, EventType.AGENT_TOOL_COMPLETED, data, timestamp)


def review(log: Any, selection: Event, verdict: str, tool: str | None = None, timestamp: str = "") -> Event:
    parameters = {"path": "right.py"} if tool else None
    data = {"verdict": verdict, "corrected_tool": tool, "corrected_parameters": parameters, "reason": ""}
    return follow(log, selection, EventType.DECISION_REVIEWED, data, timestamp)


def follow(log: Any, selection: Event, kind: str, data: dict[str, Any], timestamp: str = "") -> Event:
    event = new_event(kind, selection.aggregate_id, "decision", data, selection.event_id, "s")
    return log.append(replace(event, timestamp=timestamp or selection.timestamp))


def record(log: Any, kind: str, aggregate: str = "one", **data: Any) -> Event:
    """Append an event of training, dated NOON."""
    return log.append(replace(new_event(kind, aggregate, "model", data), timestamp=NOON.isoformat()))
