"""One record is one line of JSON: ``{"sum", "prev", "batch": [index, count], "event": {...}}``.

``sum`` is the BLAKE2b hash of everything after it; ``prev`` is the ``sum`` of the record before, so
that records form a chain; ``batch`` says which part of an all-or-none append the record is. Of an event that
was pruned its envelope stays, ``{"sum", "prev", "batch", "removed": {...}, "proof"}``, so that the chain and
the numbers go on; ``proof`` is the hash of what is before it.
Invariant: what cannot be stored exactly is refused here, before any file is touched. Lone surrogates
are stored as visible ``\\udcxx`` escapes; NaN, infinities, foreign types and more than 10 MB are refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, time
from enum import Enum
from hashlib import blake2b
from math import isfinite
from typing import Any
from uuid import UUID

import orjson

from training.events.base import Event, EventLogError

MAX_EVENT_BYTES = 10 * 1024 * 1024
MAX_DEPTH = 250
FIRST_PREVIOUS = b"0" * 32
EVENT_BEGIN = b'{"event_id":'

_OPEN, _HASH = b'{"sum":"', 32
_FIELDS = tuple(field.name for field in fields(Event))
_FIELD_SET = set(_FIELDS)
_REMOVED, _PROOF = b',"removed":', b',"proof":"'


@dataclass(frozen=True, slots=True)
class Record:
    """A line that proved whole. ``document`` is the event as a dict, without ``data`` where ``removed``."""

    digest: bytes
    previous: bytes
    index: int
    count: int
    document: dict[str, Any]
    removed: bool = False

    @property
    def sequence(self) -> int:
        return int(self.document["sequence"])


def to_document(event: Event) -> dict[str, Any]:
    return {name: getattr(event, name) for name in _FIELDS}


def from_document(document: Mapping[str, Any]) -> Event:
    """The event of a stored document; fields that a newer program added are left out."""
    if document.keys() == _FIELD_SET:
        event = object.__new__(Event)
        event.__dict__.update(document)
        return event
    return Event(**{name: document[name] for name in _FIELDS if name in document})


def plain(value: Any, where: str = "event", depth: int = 0) -> Any:
    """A copy of ``value`` in what JSON holds exactly. Raises EventLogError naming the place."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode("utf-8")
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        if not isfinite(value):
            raise EventLogError(f"{where} is {value}, which JSON cannot hold; record a finite number or null")
        return value
    if depth >= MAX_DEPTH:
        raise EventLogError(f"{where[:80]}... is nested deeper than {MAX_DEPTH} levels; record it as text")
    if isinstance(value, Mapping):
        return {_key(key, where): plain(item, f"{where}.{key}", depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item, f"{where}[{place}]", depth + 1) for place, item in enumerate(value)]
    if isinstance(value, datetime | date | time | UUID | Enum):
        return orjson.loads(orjson.dumps(value))
    raise EventLogError(f"{where} is a {type(value).__name__}, which JSON cannot hold; record it as text")


def _key(key: Any, where: str) -> str:
    if not isinstance(key, str):
        raise EventLogError(f"{where} has the key {key!r}, which is not a string; JSON needs string keys")
    return str(plain(key))


def payload(document: Mapping[str, Any]) -> bytes:
    """The JSON of one event that ``plain`` has passed. Raises EventLogError where it cannot be stored."""
    try:
        encoded = orjson.dumps(document)
    except TypeError as error:
        raise EventLogError(f"the event cannot be encoded: {error}") from error
    check_size(encoded)
    return encoded


def check_size(encoded: bytes) -> None:
    if len(encoded) > MAX_EVENT_BYTES:
        raise EventLogError(
            f"the event is {len(encoded) / 1e6:.1f} MB and the log takes {MAX_EVENT_BYTES / 1e6:.1f} MB "
            "at most; record a part of it, or the path of a file"
        )


Line = tuple[bytes, bytes]
"""A line with its newline, and its digest."""


def encode(event_json: bytes, previous: bytes, index: int = 0, count: int = 1) -> Line:
    """The line of one record."""
    body = b'","prev":"%b","batch":[%d,%d],"event":%b}' % (previous, index, count, event_json)
    digest = _digest(body)
    return b"%b%b%b\n" % (_OPEN, digest, body), digest


def encode_event(body: bytes, version: int, sequence: int, previous: bytes, index: int, count: int) -> Line:
    """``encode`` of a prepared event; ``body`` is its JSON between the first key and the last two."""
    rest = b'","prev":"%b","batch":[%d,%d],"event":%b%b,"version":%d,"sequence":%d}}' % (
        previous,
        index,
        count,
        EVENT_BEGIN,
        body,
        version,
        sequence,
    )
    digest = _digest(rest)
    return b"%b%b%b\n" % (_OPEN, digest, rest), digest


def decode(line: bytes) -> Record | None:
    """The record of a line without its newline, or None where the line is not whole."""
    digest, body = line[len(_OPEN) : len(_OPEN) + _HASH], line[len(_OPEN) + _HASH :]
    if not line.startswith(_OPEN):
        return None
    if _digest(body) == digest:
        envelope = orjson.loads(line)
        index, count = envelope["batch"]
        return Record(digest, envelope["prev"].encode(), index, count, envelope["event"])
    claim, _, proof = line.rpartition(_PROOF)
    if _REMOVED not in claim or _digest(claim) + b'"}' != proof:
        return None
    envelope = orjson.loads(line)
    index, count = envelope["batch"]
    return Record(digest, envelope["prev"].encode(), index, count, envelope["removed"], removed=True)


def encode_removed(record: Record) -> bytes:
    """The line (with its newline) that stands for a record whose event was pruned."""
    envelope = {name: value for name, value in record.document.items() if name != "data"}
    claim = b'%b%b","prev":"%b","batch":[%d,%d]%b%b' % (
        _OPEN,
        record.digest,
        record.previous,
        record.index,
        record.count,
        _REMOVED,
        payload(envelope),
    )
    return b'%b%b%b"}\n' % (claim, _PROOF, _digest(claim))


def _digest(body: bytes) -> bytes:
    return blake2b(body, digest_size=_HASH // 2).hexdigest().encode()
