"""The Berkeley Function Calling Leaderboard's rules for a right call, Python categories.

As lenient as the leaderboard's: strings are compared without case, spaces and ``, . / - _ * ^``, and lists,
objects and lists of objects hold such strings; a whole number does where a float is asked for; acceptable
values of which one is ``""`` may be left out. ``exact_paths`` adds that what looks like a path or an address
must be written exactly, because ``src/a.py`` is not ``srcapy``.

Invariant: without ``exact_paths`` the verdict is the leaderboard's own for every call that JSON can say.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tools.calls import ToolCall
from tools.protocol.messages import Signature
from training.evaluation.cases import Case, Expected

Values = Sequence[Any]
Same = Callable[[str], str]

_IGNORED = re.compile(r"[ ,./\-_*^]")
_PATH = re.compile(
    r"(?:[A-Za-z]:\\|~?/|\.{1,2}/|[a-z][a-z0-9+.-]*://)\S.*"  # from a root, a home, here, or a scheme
    r"|[\w.@-]+(?:/[\w.@-]+)*/[\w@-]+\.[A-Za-z]\w{0,4}"  # folders and a file
    r"|[\w-]{2,}\.[A-Za-z]\w{1,3}"  # a file
)
_KINDS: dict[str, type] = {
    "string": str,
    "integer": int,
    "number": float,
    "boolean": bool,
    "array": list,
    "object": dict,
}


def right(case: Case, calls: Sequence[ToolCall], *, exact_paths: bool = False) -> bool:
    """Whether ``calls`` are the expected ones, in any order: each expected one takes the first that fits."""
    if len(calls) != len(case.expected):
        return False
    signatures = {one.name: one for one in case.signatures or ()}
    same: Same = _exact_path if exact_paths else standardized
    left = list(calls)
    for expected in case.expected:
        signature = signatures[expected.tool]
        fits = (at for at, call in enumerate(left) if _call_right(call, expected, signature, same))
        found = next(fits, None)
        if found is None:
            return False
        del left[found]  # not by value: 5 and 5.0 are equal, and only one of them is an integer
    return True


def standardized(text: str) -> str:
    """What of a string is compared."""
    return _IGNORED.sub("", text).lower().replace("'", '"')


def _exact_path(text: str) -> str:
    return text if _PATH.fullmatch(text) else standardized(text)


def _call_right(call: ToolCall, expected: Expected, signature: Signature, same: Same) -> bool:
    schemas: Mapping[str, Any] = signature.parameters["properties"]
    given = call.arguments
    if call.tool != expected.tool or any(name not in given for name in signature.parameters["required"]):
        return False
    if any(name not in schemas or name not in expected.arguments for name in given):
        return False
    if not all(_value_right(given[name], schemas[name], expected.arguments[name], same) for name in given):
        return False
    return all(name in given or "" in values for name, values in expected.arguments.items())


def _value_right(value: Any, schema: Any, values: Values, same: Same) -> bool:
    """A value of the schema's type by that type's rule; of the acceptable values' other type as it is."""
    kind, written = _kind(schema), _kind_of(values)
    if kind is float and type(value) is int:
        value = float(value)
    inner = _kind(schema.get("items")) if kind is list else None
    if type(value) is not kind:
        return type(value) is written and value in values
    if isinstance(value, list) and inner and not _items_right(value, inner, values):
        return False
    if written not in (None, kind):
        return value in values
    return _compared(value, kind, inner, values, same)


def _compared(value: Any, kind: type, inner: type | None, values: Values, same: Same) -> bool:
    if kind is dict:
        return any(_object_right(value, one, same) for one in values if one != "")
    if kind is list and inner is dict:
        return any(_objects_right(value, one, same) for one in values)
    if kind is str:
        return same(value) in [same(one) for one in values if isinstance(one, str)]
    if kind is list:
        return _all_same(value, same) in [_all_same(one, same) for one in values]
    return value in values


def _items_right(items: list[Any], inner: type, values: Values) -> bool:
    """Whether all are of the type ``inner``, or of the type of one list of acceptable items."""
    return any(
        not isinstance(one, list) or all(type(item) in (inner, _kind_of(one)) for item in items)
        for one in values
    )


def _object_right(given: dict[str, Any], wanted: Mapping[str, Values], same: Same) -> bool:
    """``wanted`` has acceptable values for each key, as a call has for each argument."""
    if any(
        name not in wanted or _same(given[name], same) not in _all_same(wanted[name], same) for name in given
    ):
        return False
    return all(name in given or "" in values for name, values in wanted.items())


def _objects_right(given: list[Any], wanted: Sequence[Mapping[str, Values]], same: Same) -> bool:
    return len(given) == len(wanted) and all(
        isinstance(one, dict) and _object_right(one, other, same)
        for one, other in zip(given, wanted, strict=True)
    )


def _all_same(values: Values, same: Same) -> list[Any]:
    return [_same(one, same) for one in values]


def _same(value: Any, same: Same) -> Any:
    return same(value) if isinstance(value, str) else value


def _kind(schema: Any) -> type:
    """The type that the tool's writer named; the leaderboard takes one of any type for a string."""
    written = schema.get("type") if isinstance(schema, dict) else None
    named = written[0] if isinstance(written, list) else written
    return _KINDS.get(named or "", str)


def _kind_of(values: Values) -> type | None:
    """The type of the first acceptable value that is not the mark of an optional one."""
    return next((type(one) for one in values if one != ""), None)
