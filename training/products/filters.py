"""Filters of a query: ``{"confidence": {"gte": 0.8}, "tool_selected": {"in": [...]}, "agent_id": "coder"}``.

Invariant: values are compared within their kind only (truth values, numbers, texts): a text is never above
a number, ``True`` is not 1, and null and missing are the same and are neither above nor below anything. A
filter that cannot be understood is an error, never ignored.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from training.products.base import ProductError

Key = tuple[int, Any]
"""A value as it is sorted: its kind, then itself."""

NOTHING, TRUTH, NUMBER, TEXT, NESTED = range(5)
OPERATORS = ("gte", "gt", "lte", "lt", "in")


def key_of(value: Any) -> Key:
    """The key of a JSON value; lists and objects are compared by their JSON, for equality only."""
    if value is None:
        return (NOTHING, 0)
    if isinstance(value, bool):
        return (TRUTH, value)
    if isinstance(value, int | float):
        return (NUMBER, value)
    if isinstance(value, str):
        return (TEXT, value)
    return (NESTED, orjson.dumps(value, option=orjson.OPT_SORT_KEYS))


@dataclass(frozen=True)
class Condition:
    """What the value of one field must fulfil. A bound is a key and whether it is allowed itself."""

    field: str
    among: frozenset[Key] | None = None
    low: tuple[Key, bool] | None = None
    high: tuple[Key, bool] | None = None

    def holds(self, key: Key) -> bool:
        if self.among is not None and key not in self.among:
            return False
        for bound, above in ((self.low, True), (self.high, False)):
            if bound is None:
                continue
            limit, allowed = bound
            if key[0] != limit[0] or (key == limit and not allowed):
                return False
            if key != limit and (key > limit) is not above:
                return False
        return True


def conditions(filters: Mapping[str, Any] | None) -> list[Condition]:
    """Filters as conditions, all of which must hold. Raises ProductError naming the field."""
    return [_condition(name, wanted) for name, wanted in (filters or {}).items()]


def _condition(name: str, wanted: Any) -> Condition:
    if not isinstance(wanted, Mapping):
        return Condition(name, frozenset([key_of(wanted)]))
    unknown = [str(operator) for operator in wanted if operator not in OPERATORS]
    if unknown or not wanted:
        raise ProductError(
            f"the filter on {name} has {'the unknown operator ' + unknown[0] if unknown else 'no operator'}; "
            f"known: {', '.join(OPERATORS)}; for a value inside an object write its name with a dot"
        )
    among = None
    if "in" in wanted:
        if not isinstance(wanted["in"], list | tuple | set | frozenset):
            raise ProductError(f"the filter on {name}: 'in' needs a list of values")
        among = frozenset(key_of(value) for value in wanted["in"])
    low, high = _bound(name, wanted, "gte", "gt"), _bound(name, wanted, "lte", "lt")
    if low and high and low[0][0] != high[0][0]:
        raise ProductError(f"the filter on {name} compares with a number and with a text; give one kind")
    return Condition(name, among, low, high)


def _bound(name: str, wanted: Mapping[str, Any], closed: str, opened: str) -> tuple[Key, bool] | None:
    if closed in wanted and opened in wanted:
        raise ProductError(f"the filter on {name} has both {closed} and {opened}; give one")
    for operator in (closed, opened):
        if operator in wanted:
            key = key_of(wanted[operator])
            if key[0] not in (TRUTH, NUMBER, TEXT):
                raise ProductError(f"the filter on {name}: {operator} needs a number or a text")
            return key, operator == closed
    return None
