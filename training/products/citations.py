"""Which events are still needed: what a dataset or a model was made of.

Invariant: an event counts as cited when the training data in force lists it as a source, or when the record
of a dataset, a prompt or a model names it.
"""

from training.events.base import EventLog
from training.events.citations import named_in_records
from training.products.store import ProductStore

_TRAINING_DATA = "distillation_training_data"


def cited_events(log: EventLog, store: ProductStore) -> frozenset[str]:
    """The ids of the cited events; ids of other things may be among them. Raises ProductError."""
    cited = set(named_in_records(log))
    if store.version(_TRAINING_DATA) is not None:
        published = store.open(_TRAINING_DATA)
        for position in range(len(published)):
            cited.update(published.sources(position)["events"])
    return frozenset(cited)
