"""``cost_analysis``: what deciding, teaching, training and evaluating took, in tokens, time and money.

Invariant: only what events recorded is added up; a sum of which nothing was recorded is null, not zero.
"""

from collections.abc import Iterator
from typing import Any

from training.events.base import Event, EventType
from training.events.views import LogView
from training.products import history
from training.products.base import Amount, Built, Count, Day, Name, Product, Refresh, RowModel, field
from training.products.performance import plus

_ACTIVITIES = {
    EventType.TRAINING_DATA_CURATED: "curate",
    EventType.PROMPTS_OPTIMIZED: "optimise",
    EventType.MODEL_TRAINED: "train",
    EventType.MODEL_EVALUATED: "evaluate",
}
_BY = ("day", "activity", "agent_id", "category", "model")
_SUMS = ("prompt_tokens", "completion_tokens", "time_ms", "cost_usd")


class CostRow(RowModel):
    """Sums over the events of one day, activity, agent, category and model."""

    day: Day
    activity: Name
    agent_id: str
    category: str
    model: str
    events: Count
    prompt_tokens: Count | None
    completion_tokens: Count | None
    time_ms: Amount | None
    cost_usd: Amount | None


class _Group:
    def __init__(self) -> None:
        self.events: list[str] = []
        self.datasets: dict[str, None] = {}
        self.count = 0
        self.sums: dict[str, Any] = dict.fromkeys(_SUMS)

    def add(self, values: dict[str, Any]) -> None:
        self.count += 1
        for name in _SUMS:
            self.sums[name] = plus(self.sums[name], values.get(name))


def build(view: LogView) -> Iterator[Built]:
    """The last day first. Decisions bring ``context.usage`` (``prompt_tokens, completion_tokens, cost_usd``)
    and their times; events of curation, optimisation, training and evaluation bring ``prompt_tokens``,
    ``completion_tokens``, ``duration_s`` and ``cost_usd``. Memory: the event ids of every decision.
    """
    groups: dict[tuple[str, ...], _Group] = {}
    key: tuple[str, ...]
    for row, built in history.valid(view):
        key = (row["timestamp"][:10], "decide", row["agent_id"], row["category"], row["model"])
        group = groups.setdefault(key, _Group())
        time_ms = plus(row["latency_ms"], field(row, "outcome.execution_time_ms"))
        usage = {name: field(row, f"context.usage.{name}") for name in _SUMS}
        group.add({**usage, "time_ms": time_ms})
        group.events.extend(built.events)
    for event in view.read(event_type=[str(kind) for kind in _ACTIVITIES]):
        group = groups.setdefault(_key(event), _Group())
        duration_s = plus(None, event.data.get("duration_s"))
        group.add({**event.data, "time_ms": None if duration_s is None else duration_s * 1000})
        group.events.append(event.event_id)
        if event.data.get("dataset_id"):
            group.datasets[str(event.data["dataset_id"])] = None
    for key in sorted(groups, reverse=True):
        group = groups[key]
        row = {**dict(zip(_BY, key, strict=True)), "events": group.count, **group.sums}
        yield Built(row, tuple(group.events), tuple(group.datasets))


def _key(event: Event) -> tuple[str, ...]:
    data = event.data
    model = data.get("model") or data.get("model_id") or data.get("teacher_model") or ""
    named = (str(data.get("agent_id") or ""), str(data.get("category") or ""))
    return (event.timestamp[:10], _ACTIVITIES[EventType(event.event_type)], *named, str(model))


COSTS = Product(
    id="cost_analysis",
    domain="operations",
    owner="training",
    description="Tokens, time and money for each day, activity, agent, category and model.",
    row=CostRow,
    build=build,
    refresh=Refresh((*history.EVENTS, *_ACTIVITIES), max_age_s=2 * 86_400),
    key=_BY,
    essential=("model", "prompt_tokens", "completion_tokens", "time_ms", "cost_usd"),
    indexed=(*_BY, "events", "cost_usd"),
    timestamp="day",
    upstream=("agent_decision_history",),
)
