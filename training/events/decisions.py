"""Decisions over the event log: recorded in three steps, read back as one row each.

Invariant: a selection is durable before its call runs. A decision is one aggregate: the selection is its
version 1, its outcome and its reviews follow and name the selection as their cause. A selection without an
outcome has the outcome None: unknown, and never run again.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from training.events.base import Event, EventLog, EventLogError, EventType
from training.events.ids import new_event, outcome_id, uuid7
from training.labels.following import Following
from training.labels.label import HOST
from training.labels.reviews import REVIEW, merged

__all__ = ["HOST", "DecisionRecorder", "find_row", "history", "review", "rows"]

AGGREGATE = "decision"
_TYPES = (EventType.AGENT_TOOL_SELECTED, EventType.AGENT_TOOL_COMPLETED, EventType.DECISION_REVIEWED)
_COLUMNS: dict[str, Any] = {
    "agent_id": "",
    "category": "",
    "context": {},
    "tools_available": [],
    "tool_selected": "",
    "tool_parameters": {},
    "reasoning": "",
    "confidence": None,
    "model": "",
    "latency_ms": None,
}
_TEACHER = ("teacher_model", "teacher_tool", "teacher_parameters", "teacher_confidence")
_OUTCOME = ("success", "result", "execution_time_ms")


class DecisionRecorder:
    """Records the decisions of one agent in one session. Every method returns after the event is durable."""

    def __init__(
        self, log: EventLog, session_id: str, agent_id: str = "coder", category: str = "coding"
    ) -> None:
        self._log = log
        self._session_id = session_id
        self._agent_id = agent_id
        self._category = category

    def selected(
        self,
        *,
        context: Mapping[str, Any],
        tools_available: Sequence[Mapping[str, Any]],
        tool_selected: str,
        tool_parameters: Mapping[str, Any] | None = None,
        reasoning: str = "",
        confidence: float | None = None,
        model: str = "",
        latency_ms: float | None = None,
        alternatives: Sequence[tuple[str, float]] = (),
        causation_id: str | None = None,
        event_id: str | None = None,
        timestamp: str | None = None,
        teacher: Mapping[str, Any] | None = None,
    ) -> Event:
        """Record what was chosen, and from what, before it runs.

        ``context["request"]`` is the person's request; ``latency_ms`` is the time to choose;
        ``timestamp`` (ISO 8601, with its zone) is given for decisions of the past; ``teacher`` holds the
        ``teacher_*`` columns where a teacher answered too.
        """
        data = {
            "agent_id": self._agent_id,
            "category": self._category,
            "context": dict(context),
            "tools_available": [dict(tool) for tool in tools_available],
            "tool_selected": tool_selected,
            "tool_parameters": dict(tool_parameters or {}),
            "reasoning": reasoning,
            "confidence": confidence,
            "model": model,
            "latency_ms": latency_ms,
            "alternatives": [list(alternative) for alternative in alternatives],
            **{name: (teacher or {})[name] for name in _TEACHER if name in (teacher or {})},
        }
        event_id = event_id or uuid7()
        event = self._event(EventType.AGENT_TOOL_SELECTED, event_id, data, causation_id, event_id)
        return self._log.append(replace(event, timestamp=_utc(timestamp)) if timestamp else event)

    def completed(
        self,
        selection: Event,
        *,
        success: bool,
        result: Any,
        execution_time_ms: float | None = None,
        contradicted: Sequence[str] = (),
        grounded: bool = False,
    ) -> Event:
        """Record what the call did. A selection has one outcome: recording another returns the first.

        ``contradicted`` are the sentences of an answer that the record of its turn contradicts; ``grounded``
        says that the host's own facts give the same answer.
        """
        data = {"success": success, "result": result, "execution_time_ms": execution_time_ms}
        if contradicted:
            data["contradicted"] = list(contradicted)
        elif grounded:
            data["grounded"] = True
        event_id = outcome_id(selection.event_id)
        kind = EventType.AGENT_TOOL_COMPLETED
        return self._log.append(self._event(kind, selection.aggregate_id, data, selection.event_id, event_id))

    def reviewed(
        self,
        selection: Event,
        *,
        verdict: str,
        corrected_tool: str | None = None,
        corrected_parameters: Mapping[str, Any] | None = None,
        reason: str = "",
    ) -> Event:
        """Record what a person said of a decision: ``refused``, ``corrected``, or a rating."""
        parameters = None if corrected_parameters is None else dict(corrected_parameters)
        values = (verdict, corrected_tool, parameters, reason)
        data = dict(zip(REVIEW, values, strict=True))
        kind = EventType.DECISION_REVIEWED
        return self._log.append(self._event(kind, selection.aggregate_id, data, selection.event_id, None))

    def _event(
        self, kind: EventType, aggregate: str, data: dict[str, Any], cause: str | None, event_id: str | None
    ) -> Event:
        return new_event(kind, aggregate, AGGREGATE, data, cause, self._session_id, event_id)


def review(
    log: EventLog,
    event_id: str,
    *,
    verdict: str,
    corrected_tool: str | None = None,
    corrected_parameters: Mapping[str, Any] | None = None,
    reason: str = "",
) -> Event:
    """Record what a person says of a decision that is in the log; ``event_id`` is that of its selection.

    Raises EventLogError where the log holds no such decision.
    """
    selection = log.get(event_id)
    if selection is None or selection.event_type != EventType.AGENT_TOOL_SELECTED:
        raise EventLogError(f"the log holds no decision {event_id!r}; see: apprentice decisions list")
    return DecisionRecorder(log, selection.correlation_id or "").reviewed(
        selection,
        verdict=verdict,
        corrected_tool=corrected_tool,
        corrected_parameters=corrected_parameters,
        reason=reason,
    )


def rows(
    log: EventLog,
    *,
    tool: str | None = None,
    session_id: str | None = None,
    agent_id: str | None = None,
    category: str | None = None,
) -> Iterator[dict[str, Any]]:
    """Decisions as rows, newest first, read as they are asked for.

    A row has ``event_id, timestamp, session_id``, what was chosen and from what, ``outcome`` and ``review``
    (None where there is none; several reviews as ``training.labels.reviews.merged`` reads them), the
    ``teacher_*`` columns, and ``after``, what followed in its session, as ``training.labels`` reads it.
    """
    wanted = {"tool_selected": tool, "agent_id": agent_id, "category": category}
    waiting: dict[str | None, list[Event]] = defaultdict(list)
    """What follows a selection, newest first, until the selection is read."""
    following = Following()
    for event in log.read(event_type=_TYPES, correlation_id=session_id, newest_first=True):
        if event.event_type != EventType.AGENT_TOOL_SELECTED:
            waiting[event.causation_id].append(event)
            continue
        row = _row(event, waiting.pop(event.event_id, []))
        row["after"] = following.of(row)
        if all(value is None or event.data.get(name) == value for name, value in wanted.items()):
            yield row


def history(
    log: EventLog,
    *,
    limit: int | None = None,
    tool: str | None = None,
    session_id: str | None = None,
    agent_id: str | None = None,
    category: str | None = None,
) -> list[dict[str, Any]]:
    """The newest ``limit`` rows that match (all where None), oldest first."""
    newest = rows(log, tool=tool, session_id=session_id, agent_id=agent_id, category=category)
    return list(islice(newest, limit))[::-1]


def find_row(log: EventLog, event_id: str) -> dict[str, Any] | None:
    """The row of the decision that an event (selection, outcome or review) belongs to, or None."""
    event = log.get(event_id)
    if event is None or event.event_type not in _TYPES:
        return None
    selection_id = event_id if event.event_type == EventType.AGENT_TOOL_SELECTED else event.causation_id
    if event.correlation_id:
        of_session = rows(log, session_id=event.correlation_id)
        if found := next((row for row in of_session if row["event_id"] == selection_id), None):
            return found
    newest = log.read(aggregate_id=event.aggregate_id, event_type=_TYPES, newest_first=True)
    followers: list[Event] = []
    for member in newest:
        if member.event_id == selection_id:
            if member.event_type != _TYPES[0]:
                return None
            row = _row(member, followers)
            return {**row, "after": Following().of(row)}
        if member.causation_id == selection_id:
            followers.append(member)
    return None


def _utc(timestamp: str) -> str:
    try:
        moment = datetime.fromisoformat(timestamp)
    except ValueError as error:
        raise EventLogError(f"the timestamp {timestamp!r} is no ISO 8601 time") from error
    if moment.tzinfo is None:
        raise EventLogError(f"the timestamp {timestamp!r} has no zone; append Z for UTC")
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _row(selection: Event, followers: Sequence[Event]) -> dict[str, Any]:
    """``followers`` are its outcomes, of which the first counts, and its reviews, newest first."""
    outcomes = [event.data for event in followers if event.event_type == EventType.AGENT_TOOL_COMPLETED]
    reviews = [event.data for event in followers if event.event_type == EventType.DECISION_REVIEWED]
    return {
        "event_id": selection.event_id,
        "timestamp": selection.timestamp,
        "session_id": selection.correlation_id,
        **{name: selection.data.get(name, default) for name, default in _COLUMNS.items()},
        "outcome": _outcome(outcomes[-1]) if outcomes else None,
        "review": merged(reviews),
        **{name: selection.data.get(name) for name in _TEACHER},
    }


def _outcome(data: Mapping[str, Any]) -> dict[str, Any]:
    """Add what only answers have: the sentences that the turn's record contradicts (``contradicted``), and
    whether the host's own facts agree (``grounded``)."""
    extra = {name: data[name] for name in ("contradicted", "grounded") if data.get(name)}
    return {name: data.get(name) for name in _OUTCOME} | extra
