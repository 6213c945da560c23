"""Events made ready for the log outside its lock: checked, without secrets, encoded.

Invariant: the bytes are what is written; only version and sequence are put behind them. One pass of the
encoder does it where nothing is suspect; whatever looks like a secret, a null that may have been no number,
or what the encoder refuses, goes the careful way.
"""

from typing import Any, NamedTuple

import orjson

from training.events import codec
from training.events.base import Event
from training.events.gate import may_hold_secrets
from training.events.incoming import NEEDED, Redactor, cleaned
from training.events.redaction import redact, redact_with_email

_NUMBERS = b',"version":'


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
    try:
        encoded = orjson.dumps(event)
    except TypeError:
        return _carefully(event, redactor)
    if _suspect(event, encoded, redactor):
        return _carefully(event, redactor)
    codec.check_size(encoded)
    return _prepared(event, encoded)


def _prepared(event: Event, encoded: bytes) -> Prepared:
    return Prepared(
        event.event_id,
        event.event_type,
        event.aggregate_id,
        event.aggregate_type,
        event.correlation_id,
        encoded[: encoded.rindex(_NUMBERS)],
    )


def _suspect(event: Event, encoded: bytes, redactor: Redactor) -> bool:
    for name in NEEDED:
        value = getattr(event, name)
        if type(value) is not str or not value:
            return True
    if redactor is redact or redactor is redact_with_email:
        if may_hold_secrets(encoded, redactor is redact_with_email):
            return True
    else:
        return True
    if encoded.count(b"{") + encoded.count(b"[") > codec.MAX_DEPTH:
        return True
    expected = (event.causation_id is None) + (event.correlation_id is None)
    return encoded.count(b"null") > expected and orjson.loads(encoded)["data"] != event.data


def _carefully(event: Event, redactor: Redactor) -> Prepared:
    ready = cleaned(event, redactor)
    return _prepared(ready, codec.payload(codec.to_document(ready)))
