"""Written calls read back as they were, and nothing else reads as a call."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.calls import ToolCall
from tools.protocol.calls import CallFormatError, parse_arguments, parse_call, write_call, write_turn

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=12), VALUES, max_size=4))
@pytest.mark.slow
def test_a_written_call_reads_back_equal(arguments: dict[str, object]) -> None:
    call = ToolCall("1", "read_file", arguments)
    line = write_call(call)
    assert "\n" not in line
    assert parse_call(line, "1") == call


def test_a_call_is_written_as_the_student_is_taught() -> None:
    call = ToolCall("1", "read_file", {"path": "src/cache.py", "start_line": 3})
    assert write_call(call) == 'read_file {"path": "src/cache.py", "start_line": 3}'


def test_text_outside_ascii_is_written_as_it_is() -> None:
    assert write_call(ToolCall("1", "run_shell", {"command": "echo ñ 日本"})).endswith('"echo ñ 日本"}')


def test_a_turn_of_several_calls_has_one_a_line_and_an_answer_stands_under_its_name() -> None:
    calls = [ToolCall("1", "git_diff", {}), ToolCall("2", "run_tests", {})]
    assert write_turn(calls) == "git_diff {}\nrun_tests {}"
    assert write_turn([], "Hi.") == "answer\nHi."
    assert write_turn(calls[:1], thought="Look first.") == "Look first.\ngit_diff {}"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "not JSON"),
        ('{"a": 1} x', "not JSON"),
        ("[1]", "list, not an object"),
        ("null", "not an object"),
        ('{"a": 1, "a": 2}', "given twice"),
        ('{"a": NaN}', "NaN"),
        ('{"a": -Infinity}', "Infinity"),
        ('{"a": ' + "9" * 5000 + "}", "5000 digits"),
        ('{"a": ' + "[" * 100_000 + "]" * 100_000 + "}", "nested"),
        ('{"a": "' + "x" * (1 << 20) + '"}', "characters"),
        ("", "not JSON"),
    ],
)
def test_G05_hostile_arguments_are_refused_in_one_line(text: str, says: str) -> None:
    with pytest.raises(CallFormatError, match=says) as caught:
        parse_arguments(text)
    assert "\n" not in str(caught.value)


def test_G03_an_unknown_tool_is_refused() -> None:
    with pytest.raises(CallFormatError, match="no tool 'rm'"):
        parse_call("rm {}", "1", known=["read_file"])


def test_numbers_of_a_legal_size_are_kept() -> None:
    assert parse_arguments(json.dumps({"n": 10**19, "f": 1.5})) == {"n": 10**19, "f": 1.5}
