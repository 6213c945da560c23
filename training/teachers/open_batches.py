"""The batches of a run that were handed over and not yet fetched, as the journal tells.

Invariant: a batch is in the journal before it is created and with its id after, so that none that was paid
for is forgotten, wherever the process was killed.
"""

from dataclasses import dataclass
from typing import Any

from training.teachers.journal import Entry


@dataclass
class OpenBatch:
    """``keys`` are those of its requests that are still to come, with what each may cost at most.

    ``total`` counts all that it was created with; ``id`` is empty where the process died before it knew it;
    ``created`` is in seconds of the epoch.
    """

    label: str
    provider: str
    model: str
    keys: dict[str, float]
    total: int
    created: float
    id: str = ""


def intent(batch: OpenBatch) -> dict[str, Any]:
    """The values of its first entry."""
    return {
        "provider": batch.provider,
        "model": batch.model,
        "keys": batch.keys,
        "created": batch.created,
    }


def take(batches: dict[str, OpenBatch], entry: Entry) -> None:
    """Follow one entry of the journal."""
    label = entry["key"]
    if entry["what"] == "collected":
        batches.pop(label, None)
    elif entry["what"] == "batch" and "id" in entry:
        batches[label].id = entry["id"]
    elif entry["what"] == "batch":
        batches[label] = OpenBatch(
            label,
            entry["provider"],
            entry["model"],
            dict(entry["keys"]),
            len(entry["keys"]),
            entry["created"],
        )
    elif entry["what"] in ("reply", "nothing") and "batch" in entry and entry["batch"] in batches:
        batches[entry["batch"]].keys.pop(entry["key"], None)
