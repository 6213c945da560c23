"""JSON Schemas made from typed Python functions, and arguments checked against them.

Invariant: a schema lists every argument a function takes and no other; ``additionalProperties`` is false,
so an argument the function does not know never reaches it. Covered: str, int, float, bool, None, list,
dict, Literal, unions. Not covered: classes, TypedDict, recursive types (a TypeError when the tool is made).
Checking is bounded, whatever a schema says: see ``checking``.
"""

import difflib
import inspect
import re
import types
import typing
from collections.abc import Callable
from typing import Any, Literal, Union, get_args, get_origin

_PRIMITIVES: dict[Any, str] = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    types.NoneType: "null",
    list: "array",
    dict: "object",
}
_ARGUMENT = re.compile(r"^(\w+)(?: \([^)]*\))?:\s*(.*)$")


def schema_of(function: Callable[..., Any]) -> dict[str, Any]:
    """The JSON Schema (type object) of a function's arguments.

    Positional-only parameters (the ToolContext) are skipped. Raises TypeError for a type it cannot say.
    """
    hints = typing.get_type_hints(function)
    said = _argument_descriptions(function)
    properties: dict[str, Any] = {}
    required: list[str] = []
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind is parameter.POSITIONAL_ONLY:
            continue
        if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL) or name not in hints:
            raise TypeError(f"{function.__name__}: argument {name!r} needs a name and a type")
        optional = parameter.default is not parameter.empty
        entry = _schema_of_type(_without_none(hints[name]) if optional else hints[name])
        if name in said:
            entry["description"] = said[name]
        properties[name] = entry
        if not optional:
            required.append(name)
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def description_of(function: Callable[..., Any]) -> str:
    """The first paragraph of the docstring, in one line."""
    return " ".join((inspect.getdoc(function) or "").split("\n\n")[0].split())


def validate(schema: dict[str, Any], arguments: Any) -> str | None:
    """One readable line that says what is wrong with ``arguments`` and how to mend it, or None."""
    if not isinstance(arguments, dict):
        return f"the arguments must be an object, not {_kind(arguments)}"
    known = list(schema.get("properties", {}))
    for name in arguments:
        if name not in known and schema.get("additionalProperties") is False:
            return f"unknown argument `{_shorten(name)}`; {_suggest(name, known)}"
    for name in schema.get("required", ()):
        if name not in arguments:
            return f"the argument `{name}` is missing"
    return mismatch(schema, arguments, "arguments")


def mismatch(schema: dict[str, Any], value: Any, whole: str) -> str | None:
    """One readable line that says where ``value`` breaks the schema, or None; ``whole`` names all of it."""
    from tools.checking import SchemaRefused, errors_of

    try:
        errors = sorted(errors_of(schema, value), key=lambda error: str(error.absolute_path))
    except RecursionError:
        return f"{whole}: nested too deeply"
    except SchemaRefused as refused:
        return f"{whole}: {refused}"
    return _say(errors[0], whole) if errors else None


def _say(error: Any, whole: str) -> str:
    where = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.absolute_path)
    name = where.lstrip(".") or whole
    if error.validator == "type":
        expected = error.validator_value
        wanted = " or ".join(expected) if isinstance(expected, list) else expected
        return f"`{name}` must be {_article(wanted)}, not {_kind(error.instance)}"
    if error.validator == "enum":
        return f"`{name}` must be one of {', '.join(map(repr, error.validator_value))}"
    return f"`{name}`: {_shorten(error.message)}"


def _suggest(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(str(name)[:80], known, n=1, cutoff=0.6)
    if near:
        return f"did you mean `{near[0]}`?"
    return f"it takes {', '.join(f'`{one}`' for one in known)}" if known else "it takes no arguments"


def _schema_of_type(hint: Any) -> dict[str, Any]:
    if hint is Any:
        return {}
    if hint in _PRIMITIVES:
        return {"type": _PRIMITIVES[hint]}
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        kinds = {_PRIMITIVES[type(value)] for value in arguments}
        return (
            {"type": kinds.pop(), "enum": list(arguments)} if len(kinds) == 1 else {"enum": list(arguments)}
        )
    if origin is list:
        return {"type": "array", "items": _schema_of_type(arguments[0])}
    if origin is dict:
        values = _schema_of_type(arguments[1])
        return {"type": "object", "additionalProperties": values} if values else {"type": "object"}
    if origin in (Union, types.UnionType):
        options = [_schema_of_type(option) for option in arguments]
        if all(set(option) == {"type"} for option in options):
            return {"type": [option["type"] for option in options]}
        return {"anyOf": options}
    raise TypeError(f"no JSON Schema for {hint!r}")


def _without_none(hint: Any) -> Any:
    """``str | None`` with a default is an optional string: leaving it out is how None is said."""
    if get_origin(hint) not in (Union, types.UnionType):
        return hint
    kept = tuple(option for option in get_args(hint) if option is not types.NoneType)
    return kept[0] if len(kept) == 1 else Union[kept]  # noqa: UP007 (a union made at run time)


def _argument_descriptions(function: Callable[..., Any]) -> dict[str, str]:
    """Name to description, from the ``Args:`` section of a Google-style docstring."""
    _, found, section = (inspect.getdoc(function) or "").partition("\nArgs:\n")
    said: dict[str, str] = {}
    name = ""
    for line in section.splitlines() if found else ():
        if line and not line.startswith(" "):
            break
        text = line.strip()
        match = _ARGUMENT.match(text) if line.startswith("    ") and not line.startswith("     ") else None
        if match:
            name = match[1]
            said[name] = match[2]
        elif text and name:
            said[name] = f"{said[name]} {text}".strip()
    return said


def _kind(value: Any) -> str:
    return _article(_PRIMITIVES.get(type(value), type(value).__name__))


def _article(noun: str) -> str:
    if noun == "null":
        return "null"
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def _shorten(text: Any) -> str:
    line = str(text).encode("unicode_escape").decode("ascii") if not str(text).isprintable() else str(text)
    return line if len(line) <= 160 else line[:157] + "..."
