"""GBNF grammars of a tool's arguments, so that a malformed call cannot be decoded.

The grammar accepts exactly what ``write_arguments`` writes: one line, ``", "`` and ``": "`` as
separators, required properties first in the schema's order, then any of the optional ones in order.
Covered: objects, arrays, strings, numbers, booleans, null, enum, const, anyOf/oneOf, type lists.
Not covered (any JSON value is accepted, and the schema is checked after): $ref, pattern, format, ranges.
What is accepted can always be read and stored: numbers are finite, no half of a surrogate pair is
escaped, and a value of any kind is nested at most FREE_DEPTH deep. However large a schema is, its grammar has
at most LARGEST characters: one that would be larger, or is nested too deeply, is the grammar of any object.
"""

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

FREE_DEPTH = 5
LARGEST = 200_000
_DEEPEST = 64
_SCALARS = r"""
string ::= "\"" char* "\""
char ::= [^"\\\x00-\x1f\x7f] | "\\" (["\\/bfnrt] | "u" code)
code ::= [0-9abcefABCEF] [0-9a-fA-F]{3} | [dD] [0-7] [0-9a-fA-F]{2}
integer ::= "-"? ("0" | [1-9] [0-9]{0,15})
number ::= integer ("." [0-9]{1,16})? ([eE] [-+]? [0-9]{1,2})?
boolean ::= "true" | "false"
null ::= "null"
scalar ::= string | number | boolean | null
"""


def _free_rules() -> list[str]:
    """``dict``, and ``value`` for any value, as a rule for each level of nesting."""
    rules = ["free0 ::= scalar"]
    for depth in range(1, FREE_DEPTH + 1):
        inner = f"free{depth - 1}"
        listed = f'"[" ({inner} (", " {inner})*)? "]"'
        rules += [f"free{depth} ::= scalar | {listed} | dict{depth}", f"dict{depth} ::= {_dict_of(inner)}"]
    return [*rules, f"value ::= free{FREE_DEPTH}", f"dict ::= dict{FREE_DEPTH}"]


def _dict_of(inner: str) -> str:
    return f'"{{" (string ": " {inner} (", " string ": " {inner})*)? "}}"'


PRIMITIVES = "\n".join([_SCALARS.strip(), *_free_rules()])


def ordered_properties(schema: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Names of the required and of the optional properties, in the order they are written."""
    properties = schema.get("properties", {})
    named = set(schema.get("required", ()))
    return [name for name in properties if name in named], [name for name in properties if name not in named]


def arguments_grammar(schema: dict[str, Any]) -> str:
    """The grammar of ``" " + write_arguments(arguments)`` for a JSON Schema of type object."""
    try:
        return _cached_grammar(json.dumps(schema))
    except (_TooLarge, RecursionError):
        return "\n".join(['root ::= " " dict', PRIMITIVES, ""])


@lru_cache(maxsize=256)
def _cached_grammar(schema_json: str) -> str:
    builder = _Builder()
    body = builder.object(json.loads(schema_json))
    return "\n".join([f'root ::= " " {body}', *builder.rules, PRIMITIVES, ""])


class _TooLarge(Exception):
    """The grammar would have more than LARGEST characters, or more than _DEEPEST levels."""


class _Builder:
    """Collects one named rule for each nested schema, so that no rule grows out of hand."""

    def __init__(self) -> None:
        self.rules: list[str] = []
        self._size = 0
        self._depth = 0

    def value(self, schema: Any) -> str:
        """The name or text of the rule for one schema. Raises _TooLarge."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _TooLarge
        found = self._value(schema)
        self._depth -= 1
        return found

    def _value(self, schema: Any) -> str:
        if not isinstance(schema, dict):
            return "value"
        if "const" in schema:
            return _literal(json.dumps(schema["const"], ensure_ascii=False))
        if "enum" in schema:
            return self._choice(_literal(json.dumps(item, ensure_ascii=False)) for item in schema["enum"])
        for key in ("anyOf", "oneOf"):
            if key in schema:
                return self._choice(self.value(option) for option in schema[key])
        kind = schema.get("type")
        if isinstance(kind, list):
            return self._choice(self.value({**schema, "type": one}) for one in dict.fromkeys(kind))
        if kind == "object" and "properties" in schema:
            return self._named(self.object(schema))
        if kind == "array":
            item = self.value(schema.get("items", {}))
            return self._named(f'"[" ({item} (", " {item})*)? "]"')
        plain = {"string", "integer", "number", "boolean", "null"}
        return str(kind) if kind in plain else "dict" if kind == "object" else "value"

    def object(self, schema: dict[str, Any]) -> str:
        """The text of an object's rule. Raises _TooLarge."""
        properties = schema.get("properties", {})
        required, optional = ordered_properties(schema)
        pair = {name: self._pair(name, properties[name]) for name in properties}
        if required:
            head = ' ", " '.join(pair[name] for name in required)
            tail = " ".join(f'(", " {pair[name]})?' for name in optional)
            return f'"{{" {head} {tail} "}}"'
        return f'"{{" {self._any_of(pair, optional)} "}}"'

    def _any_of(self, pair: dict[str, str], optional: list[str]) -> str:
        if not optional:
            return ""
        self._count(sum(map(len, pair.values())) * len(optional) // 2)  # each stands behind all before it
        starts = [
            " ".join([pair[name], *(f'(", " {pair[later]})?' for later in optional[place + 1 :])])
            for place, name in enumerate(optional)
        ]
        return f"({' | '.join(starts)})?"

    def _pair(self, name: str, schema: Any) -> str:
        text = f"{_literal(json.dumps(name, ensure_ascii=False) + ': ')} {self.value(schema)}"
        self._count(len(text))
        return text

    def _choice(self, options: Iterator[str]) -> str:
        return self._named(" | ".join(options) or "value")

    def _named(self, body: str) -> str:
        self._count(len(body))
        name = f"r{len(self.rules)}"
        self.rules.append(f"{name} ::= {body}")
        return name

    def _count(self, characters: int) -> None:
        self._size += characters
        if self._size > LARGEST:
            raise _TooLarge


def _literal(text: str) -> str:
    """``text`` as a GBNF string literal."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{escaped}"'
