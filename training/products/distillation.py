"""``distillation_training_data``: decisions of which the right or the wrong call is known, as examples.

Invariant: an example states who was right and how that is known (``source``, ``strength``), as
``training.labels`` says it; where nothing tells right from wrong there is no example.
"""

from collections.abc import Iterator
from typing import Any, Literal

from training.events.base import EventType
from training.events.views import LogView
from training.labels import Label, label_of
from training.products import history
from training.products.base import Built, Moment, Name, Product, Refresh, Row, RowModel, Share


class ExampleRow(RowModel):
    """One example. ``target_*`` is the right call of a positive, ``rejected_*`` the wrong one where known."""

    event_id: Name
    timestamp: Moment
    session_id: str | None
    agent_id: str
    category: str
    request: str | None
    context: dict[str, Any]
    tools_available: list[dict[str, Any]]
    label: Literal["positive", "negative"]
    source: Literal["said", "proved", "taught", "survived"]
    strength: Share
    target_tool: str | None
    target_parameters: dict[str, Any] | None
    rejected_tool: str | None
    rejected_parameters: dict[str, Any] | None
    confidence: Share | None
    model: str
    teacher_model: str | None
    datasets: list[str]


def build(view: LogView) -> Iterator[Built]:
    """Examples of the decision history, newest first.

    A ``TRAINING_DATA_CURATED`` event whose data names ``dataset_id`` and ``event_ids`` (the decisions that
    it took) puts its dataset into the lineage of those examples.
    """
    datasets, curations = _curated(view)
    for row, built in history.valid(view):
        example = _example(row)
        if example is None:
            continue
        taken = tuple(datasets.get(example["event_id"], ()))
        example["datasets"] = list(taken)
        events = (*built.events, *(curations[dataset] for dataset in taken))
        yield Built(example, events, taken, built.contradictions)


def _curated(view: LogView) -> tuple[dict[str, list[str]], dict[str, str]]:
    """The datasets of each decision, and the event of each dataset, by their ids."""
    datasets: dict[str, list[str]] = {}
    curations: dict[str, str] = {}
    for event in view.read(event_type=EventType.TRAINING_DATA_CURATED):
        dataset = str(event.data.get("dataset_id") or event.aggregate_id)
        curations[dataset] = event.event_id
        decisions = event.data.get("event_ids")
        for decision in decisions if isinstance(decisions, list) else ():
            taken = datasets.setdefault(str(decision), [])
            if dataset not in taken:
                taken.append(dataset)
    return datasets, curations


def _example(row: Row) -> Row | None:
    label = label_of(row)
    return _labelled(row, label) if label.is_known else None


def _labelled(row: Row, label: Label) -> Row:
    # How many tokens a decision took says nothing of what was asked, and would make equal examples differ.
    context = {name: value for name, value in row["context"].items() if name != "usage"}
    kept = ("event_id", "timestamp", "session_id", "agent_id", "category", "tools_available")
    return {
        **{name: row[name] for name in kept},
        "request": context.get("request"),
        "context": context,
        "label": "positive" if label.tool else "negative",
        "source": label.source,
        "strength": label.strength,
        "target_tool": label.tool or None,
        "target_parameters": dict(label.arguments) if label.tool else None,
        "rejected_tool": label.rejected_tool or None,
        "rejected_parameters": dict(label.rejected_arguments) if label.rejected_tool else None,
        **{name: row[name] for name in ("confidence", "model", "teacher_model")},
    }


DISTILLATION = Product(
    id="distillation_training_data",
    domain="learning",
    owner="training",
    description="Examples to teach the student with: what a person said, what was proved, what a teacher "
    "chose, what survived.",
    row=ExampleRow,
    build=build,
    refresh=Refresh((*history.EVENTS, EventType.TRAINING_DATA_CURATED), max_age_s=86_400),
    key=(
        "agent_id",
        "context",
        "tools_available",
        "target_tool",
        "target_parameters",
        "rejected_tool",
        "rejected_parameters",
    ),
    essential=("request", "context", "tools_available", "label", "source"),
    indexed=(
        "event_id",
        "timestamp",
        "agent_id",
        "category",
        "label",
        "source",
        "strength",
        "target_tool",
        "rejected_tool",
        "confidence",
    ),
    upstream=("agent_decision_history",),
)
