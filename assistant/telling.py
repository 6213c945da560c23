"""Putting into the decision log what the registry of students knows and the log does not."""

from collections.abc import Sequence
from contextlib import closing

from assistant import paths
from assistant.settings import Settings
from training.events import open_log
from training.events.base import Event
from training.registry import Registry
from training.registry.events import tell


def tell_log(settings: Settings, registry: Registry, also: Sequence[Event] = ()) -> None:
    """Students that were registered, deployments, and ``also``. Raises EventLogError or RegistryError."""
    where = settings.events.url or paths.events_dir()
    with closing(open_log(where, redact_email=settings.events.redact_email)) as log:
        tell(registry, log)
        log.append_many(also)
