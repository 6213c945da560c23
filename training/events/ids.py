"""Event ids and new events.

Invariant: ids made in one process sort in the order they were made, also when the clock goes back.
"""

import os
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from training.events.base import Event

Clock = Callable[[], datetime]

_COUNTER_BITS = 42
_OUTCOMES = UUID("6f1f6a52-4f0e-5c7e-9a58-0d6f1c0a7e11")
_lock = threading.Lock()
_last = (0, 0)


def now() -> datetime:
    """The present, in UTC."""
    return datetime.now(UTC)


def uuid7(clock: Clock = now) -> str:
    """A UUIDv7: 48 bits of milliseconds, a 42-bit counter that starts at random, 32 random bits."""
    global _last
    milliseconds = int(clock().timestamp() * 1000)
    with _lock:
        last_milliseconds, counter = _last
        if milliseconds > last_milliseconds:
            counter = int.from_bytes(os.urandom(6)) >> 7
        else:
            milliseconds, counter = last_milliseconds, counter + 1
            if counter >> _COUNTER_BITS:
                milliseconds, counter = milliseconds + 1, 0
        _last = (milliseconds, counter)
    value = milliseconds << 80 | 0x7 << 76 | (counter >> 30) << 64
    value |= 0b10 << 62 | (counter & (1 << 30) - 1) << 32 | int.from_bytes(os.urandom(4))
    return str(UUID(int=value))


def outcome_id(selection_id: str) -> str:
    """The id of the one outcome that a selection may have, so that recording it twice is harmless."""
    return str(uuid5(_OUTCOMES, selection_id))


def new_event(
    event_type: str,
    aggregate_id: str,
    aggregate_type: str,
    data: Mapping[str, Any],
    causation_id: str | None = None,
    correlation_id: str | None = None,
    event_id: str | None = None,
    clock: Clock = now,
) -> Event:
    """An event as it is before the log has given it a version and a sequence."""
    return Event(
        event_id=event_id or uuid7(clock),
        event_type=str(event_type),
        aggregate_id=aggregate_id,
        aggregate_type=aggregate_type,
        timestamp=clock().astimezone(UTC).isoformat(timespec="microseconds"),
        data=data,
        causation_id=causation_id,
        correlation_id=correlation_id,
    )
