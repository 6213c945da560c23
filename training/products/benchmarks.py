"""``performance_benchmarks``: for each day, agent, category, tool and model, how its decisions went."""

from collections.abc import Iterator

from training.events.views import LogView
from training.products import history
from training.products.base import Amount, Built, Count, Day, Name, Product, Refresh, RowModel, Share
from training.products.performance import Tally

_BY = ("agent_id", "category", "tool_selected", "model")


class BenchmarkRow(RowModel):
    """The figures of ``training.products.performance.Tally.snapshot`` for one group of decisions."""

    day: Day
    agent_id: str
    category: str
    tool_selected: Name
    model: str
    decisions: Count
    succeeded: Count
    failed: Count
    unknown: Count
    success_rate: Share | None
    score: Share | None
    scored: Count
    latency_p50_ms: Amount | None
    latency_p95_ms: Amount | None
    execution_p50_ms: Amount | None
    execution_p95_ms: Amount | None
    total_time_ms: Amount
    prompt_tokens: Count | None
    completion_tokens: Count | None


def build(view: LogView) -> Iterator[Built]:
    """Groups by day, the last day first. Memory: the event ids of every decision."""
    groups: dict[tuple[str, ...], tuple[Tally, list[str]]] = {}
    for row, built in history.valid(view):
        key = (row["timestamp"][:10], *(row[name] for name in _BY))
        tally, events = groups.setdefault(key, (Tally(), []))
        tally.add(row)
        events.extend(built.events)
    for key in sorted(groups, reverse=True):
        tally, events = groups[key]
        figures = tally.snapshot()
        yield Built({**dict(zip(("day", *_BY), key, strict=True)), **figures}, tuple(events))


BENCHMARKS = Product(
    id="performance_benchmarks",
    domain="decisions",
    owner="training",
    description="Success, score, times and tokens for each day, agent, category, tool and model.",
    row=BenchmarkRow,
    build=build,
    refresh=Refresh(history.EVENTS, max_age_s=2 * 86_400),
    key=("day", *_BY),
    essential=("agent_id", "category", "model", "success_rate", "score", "latency_p50_ms", "prompt_tokens"),
    indexed=("day", *_BY, "success_rate", "score", "decisions"),
    timestamp="day",
    upstream=("agent_decision_history",),
)
