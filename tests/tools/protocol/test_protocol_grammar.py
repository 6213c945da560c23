"""The grammar accepts exactly what ``write_arguments`` writes: checked with a regular expression of it.

llama.cpp reads the same grammars in the tests of the real student.
"""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.protocol.calls import write_arguments
from tools.protocol.grammar import PRIMITIVES, arguments_grammar, ordered_properties

PATH = {"type": "string"}


def schema(required: list[str] | None = None, /, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required or []}


def root_pattern(grammar: str) -> re.Pattern[str]:
    """The grammar as a regular expression: its rules are not recursive but for ``value``."""
    rules = dict(line.split(" ::= ", 1) for line in grammar.splitlines() if " ::= " in line)
    rules["value"] = rules["string"] + " | " + rules["number"] + " | " + rules["boolean"]

    def expand(body: str) -> str:
        out, at = "", 0
        token = re.compile(r'"(?:[^"\\]|\\.)*"|\[(?:[^\]\\]|\\.)*\]|[a-z][a-z0-9]*|\{[0-9,]+\}|[()|?*+]|\s+')
        while at < len(body):
            match = token.match(body, at)
            assert match, body[at:]
            piece, at = match[0], match.end()
            if piece[0] == '"':
                out += re.escape(json.loads(piece))
            elif piece[0] == "[" or piece[0] in "()|?*+{":
                out += piece
            elif piece.strip():
                out += f"(?:{expand(rules[piece])})"
        return out

    return re.compile(expand(rules["root"]))


@pytest.mark.parametrize(
    ("given_schema", "good", "bad"),
    [
        (
            schema(["path"], path=PATH),
            [{"path": "a"}, {"path": 'q"\\\n\u00e9'}],
            [{}, {"path": 1}, {"x": "a"}],
        ),
        (
            schema(["path"], path=PATH, start={"type": "integer"}, end={"type": "integer"}),
            [
                {"path": "a"},
                {"path": "a", "start": 1},
                {"path": "a", "end": -2},
                {"path": "a", "start": 1, "end": 2},
            ],
            [{"path": "a", "start": 1.5}, {"start": 1}, {"path": "a", "end": 1, "start": 2}],
        ),
        (schema(), [{}], [{"a": 1}]),
        (schema(target=PATH, n={"type": "number"}), [{}, {"target": "t"}, {"n": 0.5}], [{"n": "1"}]),
        (schema(["m"], m={"enum": ["a", "b", 3]}), [{"m": "a"}, {"m": 3}], [{"m": "c"}, {"m": "3"}]),
        (schema(["m"], m={"const": "x"}), [{"m": "x"}], [{"m": "y"}]),
        (
            schema(["l"], l={"type": "array", "items": {"type": "integer"}}),
            [{"l": []}, {"l": [1, 2]}],
            [{"l": ["a"]}, {"l": 1}],
        ),
        (
            schema(["o"], o=schema(["k"], k={"type": "boolean"})),
            [{"o": {"k": True}}],
            [{"o": {}}, {"o": {"k": "true"}}],
        ),
        (schema(["v"], v={"type": ["string", "null"]}), [{"v": None}, {"v": "a"}], [{"v": 1}]),
        (schema(["v"], v={"anyOf": [{"type": "integer"}, PATH]}), [{"v": 1}, {"v": "a"}], [{"v": True}]),
        (schema(['naïve "key"'], **{'naïve "key"': PATH}), [{'naïve "key"': "a"}], [{"naive": "a"}]),
    ],
)
def test_the_grammar_takes_what_fits_the_schema_and_nothing_else(
    given_schema: dict[str, Any], good: list[dict[str, Any]], bad: list[dict[str, Any]]
) -> None:
    pattern = root_pattern(arguments_grammar(given_schema))
    for arguments in good:
        assert pattern.fullmatch(" " + write_arguments(arguments)), arguments
    for arguments in bad:
        assert not pattern.fullmatch(" " + write_arguments(arguments)), arguments


@given(st.text())
def test_every_string_that_json_writes_is_accepted(text: str) -> None:
    pattern = root_pattern(arguments_grammar(schema(["path"], path=PATH)))
    assert pattern.fullmatch(" " + write_arguments({"path": text.replace("\x7f", "")}))


def free_value(written: str, kind: str = "") -> bool:
    """Whether ``written`` is accepted as a value of the type ``kind``; of any type where that is empty."""
    grammar = arguments_grammar(schema(["v"], v={"type": kind} if kind else {}))
    return bool(root_pattern(grammar).fullmatch(f' {{"v": {written}}}'))


@pytest.mark.parametrize("number", ["1e99", "-2.5E-9", "0"])
def test_a_number_is_finite(number: str) -> None:
    assert free_value(number, "number")
    assert not free_value("1e400", "number")


def test_no_half_of_a_surrogate_pair_is_escaped() -> None:
    assert free_value(r'"\u00e9\ud7ff\ue000"', "string")
    assert not free_value(r'"\ud83d"', "string")
    assert not free_value(r'"\uDFFF"', "string")


def test_required_properties_come_first_in_the_order_of_the_schema() -> None:
    both = schema(["b", "a"], a=PATH, x=PATH, b=PATH)
    assert ordered_properties(both) == (["a", "b"], ["x"])


@pytest.mark.parametrize(
    "odd",
    [{}, {"type": "object"}, schema(["a"], a={}), schema(["a"], a=True), schema(["a"], a={"type": "object"})],
)
def test_every_rule_that_a_grammar_names_is_in_it(odd: dict[str, Any]) -> None:
    """llama.cpp refuses a grammar with an unknown name, which would end the decision."""
    grammar = arguments_grammar(odd)
    named = set(re.findall(r"^([a-z][a-z0-9]*) ::=", grammar, re.M))
    stripped = re.sub(r'"(?:[^"\\]|\\.)*"|\[(?:[^\]\\]|\\.)*\]|\{[0-9,]+\}', " ", grammar)
    used = set(re.findall(r"[a-z][a-z0-9]*", stripped))
    assert used <= named
    assert PRIMITIVES in grammar
