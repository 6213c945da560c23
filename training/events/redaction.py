"""Secrets are taken out before an event is written.

Invariant: what is taken out is replaced by ``[redacted:kind]`` and counted by kind; everything else comes
back equal. Hashes, UUIDs, paths and base64 pass, unless they are assigned to the name of a secret.
Covered: the formats in ``rules``, names of secrets in text (``assignments``) and as keys of a dict. Not
covered: a secret without a known format that stands alone, or that is split over several values.
"""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from training.events.assignments import ASSIGNMENT, HINTS, looks_random, secret_of
from training.events.gate import may_hold_secrets
from training.events.rules import EMAIL, RULES, Rule

_SHORTEST = 6
_MARK = "[redacted:"
_PASSWORD_KEYS = re.compile(r"(?i)^(?:.*[_-])?(?:password|passwd|pwd|passphrase)$")
_SECRET_KEYS = re.compile(
    r"(?i)^(?:.*[_-])?(?:secret|token|api[_-]?key|apikey|access[_-]?key|private[_-]?key|client[_-]?secret"
    r"|secret[_-]?key|credentials?|authorization)$"
)


def redact(value: Any, email: bool = False) -> tuple[Any, dict[str, int]]:
    """``value`` (dicts, lists, strings, at any depth) without secrets, and the number taken out by kind."""
    counts: Counter[str] = Counter()
    rules = (*RULES, EMAIL) if email else RULES
    cleaned = _walk(value, rules, counts)
    return cleaned, dict(counts)


def redact_with_email(value: Any) -> tuple[Any, dict[str, int]]:
    """``redact`` that also takes out e-mail addresses."""
    return redact(value, email=True)


def _walk(value: Any, rules: tuple[Rule, ...], counts: Counter[str]) -> Any:
    if isinstance(value, str):
        return _text(value, rules, counts)
    if isinstance(value, Mapping):
        return {
            _text(key, rules, counts) if isinstance(key, str) else key: _entry(key, item, rules, counts)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_walk(item, rules, counts) for item in value]
    return value


def _entry(key: Any, value: Any, rules: tuple[Rule, ...], counts: Counter[str]) -> Any:
    """The value of a dict's key, which may be the name of a secret."""
    if isinstance(key, str) and isinstance(value, str) and value and _MARK not in value:
        if _PASSWORD_KEYS.match(key):
            counts["password"] += 1
            return "[redacted:password]"
        if _SECRET_KEYS.match(key) and looks_random(value):
            found: Counter[str] = Counter()
            cleaned = _text(value, rules, found)
            counts.update(found or {"assigned-secret": 1})
            return cleaned if found else "[redacted:assigned-secret]"
    return _walk(value, rules, counts)


def _text(text: str, rules: tuple[Rule, ...], counts: Counter[str]) -> str:
    if len(text) < _SHORTEST or not may_hold_secrets(text.encode("utf-8", "replace"), rules[-1] is EMAIL):
        return text
    lower = text.lower()
    for rule in rules:
        if any(hint in lower for hint in rule.hints):
            text = _apply(rule, text, counts)
    if any(hint in lower for hint in HINTS):
        text = ASSIGNMENT.sub(lambda match: _assignment(match, counts), text)
    return text


def _apply(rule: Rule, text: str, counts: Counter[str]) -> str:
    def replace(match: re.Match[str]) -> str:
        counts[rule.kind] += 1
        group: str | int = "secret" if "secret" in rule.pattern.groupindex else 0
        return _put(match, group, rule.kind)

    return rule.pattern.sub(replace, text)


def _assignment(match: re.Match[str], counts: Counter[str]) -> str:
    found = secret_of(match)
    if found is None:
        return match[0]
    kind, group = found
    counts[kind] += 1
    return _put(match, group, kind)


def _put(match: re.Match[str], group: str | int, kind: str) -> str:
    start, end = match.start(group) - match.start(), match.end(group) - match.start()
    return f"{match[0][:start]}[redacted:{kind}]{match[0][end:]}"
