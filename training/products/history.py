"""``agent_decision_history``: every decision with its outcome and its review, one row each, newest first."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from training.events.base import Event, EventType
from training.events.decisions import rows
from training.events.views import LogView
from training.labels.reviews import CORRECTED
from training.products.base import (
    Amount,
    Built,
    Moment,
    Name,
    Product,
    Refresh,
    Row,
    RowModel,
    Share,
    errors_of,
)

EVENTS = (EventType.AGENT_TOOL_SELECTED, EventType.AGENT_TOOL_COMPLETED, EventType.DECISION_REVIEWED)


class OutcomeRow(RowModel):
    """What the call did."""

    success: bool
    result: Any
    execution_time_ms: Amount | None
    contradicted: list[str] | None = None
    grounded: bool = False


class AfterRow(RowModel):
    """What followed the decision in its session."""

    followed: bool
    against: str
    proof: str


class ReviewRow(RowModel):
    """What a person said of the decision."""

    verdict: Name
    corrected_tool: str | None
    corrected_parameters: dict[str, Any] | None
    reason: str | None


class DecisionRow(RowModel):
    """One decision."""

    event_id: Name
    timestamp: Moment
    session_id: str | None
    agent_id: str
    category: str
    context: dict[str, Any]
    tools_available: list[dict[str, Any]]
    tool_selected: Name
    tool_parameters: dict[str, Any]
    reasoning: str
    confidence: Share | None
    model: str
    latency_ms: Amount | None
    outcome: OutcomeRow | None
    review: ReviewRow | None
    teacher_model: str | None
    teacher_tool: str | None
    teacher_parameters: dict[str, Any] | None
    teacher_confidence: Share | None
    after: AfterRow | None = None


def build(view: LogView) -> Iterator[Built]:
    """Rows as ``training.events.decisions.rows`` gives them, each with its events.

    An outcome or review without a selection before it comes last, without a row.
    """
    waiting: dict[str | None, list[Event]] = {}
    """What follows a selection, until it has come."""

    def keep(event: Event) -> None:
        if event.event_type != EventType.AGENT_TOOL_SELECTED:
            waiting.setdefault(event.causation_id, []).append(event)

    for row in rows(LogView(view, on_event=keep)):
        followers = waiting.pop(row["event_id"], [])[::-1]
        identifiers = (row["event_id"], *(event.event_id for event in followers))
        yield Built(row, identifiers, contradictions=tuple(_contradictions(row, followers)))
    for strays in waiting.values():
        for event in strays:
            what = f"{event.event_type} without a selection before it"
            yield Built(None, (event.event_id,), contradictions=(what,))


def valid(view: LogView) -> Iterator[tuple[Row, Built]]:
    """The rows that fulfil the schema, for the products that are made of decisions."""
    for built in build(view):
        if built.row is not None and not errors_of(DecisionRow, built.row):
            yield built.row, built


def _contradictions(row: Row, followers: Iterable[Event]) -> Iterator[str]:
    outcomes = 0
    selected = _moment(row["timestamp"])
    for event in followers:
        is_outcome = event.event_type == EventType.AGENT_TOOL_COMPLETED
        outcomes += is_outcome
        moment = _moment(event.timestamp)
        if selected and moment and moment < selected:
            yield f"the {'outcome' if is_outcome else 'review'} is dated before its selection"
    if outcomes > 1:
        yield f"{outcomes} outcomes of one selection"
    tools = row["tools_available"]
    offered = (
        [tool.get("name") for tool in tools if isinstance(tool, dict)] if isinstance(tools, list) else []
    )
    if offered and row["tool_selected"] not in offered:
        yield "the tool selected was not among those available"
    review = row["review"]
    if review and review["verdict"] == CORRECTED and not review["corrected_tool"]:
        yield "corrected, but to no tool"


def _moment(timestamp: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(timestamp)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else None


HISTORY = Product(
    id="agent_decision_history",
    domain="decisions",
    owner="training",
    description="Every decision of every agent with what it was chosen from, its outcome and its review.",
    row=DecisionRow,
    build=build,
    refresh=Refresh(EVENTS, max_age_s=86_400),
    key=("event_id",),
    essential=(
        "session_id",
        "agent_id",
        "category",
        "context",
        "tools_available",
        "tool_selected",
        "reasoning",
        "confidence",
        "model",
        "latency_ms",
        "outcome",
    ),
    indexed=(
        "event_id",
        "timestamp",
        "session_id",
        "agent_id",
        "category",
        "tool_selected",
        "confidence",
        "model",
        "outcome.success",
        "review.verdict",
    ),
)
