"""JSON values checked against a schema that somebody else may have written.

Invariant: a check ends, whatever the schema says: its steps are counted, so that references which multiply
are given up; a ``pattern`` is bounded before it is compiled and matched in linear time where that is
possible; nothing is fetched from anywhere. A schema that cannot be checked is refused with a line, never
taken as met. Not covered: ``unevaluatedProperties`` beside ``patternProperties``, which then allows all.
"""

from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from tools.patterns import Expression, PatternRefused

MOST_STEPS = 50_000
_MOST_COMPARED = 1000
"""Items among which ``uniqueItems`` looks for equal ones: that is quadratic."""
_check: ContextVar["_State"] = ContextVar("the check under way")
Errors = Iterator[Any]
Check = Callable[[Any, Any, Any, Mapping[str, Any]], Errors | None]


class SchemaRefused(ValueError):
    """A value cannot be checked against its schema: one line, why."""


@dataclass
class _State:
    """``patterns`` says whether names of properties are matched anywhere in the schema."""

    patterns: bool
    left: int = MOST_STEPS


def errors_of(schema: Any, value: Any) -> list[Any]:
    """What ``jsonschema`` says is wrong with ``value``. Raises SchemaRefused or RecursionError."""
    import jsonschema
    import referencing.exceptions

    token = _check.set(_State("patternProperties" in repr(schema)))
    try:
        return list(_validator()(schema, registry=referencing.Registry()).iter_errors(value))
    except PatternRefused as error:
        raise SchemaRefused(f"a pattern of its schema cannot be checked: {error}") from error
    except referencing.exceptions.Unresolvable as error:
        raise SchemaRefused("its schema refers to something that is not in it") from error
    except jsonschema.exceptions.UnknownType as error:
        raise SchemaRefused("its schema names a type that there is not") from error
    except (TypeError, AttributeError, KeyError, ArithmeticError) as error:
        raise SchemaRefused("its schema is not understood") from error
    finally:
        _check.reset(token)


@cache
def _validator() -> Any:
    import jsonschema

    usual = jsonschema.Draft202012Validator
    own: dict[str, Check] = {
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
        "unevaluatedProperties": _unevaluated(usual.VALIDATORS["unevaluatedProperties"]),
        "uniqueItems": _unique(usual.VALIDATORS["uniqueItems"]),
    }
    checks = {name: _counted(check) for name, check in {**usual.VALIDATORS, **own}.items()}
    extend: Callable[..., Any] = jsonschema.validators.extend
    return extend(usual, checks)


def _counted(check: Check) -> Check:
    def counted(validator: Any, said: Any, value: Any, schema: Mapping[str, Any]) -> Errors:
        state = _check.get()
        state.left -= 1
        if state.left < 0:
            raise SchemaRefused("its schema takes too long to check")
        yield from check(validator, said, value, schema) or ()

    return counted


def _pattern(validator: Any, pattern: Any, value: Any, schema: Mapping[str, Any]) -> Errors:
    if isinstance(value, str) and not _expression(pattern).found_in(value):
        yield _error(f"{_short(value)} does not match {_short(pattern)}")


def _pattern_properties(
    validator: Any, patterns: Mapping[str, Any], value: Any, schema: Mapping[str, Any]
) -> Errors:
    if isinstance(value, dict):
        for pattern, inner in patterns.items():
            for name, item in value.items():
                if _expression(pattern).found_in(name):
                    yield from validator.descend(item, inner, path=name, schema_path=pattern)


def _additional_properties(validator: Any, inner: Any, value: Any, schema: Mapping[str, Any]) -> Errors:
    if not isinstance(value, dict):
        return
    known = schema.get("properties", {})
    patterns = [_expression(pattern) for pattern in schema.get("patternProperties", {})]
    for name, item in value.items():
        if name in known or any(pattern.found_in(name) for pattern in patterns):
            continue
        if isinstance(inner, dict):
            yield from validator.descend(item, inner, path=name)
        elif not inner:
            yield _error(f"Additional properties are not allowed ({_short(name)} was unexpected)")


def _unevaluated(usual: Check) -> Check:
    def check(validator: Any, said: Any, value: Any, schema: Mapping[str, Any]) -> Errors:
        if not _check.get().patterns:
            yield from usual(validator, said, value, schema) or ()

    return check


def _unique(usual: Check) -> Check:
    def check(validator: Any, said: Any, value: Any, schema: Mapping[str, Any]) -> Errors:
        if said and isinstance(value, list) and len(value) > _MOST_COMPARED:
            raise SchemaRefused(f"more than {_MOST_COMPARED} items cannot be compared with each other")
        yield from usual(validator, said, value, schema) or ()

    return check


@lru_cache(maxsize=256)
def _expression(pattern: Any) -> Expression:
    if not isinstance(pattern, str):
        raise PatternRefused("it is no text")
    return Expression(pattern)


def _error(message: str) -> Any:
    import jsonschema

    return jsonschema.ValidationError(message)


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:59] + "…")
