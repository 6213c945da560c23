"""A call as text: what a user sees in their editor, and what comes back."""

from typing import Any

import pytest

from assistant.call_text import from_text, to_text
from tools.calls import ToolCall


def call(tool: str, **arguments: Any) -> ToolCall:
    return ToolCall("c", tool, arguments)


def test_a_command_is_edited_as_it_is() -> None:
    given = call("run_shell", command="ls -l | wc")
    assert (to_text(given).text, to_text(given).name) == ("ls -l | wc", "command.sh")
    assert from_text("ls -a", given) == {"command": "ls -a"}


def test_the_content_of_a_file_is_edited_under_its_name() -> None:
    given = call("write_file", path="src/app.py", content="x = 1\n")
    assert (to_text(given).text, to_text(given).name) == ("x = 1\n", "app.py")
    assert from_text("x = 2\n", given) == {"path": "src/app.py", "content": "x = 2\n"}
    assert from_text("", given)["content"] == "", "an empty file is one"


@pytest.mark.parametrize("path", ["..", "a/..", "", "-x", "a\nb", "x" * 300, "é\u202e.py"])
def test_no_name_leads_out_of_the_editors_folder(path: str) -> None:
    name = to_text(call("write_file", path=path, content="x")).name
    assert name == "argument.txt"


@pytest.mark.parametrize(
    "arguments",
    [
        {"path": "é.py", "start_line": 1, "end_line": None},
        {"path": "a", "old_text": 'x = "1"\n\ty\n', "new_text": "it's '''\n"},
        {"command": "ls \u202e\x1b[8m\x7f"},
        {"a b": True, "c": [1, 2.5, "x\\y"], "d": {"e": ["\n"], "f.g": False}},
        {"path": "a\r\nb", "content": "one\r\ntwo\r\n"},
        {},
    ],
)
def test_what_is_not_changed_comes_back_the_same(arguments: dict[str, Any]) -> None:
    given = call("edit_file", **arguments)
    text = to_text(given)
    assert text.name == "call.toml"
    assert from_text(text.text, given) == arguments


def test_lines_are_edited_as_lines() -> None:
    given = call("edit_file", path="a.py", old_text="x\ny\n", new_text="z")
    assert to_text(given).text == "path = \"a.py\"\nold_text = '''\nx\ny\n'''\nnew_text = \"z\"\n"


def test_D11_hidden_characters_are_edited_as_escapes() -> None:
    text = to_text(call("run_shell", command="ls \u202e\x1b[8m")).text
    assert text == 'command = "ls \\U0000202E\\U0000001B[8m"\n'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a =", "end of document: Invalid value"),
        ("a = 1\nb == 2", "line 2, column 4"),
        pytest.param("a = " + "[" * 100_000, "deep", id="deep"),
        ("a = 2026-01-01", "a is a date: put it in quotes"),
    ],
)
def test_G05_a_mistake_is_said_in_one_line(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says) as raised:
        from_text(text, call("edit_file", a=1, b=2))
    assert "\n" not in str(raised.value)


def test_an_empty_command_is_refused() -> None:
    with pytest.raises(ValueError, match="command is empty"):
        from_text("  ", call("run_shell", command="ls"))
