"""Schemas from type hints, and the one line that says what is wrong with arguments."""

from typing import Any, Literal, Optional

import pytest

from tools.base import ToolContext
from tools.schema import description_of, schema_of, validate


async def sample(
    context: ToolContext,
    /,
    *,
    path: str,
    count: int = 1,
    ratio: float = 0.5,
    deep: bool = False,
    names: list[str] | None = None,
    kind: Literal["file", "folder"] = "file",
    old: Optional[str] = None,  # noqa: UP045 (both spellings are covered)
    extra: dict[str, int] | None = None,
    number: int | str = 0,
) -> None:
    """Do a thing
    in two lines.

    More of it.

    Args:
        path: where it is
        count (int): how often,
            said in two lines
        kind: which

    Returns:
        nothing: at all
    """


SCHEMA = schema_of(sample)


def test_every_type_has_its_schema() -> None:
    assert SCHEMA["properties"] == {
        "path": {"type": "string", "description": "where it is"},
        "count": {"type": "integer", "description": "how often, said in two lines"},
        "ratio": {"type": "number"},
        "deep": {"type": "boolean"},
        "names": {"type": "array", "items": {"type": "string"}},
        "kind": {"type": "string", "enum": ["file", "folder"], "description": "which"},
        "old": {"type": "string"},
        "extra": {"type": "object", "additionalProperties": {"type": "integer"}},
        "number": {"type": ["integer", "string"]},
    }


def test_only_arguments_without_default_are_required_and_nothing_else_is_allowed() -> None:
    assert SCHEMA["required"] == ["path"]
    assert SCHEMA["additionalProperties"] is False
    assert "context" not in SCHEMA["properties"]


def test_the_description_is_the_first_paragraph_in_one_line() -> None:
    assert description_of(sample) == "Do a thing in two lines."


def test_without_docstring_there_is_no_description() -> None:
    def bare(*, path: str) -> None: ...

    assert description_of(bare) == ""
    assert schema_of(bare)["properties"] == {"path": {"type": "string"}}


def test_none_stays_sayable_where_there_is_no_default() -> None:
    def nullable(*, path: str | None) -> None: ...

    assert schema_of(nullable)["properties"]["path"] == {"type": ["string", "null"]}
    assert validate(schema_of(nullable), {"path": None}) is None


def test_mixed_literals_and_plain_containers() -> None:
    def mixed(*, level: Literal[1, "all"], table: dict[str, Any], parts: list[dict[str, int]]) -> None: ...

    assert schema_of(mixed)["properties"] == {
        "level": {"enum": [1, "all"]},
        "table": {"type": "object"},
        "parts": {"type": "array", "items": {"type": "object", "additionalProperties": {"type": "integer"}}},
    }


def test_unions_of_containers_become_any_of() -> None:
    def either(*, value: str | list[int]) -> None: ...

    options = schema_of(either)["properties"]["value"]["anyOf"]
    assert options == [{"type": "string"}, {"type": "array", "items": {"type": "integer"}}]


def test_types_without_a_schema_are_refused_when_the_tool_is_made() -> None:
    def odd(*, value: complex) -> None: ...

    def loose(*, value: str, **rest: str) -> None: ...

    def untyped(*, value) -> None: ...  # type: ignore[no-untyped-def]

    for function in (odd, loose, untyped):
        with pytest.raises(TypeError):
            schema_of(function)


def test_valid_arguments_pass() -> None:
    assert validate(SCHEMA, {"path": "a", "count": 2, "names": ["x"], "kind": "folder"}) is None


def test_A16_unknown_argument_is_named_and_not_passed_on() -> None:
    problem = validate(SCHEMA, {"path": "a", "sandbox": False})
    assert problem is not None and "unknown argument `sandbox`" in problem and "`path`" in problem


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ({"pth": "a"}, "unknown argument `pth`; did you mean `path`?"),
        ({}, "the argument `path` is missing"),
        ({"path": 3}, "`path` must be a string, not an integer"),
        ({"path": None}, "`path` must be a string, not null"),
        ({"path": "a", "count": "2"}, "`count` must be an integer, not a string"),
        ({"path": "a", "count": True}, "`count` must be an integer, not a boolean"),
        ({"path": "a", "deep": {}}, "`deep` must be a boolean, not an object"),
        ({"path": "a", "names": ["x", 1]}, "`names[1]` must be a string, not an integer"),
        ({"path": "a", "kind": "link"}, "`kind` must be one of 'file', 'folder'"),
        ({"path": "a", "number": []}, "`number` must be an integer or string, not an array"),
        (["path"], "the arguments must be an object, not an array"),
        (None, "the arguments must be an object, not null"),
    ],
)
def test_G04_wrong_arguments_get_one_line(arguments: Any, line: str) -> None:
    assert validate(SCHEMA, arguments) == line


def test_G05_hostile_names_and_depths_stay_one_short_line() -> None:
    deep: Any = 1
    for _ in range(5000):
        deep = [deep]
    for arguments in ({"path": deep}, {"a\nb" * 500: 1}, {"path": "x", "names": deep}):
        problem = validate(SCHEMA, arguments)
        assert problem is not None and "\n" not in problem and len(problem) < 400


def test_a_tool_without_arguments_says_so() -> None:
    def none() -> None: ...

    assert validate(schema_of(none), {"path": "a"}) == "unknown argument `path`; it takes no arguments"
