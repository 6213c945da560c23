"""``distilled_model_metrics``: what was measured of each student that was trained or evaluated."""

from collections.abc import Iterator
from typing import Any, Literal

from training.events.base import EventType
from training.events.views import LogView
from training.products.base import Amount, Built, Count, Moment, Name, Product, Refresh, RowModel, Share

_KINDS = {EventType.MODEL_TRAINED: "trained", EventType.MODEL_EVALUATED: "evaluated"}
_COLUMNS = ("base", "dataset_id", "method", "cases", "tool_accuracy", "call_accuracy")


class ModelRow(RowModel):
    """One training or one evaluation of a student."""

    event_id: Name
    timestamp: Moment
    kind: Literal["trained", "evaluated"]
    model_id: Name
    base: str | None
    dataset_id: str | None
    method: str | None
    cases: Count | None
    tool_accuracy: Share | None
    call_accuracy: Share | None
    latency_p50_ms: Amount | None
    latency_p95_ms: Amount | None
    latency_p99_ms: Amount | None
    train_loss: float | None
    validation_loss: float | None
    metrics: dict[str, Any]


def build(view: LogView) -> Iterator[Built]:
    """The newest first, one row per ``MODEL_TRAINED`` and ``MODEL_EVALUATED`` event.

    Of its data it takes ``model_id`` (else the aggregate's id), ``base, dataset_id, method, metrics,
    train_loss, validation_loss`` and what ``apprentice eval tools --json`` prints: ``cases, tool_accuracy,
    call_accuracy, latency_ms {p50, p95, p99}``. Accuracy on more calls than tools is a contradiction.
    """
    for event in view.read(event_type=[str(kind) for kind in _KINDS], newest_first=True):
        data = event.data
        latency = data.get("latency_ms") if isinstance(data.get("latency_ms"), dict) else {}
        row = {
            "event_id": event.event_id,
            "timestamp": event.timestamp,
            "kind": _KINDS[EventType(event.event_type)],
            "model_id": data.get("model_id") or event.aggregate_id,
            **{name: data.get(name) for name in _COLUMNS},
            **{f"latency_{name}_ms": (latency or {}).get(name) for name in ("p50", "p95", "p99")},
            "train_loss": data.get("train_loss"),
            "validation_loss": data.get("validation_loss"),
            "metrics": data.get("metrics") or {},
        }
        dataset = data.get("dataset_id")
        yield Built(row, (event.event_id,), (str(dataset),) if dataset else (), tuple(_contradictions(row)))


def _contradictions(row: dict[str, Any]) -> Iterator[str]:
    tools, calls = row["tool_accuracy"], row["call_accuracy"]
    if isinstance(tools, int | float) and isinstance(calls, int | float) and calls > tools:
        yield "more calls are right than tools, though a right call has the right tool"
    quantiles = [row[f"latency_{name}_ms"] for name in ("p50", "p95", "p99")]
    known = [value for value in quantiles if isinstance(value, int | float)]
    if known != sorted(known):
        yield "a higher quantile of the latency is below a lower one"


MODELS = Product(
    id="distilled_model_metrics",
    domain="learning",
    owner="training",
    description="Accuracy, loss and latency of every student that was trained or evaluated.",
    row=ModelRow,
    build=build,
    refresh=Refresh(tuple(_KINDS), max_age_s=30 * 86_400),
    key=("event_id",),
    essential=("model_id", "base", "dataset_id"),
    indexed=("event_id", "timestamp", "kind", "model_id", "dataset_id", "tool_accuracy", "call_accuracy"),
    upstream=("distillation_training_data",),
)
