"""What a workspace's own settings may change.

Invariant: settings that come with a workspace may tighten, never loosen. A key without a rule here is
refused from a workspace, so that a new setting is closed until someone opens it.
"""

from collections.abc import Callable
from typing import Any

from sandbox.egress.addresses import permits

Key = tuple[str, ...]
Narrow = Callable[[Any, Any], bool]
"""``narrow(now, proposed)``: whether ``proposed`` is no looser than ``now``."""

_STRICTEST_FIRST = ("plan", "ask", "edit", "auto")
_ENGINES = {
    "auto": frozenset({"docker", "bubblewrap"}),
    "docker": frozenset({"docker"}),
    "bubblewrap": frozenset({"bubblewrap"}),
    "off": frozenset[str](),
}

ADDED_UP: frozenset[Key] = frozenset({("permissions", "ask"), ("permissions", "deny")})
"""Lists to which every source adds; no source takes an entry away."""


def _stricter_mode(now: Any, proposed: Any) -> bool:
    return _STRICTEST_FIRST.index(proposed) <= _STRICTEST_FIRST.index(now)


def _fewer_engines(now: Any, proposed: Any) -> bool:
    return _ENGINES[proposed] <= _ENGINES[now]


def _fewer_domains(now: Any, proposed: Any) -> bool:
    """An empty list is not the narrowest: without one the person is asked for each host."""
    inside = all(each in now or permits(now, each) for each in proposed)
    return inside and bool(proposed) == bool(now)


def _smaller(now: Any, proposed: Any) -> bool:
    return bool(proposed <= now)


def _switched_on(now: Any, proposed: Any) -> bool:
    return bool(proposed) or not now


def _free(now: Any, proposed: Any) -> bool:
    return True


def _never(now: Any, proposed: Any) -> bool:
    return bool(now == proposed)


RULES: dict[Key, Narrow] = {
    ("mode",): _stricter_mode,
    ("sandbox", "engine"): _fewer_engines,
    ("sandbox", "network"): _fewer_domains,
    ("permissions", "ask"): _free,
    ("permissions", "deny"): _free,
    ("events", "redact_email"): _switched_on,
    ("interface", "theme"): _free,
    ("interface", "mouse"): _free,
    ("interface", "notify"): _free,
    **dict.fromkeys(
        [
            ("sandbox", "wall_seconds"),
            ("sandbox", "cpu_seconds"),
            ("sandbox", "memory_mb"),
            ("sandbox", "processes"),
            ("sandbox", "file_mb"),
            ("sandbox", "disk_mb"),
            ("sandbox", "output_kb"),
            ("student", "context_tokens"),
            ("student", "answer_tokens"),
            ("student", "call_tokens"),
            ("tools", "result_characters"),
            ("tools", "fetch_bytes"),
            ("loop", "max_steps"),
            ("loop", "max_seconds"),
            ("loop", "max_tokens"),
            ("loop", "max_repeats"),
        ],
        _smaller,
    ),
}


def may_change(key: Key, now: Any, proposed: Any) -> bool:
    """Whether a workspace may change ``key`` from ``now`` to ``proposed`` (both valid values)."""
    return RULES.get(key, _never)(now, proposed)
