"""A dataset told to the log, and the product over it put in force.

Invariant: the id of an event follows from the dataset, so that telling again changes nothing.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from training.datasets.manifest import DatasetManifest
from training.events.base import Event, EventLog, EventType
from training.events.ids import new_event
from training.products import ProductStore

AGGREGATE = "dataset"
PRODUCT = "distillation_training_data"
MOST_IDS = 20_000
"""Decisions named in one event."""


def curated(manifest: DatasetManifest, taken: Sequence[str]) -> list[Event]:
    """The ``TRAINING_DATA_CURATED`` events of a dataset: more than one where it took very many decisions."""
    facts: Mapping[str, Any] = {
        "dataset_id": manifest.id,
        "examples": manifest.examples,
        "files": {name: one.lines for name, one in manifest.files.items()},
        "stages": [{name: stage[name] for name in ("name", "before", "after")} for stage in manifest.stages],
        "configuration": manifest.origin.configuration,
        "decisions": {name: manifest.origin.events.get(name) for name in ("decisions", "first", "last")},
    }
    found = []
    for part, start in enumerate(range(0, max(len(taken), 1), MOST_IDS)):
        data = {**facts, "part": part, "event_ids": list(taken[start : start + MOST_IDS])}
        event_id = str(uuid5(NAMESPACE_URL, f"apprentice:dataset:{manifest.id}:{manifest.created}:{part}"))
        kind = EventType.TRAINING_DATA_CURATED
        found.append(new_event(kind, manifest.id, AGGREGATE, data, event_id=event_id))
    return found


def publish(log: EventLog, manifest: DatasetManifest, taken: Sequence[str], products: Path) -> str:
    """Tell the log what it does not know, and publish; the version. Raises EventLogError, ProductError."""
    missing = [event for event in curated(manifest, taken) if log.get(event.event_id) is None]
    log.append_many(missing)
    return ProductStore(products).publish(PRODUCT, log).version
