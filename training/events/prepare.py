"""Events made ready for the log outside its lock: checked, without secrets, encoded.

Invariant: the bytes are what is written; only version and sequence are put behind them. Many events are
encoded and looked through in one go where nothing is suspect; whatever looks like a secret, a null that may
have been no number, or what the encoder refuses, goes the careful way.
"""

from collections.abc import Sequence
from typing import NamedTuple

import orjson

from training.events import codec
from training.events.base import Event
from training.events.codec import EVENT_BEGIN
from training.events.gate import may_hold_secrets
from training.events.incoming import Redactor, cleaned
from training.events.redaction import redact, redact_with_email

_KNOWN = (redact, redact_with_email)
_TOGETHER = 64
_END = b',"version":0,"sequence":0}'
_BETWEEN = _END + b"," + EVENT_BEGIN


class Prepared(NamedTuple):
    """An event, and its JSON after ``{"event_id":`` and up to where its version and sequence follow."""

    event: Event
    body: bytes


def prepare(event: Event, redactor: Redactor) -> Prepared:
    """Raises EventLogError where the event lacks its envelope, or JSON cannot hold it."""
    return prepare_all([event], redactor)[0]


def prepare_all(events: Sequence[Event], redactor: Redactor) -> list[Prepared]:
    """``prepare`` for each; several share one look for secrets."""
    ready: list[Prepared] = []
    for start in range(0, len(events), _TOGETHER):
        some = events[start : start + _TOGETHER]
        ready += _together(some, redactor) or [_alone(event, redactor) for event in some]
    return ready


def _together(events: Sequence[Event], redactor: Redactor) -> list[Prepared] | None:
    """All of them, or None where one needs a look of its own."""
    if not all(_is_plain(event) for event in events):
        return None
    try:
        whole = orjson.dumps(events)
    except TypeError:
        return None
    nulls = sum((event.causation_id is None) + (event.correlation_id is None) for event in events)
    if whole.count(b"null") != nulls or len(whole) > codec.MAX_EVENT_BYTES or _suspect(whole, redactor):
        return None
    bodies = whole[1 + len(EVENT_BEGIN) : -1 - len(_END)].split(_BETWEEN)
    if len(bodies) != len(events):  # their data holds encoded events
        return None
    return [Prepared(event, body) for event, body in zip(events, bodies, strict=True)]


def _alone(event: Event, redactor: Redactor) -> Prepared:
    """One event, the quick way if nothing in it is suspect."""
    if not _is_plain(event):
        return _carefully(event, redactor)
    try:
        encoded = orjson.dumps(event)
        data = orjson.dumps(event.data)
    except TypeError:
        return _carefully(event, redactor)
    if _suspect(encoded, redactor) or (b"null" in data and orjson.loads(data) != event.data):
        return _carefully(event, redactor)
    return _prepared(event, encoded)


def _is_plain(event: Event) -> bool:
    """Whether it has the envelope of a new event, each part of its type."""
    return (
        type(event) is Event
        and type(event.event_id) is type(event.event_type) is type(event.aggregate_id) is str
        and type(event.aggregate_type) is type(event.timestamp) is str
        and bool(event.event_id and event.event_type and event.aggregate_id)
        and bool(event.aggregate_type and event.timestamp)
        and event.version == event.sequence == 0
    )


def _suspect(encoded: bytes, redactor: Redactor) -> bool:
    return redactor not in _KNOWN or may_hold_secrets(encoded, redactor is redact_with_email)


def _carefully(event: Event, redactor: Redactor) -> Prepared:
    document = codec.to_document(cleaned(event, redactor))
    new = Event(**{**document, "version": 0, "sequence": 0})
    return _prepared(new, codec.payload(codec.to_document(new)))


def _prepared(event: Event, encoded: bytes) -> Prepared:
    codec.check_size(encoded)
    return Prepared(event, encoded[len(EVENT_BEGIN) : -len(_END)])
