"""Turn values of unknown quality into checked ones, or into one line that says what is wrong and where.

The settings model comes as a parameter, so that this module knows no setting by name.
"""

import difflib
import json
import tomllib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar, get_origin

from pydantic import BaseModel, ValidationError

from assistant.settings_file import SettingsError
from assistant.settings_project import Key

Model = TypeVar("Model", bound=BaseModel)
Where = Callable[[Key], str]


def check_values(model: type[Model], values: Mapping[str, Any], where: Where, *, strict: bool) -> Model:
    """Validate nested ``values``. ``strict`` takes no text for a number. Raises SettingsError.

    ``where`` names the source of a key, such as its file and line.
    """
    try:
        if strict:
            # JSON mode: strict on types, and an array is a tuple there.
            return model.model_validate_json(json.dumps(values, default=str), strict=True)
        return model.model_validate(values)
    except ValidationError as error:
        raise SettingsError(_explain(model, error, where)) from error


def known_keys(model: type[BaseModel], prefix: Key = ()) -> Iterator[Key]:
    """Every setting of ``model``, in the order of declaration."""
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from known_keys(field.annotation, (*prefix, name))
        else:
            yield (*prefix, name)


def given_values(model: BaseModel, prefix: Key = (), *, unset: bool = False) -> Iterator[tuple[Key, Any]]:
    """The settings that were given to ``model`` (all of them with ``unset``) and their values."""
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            yield from given_values(value, (*prefix, name), unset=unset)
        elif unset or name in model.model_fields_set:
            yield (*prefix, name), value


def nested(values: Mapping[Key, Any]) -> dict[str, Any]:
    """``{("loop", "max_steps"): 3}`` becomes ``{"loop": {"max_steps": 3}}``. Raises SettingsError."""
    tree: dict[str, Any] = {}
    for key, value in values.items():
        table = tree
        for part in key[:-1]:
            table = table.setdefault(part, {})
            if not isinstance(table, dict):
                raise SettingsError(f"{'.'.join(key)} clashes with a value given for {part}")
        if isinstance(table.get(key[-1]), dict):
            raise SettingsError(f"{'.'.join(key)} is a table: give one of its keys a value")
        table[key[-1]] = value
    return tree


def from_text(model: type[BaseModel], key: Key, text: str) -> Any:
    """``text`` of a variable or of the command line: a TOML array where a list is due, else as it is."""
    if get_origin(_annotation(model, key)) is not tuple:
        return text
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError as error:
        example = """["first", "second"]"""
        raise SettingsError(f"{'.'.join(key)}: {text!r} is no list; write {example}") from error


def _annotation(model: type[BaseModel], key: Key) -> Any:
    """The declared type of ``key``, or None where there is no such key."""
    annotation: Any = model
    for part in key:
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return None
        field = annotation.model_fields.get(part)
        annotation = field.annotation if field else None
    return annotation


def _explain(model: type[BaseModel], error: ValidationError, where: Where) -> str:
    problems = error.errors(include_url=False)
    first = problems[0]
    key = tuple(part for part in first["loc"] if isinstance(part, str))
    dotted = ".".join(key)
    if first["type"] == "extra_forbidden":
        said = f"unknown key {dotted!r}{_nearest(model, key)}"
    elif first["type"] in {"model_type", "model_attributes_type"}:
        said = f"{dotted} is a table: give one of its keys a value, not {first['input']!r:.60}"
    else:
        said = f"{dotted}: {first['msg'][0].lower()}{first['msg'][1:]}, not {first['input']!r:.60}"
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return f"{where(key)}: {said}{more}"


def _nearest(model: type[BaseModel], key: Key) -> str:
    names = {".".join(known): known for known in known_keys(model)}
    tables = {known[0] for known in names.values()}
    by_last = {known[-1]: name for name, known in names.items()}
    if len(key) == 1 and (close := difflib.get_close_matches(key[0], list(tables), n=1)):
        return f"; did you mean {close[0]!r}?"
    if close := difflib.get_close_matches(".".join(key), list(names), n=1):
        return f"; did you mean {close[0]!r}?"
    if close := difflib.get_close_matches(key[-1], list(by_last), n=1):
        return f"; did you mean {by_last[close[0]]!r}?"
    here = sorted({known[len(key) - 1] for known in names.values() if known[: len(key) - 1] == key[:-1]})
    return f"; known here: {', '.join(here)}" if here else ""
