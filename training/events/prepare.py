"""Events made ready for the log outside its lock: checked, without secrets, encoded.

Invariant: the bytes are what is written; only version and sequence are put behind them. One pass of the
encoder does it where nothing is suspect; whatever looks like a secret, a null that may have been no number,
or what the encoder refuses, goes the careful way.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson

from training.events import codec
from training.events.base import Event
from training.events.gate import may_hold_secrets
from training.events.incoming import Redactor, cleaned
from training.events.redaction import redact, redact_with_email

_KNOWN = (redact, redact_with_email)
_TOGETHER = 16
_DATA, _AFTER_DATA, _NUMBERS = b'"data":', b',"causation_id":', b',"version":'


class Prepared(NamedTuple):
    """An event and its JSON up to where its version and sequence follow."""

    event_id: str
    event_type: str
    aggregate_id: str
    aggregate_type: str
    correlation_id: str | None
    start: bytes

    def numbered(self, version: int, sequence: int) -> bytes:
        """The whole JSON."""
        return b'%b,"version":%d,"sequence":%d}' % (self.start, version, sequence)

    def envelope(self, version: int, sequence: int) -> dict[str, Any]:
        """What an index holds of the event."""
        return {
            "event_id": self.event_id,
            "event_type": self.event_type,
            "aggregate_id": self.aggregate_id,
            "correlation_id": self.correlation_id,
            "version": version,
            "sequence": sequence,
        }


def prepare(event: Event, redactor: Redactor) -> Prepared:
    """Raises EventLogError where the event lacks its envelope, or JSON cannot hold it."""
    return prepare_all([event], redactor)[0]


def prepare_all(events: Sequence[Event], redactor: Redactor) -> list[Prepared]:
    """``prepare`` for each; several share one look for secrets."""
    ready: list[Prepared] = []
    for start in range(0, len(events), _TOGETHER):
        some = events[start : start + _TOGETHER]
        encoded = [_encoded(event) for event in some]
        parts = [_data(content) for content in encoded]
        together = b"\n".join(parts)
        clear = redactor in _KNOWN and not may_hold_secrets(together, redactor is redact_with_email)
        nulls = b"null" in together
        for event, content, data in zip(some, encoded, parts, strict=True):
            careful = not content or _suspect(event, data, redactor, clear, nulls)
            ready.append(_carefully(event, redactor) if careful else _prepared(event, content))
    return ready


def _encoded(event: Event) -> bytes:
    """The event as JSON; nothing where the encoder refuses it."""
    try:
        return orjson.dumps(event)
    except TypeError:
        return b""


def _data(encoded: bytes) -> bytes:
    """The data of an encoded event. A key is found by its quotes: in text they are escaped."""
    return encoded[encoded.index(_DATA) : encoded.rindex(_AFTER_DATA)] if encoded else b""


def _prepared(event: Event, encoded: bytes) -> Prepared:
    codec.check_size(encoded)
    return Prepared(
        event.event_id,
        event.event_type,
        event.aggregate_id,
        event.aggregate_type,
        event.correlation_id,
        encoded[: encoded.rindex(_NUMBERS)],
    )


def _suspect(event: Event, data: bytes, redactor: Redactor, clear: bool, nulls: bool) -> bool:
    """Whether the event needs a closer look; ``clear`` says that it holds no secret, ``nulls`` that it may
    hold a null, which may have been no number.
    """
    for value in (
        event.event_id,
        event.event_type,
        event.aggregate_id,
        event.aggregate_type,
        event.timestamp,
    ):
        if type(value) is not str or not value:
            return True
    if not clear and (redactor not in _KNOWN or may_hold_secrets(data, redactor is redact_with_email)):
        return True
    return nulls and b"null" in data and orjson.loads(data[len(_DATA) :]) != event.data


def _carefully(event: Event, redactor: Redactor) -> Prepared:
    ready = cleaned(event, redactor)
    return _prepared(ready, codec.payload(codec.to_document(ready)))
