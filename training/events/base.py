"""The event envelope and the log contract.

Invariant: an event never changes after it is written. ``append`` returns only when the event is
durable; order is by ``sequence``, never by the clock.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol


class EventType(StrEnum):
    AGENT_TOOL_SELECTED = "AGENT_TOOL_SELECTED"
    AGENT_TOOL_COMPLETED = "AGENT_TOOL_COMPLETED"
    DECISION_REVIEWED = "DECISION_REVIEWED"
    CORRECTION_CHANGED = "CORRECTION_CHANGED"
    TRAINING_DATA_CURATED = "TRAINING_DATA_CURATED"
    PROMPTS_OPTIMIZED = "PROMPTS_OPTIMIZED"
    MODEL_TRAINED = "MODEL_TRAINED"
    MODEL_DEPLOYED = "MODEL_DEPLOYED"
    MODEL_EVALUATED = "MODEL_EVALUATED"
    RETRAIN_TRIGGERED = "RETRAIN_TRIGGERED"
    DRIFT_DETECTED = "DRIFT_DETECTED"


class EventLogError(Exception):
    """The log cannot do what was asked: one line, what, where, how to mend it."""


class VersionConflict(EventLogError):
    """Another writer was first: the aggregate is not at ``expected_version``."""


@dataclass(frozen=True)
class Event:
    """One immutable record. Made by ``new_event``; ``version`` and ``sequence`` are given by the log.

    ``version`` counts from 1 per aggregate without gaps; ``sequence`` from 1 over the whole log.
    ``timestamp`` is UTC in ISO 8601. ``correlation_id`` is the session.
    """

    event_id: str
    event_type: str
    aggregate_id: str
    aggregate_type: str
    timestamp: str
    data: Mapping[str, Any] = field(default_factory=dict)
    causation_id: str | None = None
    correlation_id: str | None = None
    schema_version: int = 1
    version: int = 0
    sequence: int = 0


def type_names(wanted: str | Iterable[str] | None) -> frozenset[str] | None:
    """The event types that ``EventLog.read`` is asked for; None for all."""
    if wanted is None:
        return None
    return frozenset([wanted] if isinstance(wanted, str) else wanted)


class EventLog(Protocol):
    """An append-only store of events. Safe for many threads and processes."""

    @property
    def notices(self) -> Sequence[str]:
        """What was found damaged or mended since the log was opened: one line each, for the person."""

    def append(self, event: Event, *, expected_version: int | None = None) -> Event:
        """Write one event durably and return it with its version and sequence.

        An ``event_id`` already in the log is not written again: the stored event is returned.
        Raises VersionConflict, or EventLogError where the event cannot be encoded or written.
        """

    def append_many(self, events: Sequence[Event]) -> list[Event]:
        """Write all or none, durable once."""

    def get(self, event_id: str) -> Event | None:
        """The event of that id, or None."""

    def version_of(self, aggregate_id: str) -> int:
        """The version that an aggregate is at, which is what ``append`` expects; 0 where it has no events.

        Events that were pruned or lost to damage count, though ``read`` does not give them: their versions
        are not given again.
        """

    def read(
        self,
        *,
        event_type: str | Iterable[str] | None = None,
        aggregate_id: str | None = None,
        correlation_id: str | None = None,
        after: int = 0,
        limit: int | None = None,
        newest_first: bool = False,
        until: int | None = None,
        as_of: str | datetime | None = None,
    ) -> Iterator[Event]:
        """Events with a sequence above ``after`` and up to ``until`` that match, in order.

        With ``as_of``, a time with its zone, those that had happened by then: by their own timestamps, so a
        later review of an earlier decision is not among them, and one that is dated by no time is.
        Raises EventLogError where ``as_of`` is no time.
        """

    def close(self) -> None:
        """Release the files. Safe to call twice."""
