"""Putting into the decision log what the registry of students knows and the log does not."""

from collections.abc import Sequence
from contextlib import closing

from assistant import paths
from assistant.settings import Settings
from training.events import open_log
from training.events.base import Event, EventLog, EventLogError
from training.registry import Registry
from training.registry.base import RegistryError
from training.registry.events import restored, tell


def mended(registry: Registry, log: EventLog) -> list[str]:
    """What is damaged in the registry, a line each; damaged deployments are made anew from the log."""
    try:
        again = restored(registry, log)
        return [*([again] if again else []), *registry.problems()]
    except (EventLogError, RegistryError) as error:
        return [str(error)]


def mended_from(settings: Settings, registry: Registry) -> list[str]:
    """``mended`` from the log that the settings name; it is opened only where something is damaged."""
    found = registry.problems()
    if not found:
        return []
    try:
        with closing(open_log(settings.events.url or paths.events_dir())) as log:
            return mended(registry, log)
    except EventLogError as error:
        return [*found, str(error)]


def tell_log(settings: Settings, registry: Registry, also: Sequence[Event] = ()) -> None:
    """Students that were registered, deployments, and ``also``. Raises EventLogError or RegistryError."""
    where = settings.events.url or paths.events_dir()
    with closing(open_log(where, redact_email=settings.events.redact_email)) as log:
        tell(registry, log)
        log.append_many(also)
