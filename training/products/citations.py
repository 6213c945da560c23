"""Which events are still needed: what a dataset or a model was made of.

Invariant: an event counts as cited when the training data in force lists it as a source, or when the record
of a dataset, a prompt or a model names it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from training.events.base import EventLog, EventType
from training.products.store import ProductStore

_TRAINING_DATA = "distillation_training_data"
_RECORDS = (
    EventType.TRAINING_DATA_CURATED,
    EventType.PROMPTS_OPTIMIZED,
    EventType.MODEL_TRAINED,
    EventType.MODEL_DEPLOYED,
    EventType.MODEL_EVALUATED,
)


def cited_events(log: EventLog, store: ProductStore) -> frozenset[str]:
    """The ids of the cited events; ids of other things may be among them. Raises ProductError."""
    cited = {text for event in log.read(event_type=_RECORDS) for text in _texts(event.data)}
    if store.version(_TRAINING_DATA) is not None:
        published = store.open(_TRAINING_DATA)
        for position in range(len(published)):
            cited.update(published.sources(position)["events"])
    return frozenset(cited)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
