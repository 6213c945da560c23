"""Schemas of tools that others wrote, as JSON Schema of type object.

Writers of tools use the words of their own language for types: ``dict``, ``float``, ``tuple``, ``ArrayList``.
Invariant: what comes out is a valid JSON Schema whose types are JSON's; what is not understood allows any
value, so that no tool is refused for its schema, and every value of an ``enum`` is of its type. Nothing but
types and their nesting is changed.
"""

from collections.abc import Sequence
from typing import Any

_WORDS = {
    "object": "object dict dictionary hashmap hashtable map mapping",
    "array": "array list tuple arraylist set queue stack",
    "number": "number float double decimal",
    "integer": "integer int long short byte bigint",
    "boolean": "boolean bool",
    "string": "string str text char date datetime time",
    "null": "null none nonetype",
}
TYPES = {word: kind for kind, words in _WORDS.items() for word in words.split()}
_JSON_TYPES: dict[type, str] = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    list: "array",
    dict: "object",
    type(None): "null",
}
_NESTED = ("items", "additionalProperties", "not")
_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")


def arguments_schema(parameters: Any) -> dict[str, Any]:
    """The schema of a tool's arguments; without any, a tool that takes none."""
    schema = json_schema(parameters) if isinstance(parameters, dict) else {}
    properties = schema.get("properties")
    schema["properties"] = properties if isinstance(properties, dict) else {}
    required = schema.get("required")
    named = required if isinstance(required, list) else []
    schema["required"] = [name for name in schema["properties"] if name in named]
    return {**schema, "type": "object"}


def json_schema(schema: Any) -> Any:
    """``schema`` with JSON's types at every level. Booleans, which are schemas too, stay."""
    if not isinstance(schema, dict):
        return schema if isinstance(schema, bool) else {}
    result = {name: value for name, value in schema.items() if _understood(name, value)}
    kind = _type(schema.get("type"))
    if kind:
        result["type"] = _with_types_of(result.get("enum", ()), kind)
    if "properties" in result:
        result["properties"] = {name: json_schema(value) for name, value in result["properties"].items()}
    for name in _NESTED:
        if name in result:
            result[name] = json_schema(result[name])
    for name in _LISTS:
        if name in result:
            result[name] = [json_schema(one) for one in result[name]]
    return result


def _understood(name: str, value: Any) -> bool:
    """False for the type, which is read apart, and for what JSON Schema does not know in this form: a
    property, say, that is marked as required by itself."""
    if name == "properties":
        return isinstance(value, dict)
    if name in ("enum", *_LISTS):
        return isinstance(value, list) and bool(value)
    return name != "type" and (name != "required" or isinstance(value, list))


def _with_types_of(values: Sequence[Any], kind: str | list[str]) -> str | list[str]:
    """``kind``, and the types of those ``values`` that are not of it, behind it."""
    kinds = [kind] if isinstance(kind, str) else list(kind)
    for value in values:
        found = _JSON_TYPES[type(value)]
        if found not in kinds and not (found == "integer" and "number" in kinds):
            kinds.append(found)
    return kinds if len(kinds) > 1 else kinds[0]


def _type(written: Any) -> str | list[str] | None:
    """JSON's word, or words, for a type; None for any value."""
    if isinstance(written, list):
        kinds = [TYPES.get(str(one).lower()) for one in written]
        known = [kind for kind in kinds if kind]
        return known if len(known) == len(kinds) and known else None
    return TYPES.get(written.lower()) if isinstance(written, str) else None
