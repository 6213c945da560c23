"""Secrets are taken out before an event is written.

Invariant: what is taken out is replaced by ``[redacted:kind]`` and counted by kind; everything else comes
back equal. Hashes, UUIDs, paths and base64 pass, unless they are assigned to the name of a secret. Time grows
with the length of a text and no faster. Covered: prefixes (``token_formats``), structures (``rules``,
``blocks``, ``links``), names in text (``assignments``) and as keys of a dict, each also where control or
invisible characters split it (``hidden``). Not covered: a secret without a known form that stands alone, or
that is split over several values.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from training.events.assignments import HINTS, Span, assigned, is_listed, is_secret
from training.events.blocks import FINDERS, is_basic
from training.events.command_lines import COMMAND_RULES
from training.events.forms import FORM_RULES
from training.events.gate import may_hold_secrets
from training.events.hidden import Decoded, View
from training.events.links import in_links
from training.events.randomness import looks_random
from training.events.rules import EMAIL, RULES
from training.events.secret_names import SHORT, Kind, kind_of
from training.events.token_formats import with_prefix

_SHORTEST = 6
_MARK = "[redacted:"
_MARKED = re.compile(r"\[redacted:[a-z0-9-]{1,40}\]")
_JWK_PARTS = {"d", "p", "q", "dp", "dq", "qi", "k"}
_COOKIE_KEYS = {"cookie", "set-cookie", "cookies"}


def redact(value: Any, email: bool = False) -> tuple[Any, dict[str, int]]:
    """``value`` (dicts, lists, strings, at any depth) without secrets, and the number taken out by kind."""
    counts: Counter[str] = Counter()
    cleaned = _walk(value, email, counts)
    return cleaned, dict(counts)


def redact_with_email(value: Any) -> tuple[Any, dict[str, int]]:
    """``redact`` that also takes out e-mail addresses."""
    return redact(value, email=True)


def redact_text(text: str) -> str:
    """``text`` without secrets."""
    return _text(text, False, Counter())


def _walk(value: Any, email: bool, counts: Counter[str]) -> Any:
    if isinstance(value, str):
        return _text(value, email, counts)
    if isinstance(value, Mapping):
        return {
            _text(key, email, counts) if isinstance(key, str) else key: _entry(
                key, item, value, email, counts
            )
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_walk(item, email, counts) for item in value]
    return value


def _entry(key: Any, value: Any, siblings: Mapping[Any, Any], email: bool, counts: Counter[str]) -> Any:
    """The value of a dict's key, which may be the name of a secret."""
    if isinstance(key, str) and key.lower() in _COOKIE_KEYS and isinstance(value, Mapping):
        return {name: _cookie(name, one, email, counts) for name, one in value.items()}
    if isinstance(key, str) and not isinstance(value, str) and (outer := kind_of(_called(key, siblings))):
        return _below(outer, key, value, email, counts)
    if not isinstance(key, str) or not isinstance(value, str) or not value or _MARK in value:
        return _walk(value, email, counts)
    kind = _kind_of_entry(key, value, siblings)
    if kind is None:
        return _text(value, email, counts)
    found: Counter[str] = Counter()
    cleaned = _text(value, email, found)
    if kind == "password" or not found:
        return _marked(kind, counts)
    counts.update(found)
    return cleaned


def _below(kind: Kind, key: str, value: Any, email: bool, counts: Counter[str]) -> Any:
    """A number, a list or a group under the name of a secret: what is one in it goes, by its kind."""
    if isinstance(value, str):
        if is_listed(value, kind):
            return _marked(kind, counts)
    elif isinstance(value, list | tuple):
        return [_below(kind, key, item, email, counts) for item in value]
    elif isinstance(value, Mapping):
        plural = key.lower().endswith("s")
        return {
            name: _below(kind, key, item, email, counts)
            if plural and isinstance(item, str | list)
            else _entry(name, item, value, email, counts)
            for name, item in value.items()
        }
    elif kind == "password" and isinstance(value, int) and abs(value) >= 1000:
        return _marked(kind, counts)
    return _walk(value, email, counts)


def _marked(kind: str, counts: Counter[str]) -> str:
    counts[kind] += 1
    return f"[redacted:{kind}]"


def _cookie(name: Any, value: Any, email: bool, counts: Counter[str]) -> Any:
    if isinstance(value, str) and looks_random(value):
        return _marked("cookie", counts)
    return _walk(value, email, counts)


def _kind_of_entry(key: str, value: str, siblings: Mapping[Any, Any]) -> str | None:
    """What the value is by its key alone, or None."""
    name = _called(key, siblings)
    kind = kind_of(name)
    if kind == "password":
        sure = name is key and key.lower() not in SHORT
        return kind if sure or is_secret(value, kind) else None
    if kind and is_secret(value, kind):
        return kind
    if key in ("auth", "_auth") and is_basic(value):
        return "registry-auth"
    if key in _JWK_PARTS and "kty" in siblings and len(value) >= 20:
        return "private-key"
    return None


def _called(key: str, siblings: Mapping[Any, Any]) -> str:
    """What a value is called: by its key, or by the one beside it: ``{"name": ..., "value": ...}``."""
    if key.lower() != "value":
        return key
    return next((str(siblings[one]) for one in ("name", "key", "Name", "Key") if siblings.get(one)), key)


def _text(text: str, email: bool, counts: Counter[str]) -> str:
    if len(text) < _SHORTEST or not may_hold_secrets(text.encode("utf-8", "replace"), email):
        return text
    view = View(text)
    spans = [(*view.original_span(start, end), kind) for start, end, kind in _found(view.text, email)]
    if not view.is_plain:
        spans += _found(view.parted, email)
    if not (decoded := Decoded(text)).is_plain:
        spans += [
            (*decoded.original_span(start, end), kind) for start, end, kind in _found(decoded.text, email)
        ]
    if not spans:
        return text
    return _replaced(text, spans, counts)


def _found(text: str, email: bool) -> list[Span]:
    """Every secret in ``text``, those of the surer rules first."""
    lower = text.lower()
    found: list[Span] = []
    for hints, _, finder in FINDERS:
        if any(hint in lower for hint in hints):
            found += finder(text)
    found += with_prefix(text)
    for rule in (*RULES, *COMMAND_RULES, *FORM_RULES):
        if any(hint in lower for hint in rule.hints):
            group: str | int = "secret" if "secret" in rule.pattern.groupindex else 0
            found += ((*match.span(group), rule.kind) for match in rule.pattern.finditer(text))
    if any(hint in lower for hint in HINTS):
        found += assigned(text)
    found += in_links(text)
    if email:
        found += ((*match.span(), EMAIL.kind) for match in EMAIL.pattern.finditer(text))
    return found


def _replaced(text: str, spans: list[Span], counts: Counter[str]) -> str:
    """``text`` with marks for the spans; those that overlap are one, of the kind that was found first."""
    marks = [match.span() for match in _MARKED.finditer(text)] if _MARK in text else []
    pieces: list[str] = []
    done = 0
    for start, end, kind in _merged(spans, marks):
        pieces += (text[done:start], f"[redacted:{kind}]")
        counts[kind] += 1
        done = end
    return "".join((*pieces, text[done:]))


def _merged(spans: list[Span], marks: list[tuple[int, int]]) -> Iterator[Span]:
    ranked = sorted((start, end, rank, kind) for rank, (start, end, kind) in enumerate(spans))
    current: tuple[int, int, int, str] | None = None
    for start, end, rank, kind in ranked:
        nearest = bisect_left(marks, (end, 0)) - 1
        if nearest >= 0 and start < marks[nearest][1]:
            continue
        if current and start < current[1]:
            best = min((current[2], current[3]), (rank, kind))
            current = (current[0], max(end, current[1]), *best)
        else:
            if current:
                yield current[0], current[1], current[3]
            current = (start, end, rank, kind)
    if current:
        yield current[0], current[1], current[3]
