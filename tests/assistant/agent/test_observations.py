"""Results made shorter: what is left out is named, and can be read again from what is said."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.agent.observations import cut, stub
from tools.calls import ToolCall
from tools.protocol.messages import Message

LINES = [f"line {number} of the file\n" for number in range(1, 301)]


def result(text: str, tool: str = "read_file") -> Message:
    return Message("tool", text, call_id="c", tool=tool)


def read(**arguments: object) -> ToolCall:
    return ToolCall("c", "read_file", {"path": "a.py", **arguments})


@pytest.mark.parametrize(
    ("head", "start", "arguments"),
    [
        ("", 1, {}),
        ("[lines 1-300 of 900; go on with start_line=301]\n", 1, {}),
        ("[a.py: lines 101-400 of 900]\n", 101, {"start_line": 101}),
        ("[decoded as latin-1]\n", 1, {}),
    ],
)
def test_the_lines_that_are_left_out_are_named_exactly(
    head: str, start: int, arguments: dict[str, object]
) -> None:
    whole = head + "".join(LINES)
    shown = cut(result(whole), 1500, read(**arguments)).text
    note = re.search(
        r"\[\.\.\. .* read_file with start_line=(\d+) and end_line=(\d+) shows them \.\.\.\]\n", shown
    )
    assert note
    first, last = int(note[1]) - start, int(note[2]) - start + 1
    assert shown.replace(note[0], "".join(LINES[first:last])) == whole


def test_a_file_that_begins_like_a_head_is_counted_from_its_first_line() -> None:
    lines = ["[tool.ruff]\n", *LINES]
    shown = cut(result("".join(lines)), 1500, read()).text
    first = int(re.findall(r"start_line=(\d+)", shown)[0])
    assert lines[first - 2] in shown
    assert lines[first - 1] not in shown


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=2000), st.integers(20, 500))
def test_a_cut_keeps_head_and_tail_and_is_bounded(text: str, characters: int) -> None:
    shown = cut(result(text, "run_shell"), characters).text
    if len(text) <= characters:
        assert shown == text
    else:
        assert len(shown) <= characters + 160
        head, _, tail = shown.partition("\n[... ")
        assert text.startswith(head)
        assert text.endswith(tail.partition("...]\n")[2])
        assert "characters left out; " in shown


def test_one_long_line_is_cut_too_and_says_how_to_see_more() -> None:
    shown = cut(result("x" * 9000, "search_files"), 600).text
    assert shown.startswith("x" * 400 + "\n[... 8,400 characters left out; a narrower pattern or path")


def test_a_stub_is_the_first_line_with_the_size_of_the_rest() -> None:
    shown = stub(result("exit code 1\n" + "".join(LINES), "run_tests"))
    size = len("".join(LINES))
    assert shown.text == (
        f"exit code 1\n[... 300 lines, {size:,} characters left out; call run_tests again to see it ...]"
    )
    assert stub(shown) == shown


def test_what_is_short_stays_and_a_command_of_the_person_is_not_to_be_called_again() -> None:
    short = result("exit code 0\n3 passed")
    assert stub(short) is short
    own = Message("user", "I ran `ls`:\n" + "a.py\n" * 200, tool="run_shell")
    assert stub(own).text.startswith("I ran `ls`:\n[... ")
    assert stub(own).text.endswith("the person ran it ...]")
