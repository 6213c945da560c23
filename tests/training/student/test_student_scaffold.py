"""What of a call can only come next, followed character by character."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.protocol.calls import write_arguments
from training.student.scaffold import Scaffold

EDIT = {
    "properties": {"path": {}, "old_text": {}, "new_text": {}, "all": {}},
    "required": ["path", "old_text", "new_text"],
}
NAMES = ("path", "old_text", "new_text")


def walk(schema: dict[str, Any], text: str) -> list[str]:
    """Write ``text`` and collect what was forced; every forced piece must be what the text says."""
    scaffold, at, pieces = Scaffold(schema), 0, list[str]()
    while at < len(text):
        forced = scaffold.forced()
        if forced:
            assert text.startswith(forced, at), (text[at:], forced)
            pieces.append(forced)
        step = forced or text[at]
        scaffold.feed(step.encode())
        at += len(step)
    assert scaffold.complete
    return pieces


def test_the_keys_of_required_arguments_are_forced_but_not_the_quote_of_a_value() -> None:
    text = ' {"path": "./a", "old_text": "x", "new_text": "y"}'
    assert walk(EDIT, text) == [' {"path":', ' "old_text":', ' "new_text":']


def test_optional_arguments_are_a_choice() -> None:
    assert walk(EDIT, ' {"path": "a", "old_text": "x", "new_text": "y", "all": true}')[-1] == ' "new_text":'
    assert walk({"properties": {"path": {}}, "required": []}, ' {"path": "a"}') == []


def test_no_arguments_are_forced_whole() -> None:
    assert walk({"properties": {}}, " {}") == [" {}"]


@given(st.tuples(*[st.text(max_size=12) | st.lists(st.text(max_size=4), max_size=2)] * 3))
def test_values_with_quotes_braces_and_commas_do_not_confuse_it(values: tuple[object, ...]) -> None:
    arguments = dict(zip(NAMES, values, strict=True))
    assert len(walk(EDIT, " " + write_arguments(arguments))) == 3


@pytest.mark.parametrize("cut", [' {"path": "a', ' {"path": "a"', ' {"path": {"b": 1}', ' {"path": "}"'])
def test_what_is_not_closed_is_not_complete(cut: str) -> None:
    scaffold = Scaffold(EDIT)
    scaffold.feed(cut.encode())
    assert not scaffold.complete


def test_json_agrees_that_complete_is_complete() -> None:
    text = ' {"path": "a\\\\", "old_text": "\\"}", "new_text": ""}'
    walk(EDIT, text)
    assert json.loads(text)["path"] == "a\\"
