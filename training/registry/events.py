"""The registry in the event log: students that were trained, what was measured of them, which one serves.

Invariant: an event of the registry has an id that follows from what it tells, so that telling again what the
log knows changes nothing, and what a kill kept from the log is told at the next occasion.
"""

from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from pydantic import ValidationError

from training.events.base import Event, EventLog, EventType
from training.events.ids import new_event
from training.registry.base import Registered
from training.registry.deployments import Change, damage
from training.registry.store import Registry

AGGREGATE = "model"


def tell(registry: Registry, log: EventLog) -> int:
    """Write what the log does not have yet; how many events. Raises EventLogError, RegistryError."""
    known = {student.id: student for student in registry.all()}
    told = [_trained(student) for student in known.values() if not student.shipped]
    told += [_deployed(change, known.get(change.student)) for change in registry.deployments().history]
    missing = [event for event in sorted(told, key=_when) if log.get(event.event_id) is None]
    log.append_many(missing)
    return len(missing)


def evaluated(student: str, facts: dict[str, Any]) -> Event:
    """What was measured of a student or a base; ``facts`` are those of ``apprentice eval tools``."""
    return new_event(EventType.MODEL_EVALUATED, student, AGGREGATE, {"model_id": student, **facts})


def restored(registry: Registry, log: EventLog) -> str:
    """Make damaged deployments anew from the log; one line on it, empty where nothing is damaged.

    Raises EventLogError or RegistryError.
    """
    if not (found := damage(registry.folder)):
        return ""
    changes = [
        change for event in log.read(event_type=EventType.MODEL_DEPLOYED) if (change := _change(event))
    ]
    serves = registry.restore(changes).current or "the shipped student"
    return f"{found.partition(';')[0]}; it was made anew from the decision log, and {serves} serves"


def _change(event: Event) -> Change | None:
    """The change that an event tells of, or None where it is of no such form."""
    known = {
        name: event.data[name] for name in ("action", "before", "forced", "reason") if name in event.data
    }
    try:
        return Change(
            event_id=event.event_id, at=event.timestamp, student=event.data.get("model_id", ""), **known
        )
    except ValidationError:
        return None


def _trained(student: Registered) -> Event:
    manifest, lineage = student.manifest, student.manifest.lineage
    data = {
        "model_id": student.id,
        "name": manifest.name,
        "base": manifest.base.name or manifest.base.model,
        "dataset_id": lineage.dataset_id,
        "run_id": lineage.run_id,
        "commit": lineage.commit,
        "method": lineage.settings.get("method", "lora"),
        "gate": manifest.gate,
        "metrics": manifest.metrics,
        "validation_loss": manifest.metrics.get("validation_loss"),
        "files": {name: file.sha256 for name, file in manifest.files.items()},
    }
    event_id = str(uuid5(NAMESPACE_URL, f"apprentice:student:{student.id}:{manifest.created}"))
    return _at(manifest.created, EventType.MODEL_TRAINED, student.id, data, event_id)


def _deployed(change: Change, student: Registered | None) -> Event:
    data: dict[str, Any] = {
        "model_id": change.student,
        "action": change.action,
        "before": change.before,
        "forced": change.forced,
        "reason": change.reason,
    }
    if student is not None:
        data["name"], data["base"] = student.name, student.manifest.base.model
    return _at(change.at, EventType.MODEL_DEPLOYED, change.student or "base", data, change.event_id)


def _at(time: str, kind: EventType, student: str, data: dict[str, Any], event_id: str) -> Event:
    moment = datetime.fromisoformat(time)
    return new_event(kind, student, AGGREGATE, data, event_id=event_id, clock=lambda: moment)


def _when(event: Event) -> str:
    return event.timestamp
