"""``optimization_history``: every search for a better prompt, and what it gained."""

from collections.abc import Iterator
from typing import Any

from training.events.base import EventType
from training.events.views import LogView
from training.products.base import Amount, Built, Count, Moment, Name, Product, Refresh, RowModel, number

_COLUMNS = ("optimizer", "model", "dataset_id", "score_before", "score_after")
_FIGURES = ("trials", "duration_s", "cost_usd")


class OptimizationRow(RowModel):
    """One search. ``gain`` is the score after it less the score before it."""

    event_id: Name
    timestamp: Moment
    prompt_id: Name
    optimizer: str | None
    model: str | None
    dataset_id: str | None
    score_before: float | None
    score_after: float | None
    gain: float | None
    trials: Count | None
    duration_s: Amount | None
    cost_usd: Amount | None


def build(view: LogView) -> Iterator[Built]:
    """The newest first, one row per ``PROMPTS_OPTIMIZED`` event.

    Of its data it takes ``prompt_id`` (else the aggregate's id), ``optimizer, model, dataset_id,
    score_before, score_after, trials, duration_s, cost_usd``. Another score without a trial contradicts.
    """
    for event in view.read(event_type=EventType.PROMPTS_OPTIMIZED, newest_first=True):
        data = event.data
        before, after = number(data.get("score_before")), number(data.get("score_after"))
        row: dict[str, Any] = {
            "event_id": event.event_id,
            "timestamp": event.timestamp,
            "prompt_id": data.get("prompt_id") or event.aggregate_id,
            **{name: data.get(name) for name in _COLUMNS},
            "gain": None if before is None or after is None else after - before,
            **{name: data.get(name) for name in _FIGURES},
        }
        changed = row["trials"] == 0 and row["gain"]
        contradictions = ("the score changed without a trial",) if changed else ()
        dataset = data.get("dataset_id")
        yield Built(row, (event.event_id,), (str(dataset),) if dataset else (), contradictions)


OPTIMIZATIONS = Product(
    id="optimization_history",
    domain="learning",
    owner="training",
    description="Every search for a better prompt: with what, for which student, and what it gained.",
    row=OptimizationRow,
    build=build,
    refresh=Refresh((EventType.PROMPTS_OPTIMIZED,), max_age_s=30 * 86_400),
    key=("event_id",),
    essential=("prompt_id", "optimizer", "model", "dataset_id", "score_before", "score_after"),
    indexed=("event_id", "timestamp", "prompt_id", "optimizer", "model", "dataset_id", "gain"),
    upstream=("distillation_training_data",),
)
