"""Schemas in the words of other languages become JSON Schema, and nothing is refused."""

from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.foreign_schema import arguments_schema, json_schema
from tools.protocol.grammar import arguments_grammar
from tools.schema import validate

KEYS = st.sampled_from(["type", "properties", "required", "items", "anyOf", "enum", "x", "dict"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("dict", "object"),
        ("HashMap", "object"),
        ("float", "number"),
        ("double", "number"),
        ("long", "integer"),
        ("tuple", "array"),
        ("ArrayList", "array"),
        ("Boolean", "boolean"),
        ("String", "string"),
        (["str", "none"], ["string", "null"]),
    ],
)
def test_a_type_of_another_language_is_jsons(word: Any, kind: Any) -> None:
    assert json_schema({"type": word}) == {"type": kind}


@pytest.mark.parametrize("word", ["any", "", None, "Duration", ["str", "Duration"], 7])
def test_a_type_that_is_not_understood_allows_any_value(word: Any) -> None:
    assert json_schema({"type": word, "description": "x"}) == {"description": "x"}


def test_types_are_found_at_every_depth() -> None:
    deep = {
        "type": "dict",
        "properties": {
            "points": {"type": "tuple", "items": {"type": "list", "items": {"type": "float"}}},
            "extra": {"type": "dict", "additionalProperties": {"type": "int"}},
            "either": {"anyOf": [{"type": "bool"}, {"type": "str"}]},
        },
        "required": ["points"],
    }
    schema = arguments_schema(deep)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert validate(schema, {"points": [[1.5, 2]], "extra": {"a": 1}, "either": True}) is None
    assert validate(schema, {"points": [["1.5"]]}) is not None
    assert validate(schema, {"points": [], "extra": {"a": "1"}}) is not None
    assert validate(schema, {"points": [], "either": 3}) is not None


@pytest.mark.parametrize("parameters", [None, {}, "none", {"type": "object"}, {"properties": None}])
def test_a_tool_without_parameters_takes_none(parameters: Any) -> None:
    schema = arguments_schema(parameters)
    assert (schema["type"], schema["properties"], schema["required"]) == ("object", {}, [])


def test_what_is_required_is_a_property_and_a_mark_on_a_property_is_dropped() -> None:
    schema = arguments_schema(
        {"properties": {"a": {"type": "str", "required": True}, "b": {}}, "required": ["a", "z"]}
    )
    assert schema["required"] == ["a"]
    assert schema["properties"]["a"] == {"type": "string"}


def test_an_enum_and_a_default_stay() -> None:
    assert json_schema({"type": "str", "enum": ["a"], "default": "a"}) == {
        "type": "string",
        "enum": ["a"],
        "default": "a",
    }
    assert json_schema({"type": "str", "enum": []}) == {"type": "string"}


def test_a_value_of_an_enum_is_of_its_type_even_where_the_writer_forgot_it() -> None:
    assert json_schema({"type": "bool", "enum": [True, "any"]})["type"] == ["boolean", "string"]
    assert json_schema({"type": "float", "enum": [1, 2.5]})["type"] == "number"


@settings(max_examples=60)
@given(JSON)
def test_no_form_of_schema_is_refused(written: Any) -> None:
    schema = arguments_schema(written)
    assert arguments_grammar(schema)
    assert schema["type"] == "object"
    assert set(schema["required"]) <= set(schema["properties"])
