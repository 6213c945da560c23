"""What the log itself says is still needed: the events that records of datasets, prompts and models name."""

from collections.abc import Iterator, Mapping
from typing import Any

from training.events.base import EventLog, EventType

RECORDS = (
    EventType.TRAINING_DATA_CURATED,
    EventType.PROMPTS_OPTIMIZED,
    EventType.MODEL_TRAINED,
    EventType.MODEL_DEPLOYED,
    EventType.MODEL_EVALUATED,
)
"""The events that are such records."""


def named_in_records(log: EventLog) -> frozenset[str]:
    """The ids that records name; ids of other things than events may be among them."""
    return frozenset(text for event in log.read(event_type=RECORDS) for text in _texts(event.data))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
