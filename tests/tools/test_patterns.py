"""Regular expressions and schemas of others: what is refused, and that nothing is left to run for long.

Time is not measured: what is matched here would not end with backtracking, what is compiled would fill the
memory, and what is fetched would fail the test.
"""

import urllib.request
from typing import Any

import pytest

from tools.checking import MOST_STEPS
from tools.patterns import DEEPEST, Expression, PatternRefused, check_cost
from tools.protocol.grammar import LARGEST, arguments_grammar
from tools.schema import mismatch, validate

COSTLY = [
    "a{99999999}",
    "(a{9999}){9999}",
    "(?:(?:a{100}){100}){100}",
    "(?:(?:(?:a{1,50}){1,50}){1,50}){1,50}",
    "a{,999999}",
    "a{999999,}",
    "[^]{(a]{999999}",
    "[]a]{999999}",
    r"\({999999}",
    r"(\{){999999}",
    "(a){9}{9}{9}{9}{9}{9}",
    "(?:a|b{500}){500}",
    "(?x)(a{999}) {999}",
    "(?xi) (a{999}) # \n {999}",
    "(?i-s:(?sx:(a{999}) {999}))",
    "a{" + "9" * 5000 + "}",
    "(" * (DEEPEST + 1) + ")" * (DEEPEST + 1),
    "(" * 5000,
    "(?:" * 300 + "a" + "){9}" * 300,
    "x" * 10_001,
    "(a{300}b{300}){300}",
    "\u00e9{200000}",
    "(?<n>a{400}){400}",
    "(?=a{400}){400}",
]
CHEAP = [
    "",
    r"\d{4}-\d{2}-\d{2}",
    r"(\w{100}){900}|aab",
    "{99999999",
    "{,}",
    "a{}",
    r"a\{99999999}",
    "[{99999999}]",
    "[a{999999}]",
    r"[\]{999999}]",
    "(a|b)*" * 100,
    "(" * DEEPEST + ")" * DEEPEST,
    ")))",
    "a{0}" * 1000,
]
BACKTRACKING = ["^(a|a)*$", "^(a+)+$", "(x+x+)+y", "^(a|aa)+$", "^([a-zA-Z]+)*$", "(.*a){30}"]


@pytest.mark.parametrize("pattern", COSTLY, ids=lambda one: one[:30])
def test_B10_a_costly_expression_is_refused_before_it_is_compiled(pattern: str) -> None:
    with pytest.raises(PatternRefused) as problem:
        check_cost(pattern)
    assert len(str(problem.value).splitlines()) == 1
    said = mismatch({"type": "object", "properties": {"a": {"pattern": pattern}}}, {"a": "a"}, "arguments")
    assert said is not None and said.startswith("arguments: a pattern of its schema cannot be checked: ")
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize(
    "pattern", ["(?=a)" + "x" * 4000, "(?<!a)(?i:" + "s" * 3000 + ")"], ids=lambda one: one[:12]
)
def test_B10_a_long_literal_is_refused_where_only_the_slower_engine_takes_it(pattern: str) -> None:
    with pytest.raises(PatternRefused, match="has at most 1,000 characters"):
        Expression(pattern)
    assert not Expression("(?=a)" + "x" * 900).found_in("x" * 5000)


@pytest.mark.parametrize("pattern", CHEAP, ids=lambda one: one[:30])
def test_an_ordinary_expression_is_not_refused(pattern: str) -> None:
    check_cost(pattern)


@pytest.mark.parametrize("pattern", BACKTRACKING)
def test_B10_backtracking_is_not_needed(pattern: str) -> None:
    assert not Expression(pattern).found_in("a" * 5000 + "!" if pattern[0] == "^" else "x" * 5000)


def test_expressions_mean_what_they_say() -> None:
    assert Expression(r"^\d{3}$").found_in("123") and not Expression(r"^\d{3}$").found_in("1234")
    assert Expression(r"^(?=.*\d)(?=.*[a-z]).{4,}$").found_in("abc1")
    assert not Expression(r"^(?=.*\d).{4,}$").found_in("abcd")
    assert Expression(r"(.)\1").found_in("aa") and Expression("é").found_in("\ud800é")
    for broken in ("(", "[z-a]", "*a"):
        with pytest.raises(PatternRefused, match="not a regular expression"):
            Expression(broken)


def nested_references(levels: int) -> dict[str, Any]:
    """Each level refers twice to the next: 2^levels checks."""
    named = {f"d{level}": {"allOf": [{"$ref": f"#/$defs/d{level + 1}"}] * 2} for level in range(levels)}
    return {"$ref": "#/$defs/d0", "$defs": {**named, f"d{levels}": {"type": "object"}}}


REFUSED_SCHEMAS: list[tuple[dict[str, Any], Any, str]] = [
    (nested_references(60), {}, "takes too long to check"),
    ({"$ref": "#"}, {}, "nested too deeply"),
    ({"$ref": "http://127.0.0.1:9/schema"}, {}, "refers to something that is not in it"),
    ({"$ref": "file:///etc/passwd"}, {}, "refers to something that is not in it"),
    ({"$ref": "#/$defs/none"}, {}, "refers to something that is not in it"),
    ({"type": "whatever"}, {}, "names a type that there is not"),
    ({"properties": 5}, {"a": 1}, "is not understood"),
    ({"properties": {"a": {"pattern": 5}}}, {"a": "b"}, "it is no text"),
    ({"patternProperties": {"a{99999999}": {}}}, {"a": 1}, "repeats more than"),
    (
        {"patternProperties": {"a{99999999}": {}}, "additionalProperties": False},
        {"a": 1},
        "repeats more than",
    ),
    ({"properties": {"a": {"uniqueItems": True}}}, {"a": [{}] * 1001}, "cannot be compared"),
]


@pytest.mark.parametrize(
    ("schema", "value", "said"), REFUSED_SCHEMAS, ids=[row[2] for row in REFUSED_SCHEMAS]
)
@pytest.mark.slow
def test_B10_a_schema_that_cannot_be_checked_is_refused(
    monkeypatch: pytest.MonkeyPatch, schema: dict[str, Any], value: Any, said: str
) -> None:
    def no_network(*_: object, **__: object) -> None:
        raise AssertionError("something was fetched")

    monkeypatch.setattr(urllib.request, "urlopen", no_network)
    problem = mismatch(schema, value, "arguments")
    assert problem is not None and said in problem and len(problem.splitlines()) == 1


def test_B10_names_of_properties_are_matched_in_linear_time() -> None:
    schema = {"type": "object", "patternProperties": {"^(a|a)*$": {"type": "integer"}}}
    closed = {**schema, "additionalProperties": False}
    name = "a" * 5000
    assert mismatch(schema, {f"{name}!": "x"}, "arguments") is None
    assert "was unexpected" in (mismatch(closed, {f"{name}!": "x"}, "arguments") or "")
    assert "must be an integer" in (mismatch(schema, {name: "x"}, "arguments") or "")
    nested = {**schema, "additionalProperties": {"type": "string"}}
    assert "must be a string" in (mismatch(nested, {"b": 1}, "arguments") or "")
    assert mismatch({**schema, "unevaluatedProperties": False}, {"b": 1}, "arguments") is None
    assert mismatch({"unevaluatedProperties": False}, {"b": 1}, "arguments") is not None


def test_checks_within_the_bound_are_made() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "integer"}}}}
    assert mismatch(schema, {"a": list(range(MOST_STEPS // 4))}, "arguments") is None
    assert validate({**schema, "additionalProperties": False}, {"b": 1}) is not None


def properties(count: int, required: bool) -> dict[str, Any]:
    names = [f"name{number}" for number in range(count)]
    found: dict[str, Any] = {"type": "object", "properties": {name: {"type": "string"} for name in names}}
    return {**found, "required": names} if required else found


def deep(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(levels):
        schema = {"type": "object", "properties": {"a": schema}}
    return schema


def doubled(levels: int) -> dict[str, Any]:
    """Each level names its type twice, so that its properties stand in the grammar twice."""
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(levels):
        schema = {"type": ["object", "object", "null"], "properties": {"a": schema}}
    return {"type": "object", "properties": {"a": schema}}


@pytest.mark.parametrize(
    "schema",
    [
        properties(20_000, required=True),
        properties(3_000, required=False),
        deep(300),
        deep(100_000),
        doubled(60),
        {"type": "object", "properties": {"a": {"enum": ["x" * 1000] * 1000}}},
        {"type": "object", "properties": {"a": {"const": "x" * 300_000}}},
        {"type": "object", "properties": {"x" * 300_000: {}}},
    ],
    ids=["required", "optional", "deep", "deeper", "doubled", "enum", "const", "name"],
)
def test_L10_a_grammar_is_bounded_whatever_the_schema(schema: dict[str, Any]) -> None:
    text = arguments_grammar(schema)
    assert len(text) < LARGEST + 5000


def test_types_that_are_named_twice_make_no_larger_grammar() -> None:
    assert len(arguments_grammar(doubled(20))) < 10_000
