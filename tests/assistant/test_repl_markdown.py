"""Markdown of commands on a terminal, and the pieces it is made from."""

import re

import pytest

from assistant.agent.steps import Observation
from assistant.commands.markdown import block, code, plain, table
from assistant.plain.ink import Ink
from assistant.plain.markdown import render
from assistant.plain.steps import call_text, folded, outcome_text
from tests.assistant.fake_chat import shell_call
from tools.calls import ToolResult


def rendered(text: str) -> str:
    return render(text, Ink(False))


def test_marks_are_taken_away() -> None:
    assert rendered("# Head\n\nA `b` and **c**.") == "Head\n\nA b and c.\n"


def test_tables_are_aligned() -> None:
    assert rendered(table(("tool", "risk"), [("`ls`", "read"), ("`write_file`", "write")])) == (
        "tool        risk\nls          read\nwrite_file  write\n"
    )


def test_wide_letters_keep_the_columns() -> None:
    assert rendered(table(("a", "b"), [("日本", "1"), ("x", "2")])) == "a     b\n日本  1\nx     2\n"


def test_headings_are_bold_where_there_is_colour() -> None:
    assert render("# Head", Ink(True)) == "\x1b[1mHead\x1b[0m\n"


@pytest.mark.parametrize(
    "text", ["a`b", "``", "`", "a | b", r"a\|b", "**x**", "[link](http://x)", "<b>", "# no heading", "| | |"]
)
def test_foreign_text_shows_as_it_is(text: str) -> None:
    assert rendered(table(("x",), [(plain(text),)])) == f"x\n{text}\n"
    assert rendered(f"say {plain(text)}.") == f"say {text}.\n"


@pytest.mark.parametrize("text", ["a`b", "``", "`", "a | b", "**x**", r"\_", "x`"])
def test_code_spans_show_as_they_are(text: str) -> None:
    assert rendered(f"say {code(text)}.") == f"say {text}.\n"
    assert rendered(table(("x",), [(code(text),)])) == f"x\n{text}\n"


@pytest.mark.parametrize("text", ["```", "````\nx", "# a", "| a | b |", "~~~"])
def test_blocks_hold_what_they_hold(text: str) -> None:
    indented = "\n".join("  " + line for line in text.split("\n"))
    assert rendered(f"{block(text)}\n\nafter") == f"{indented}\n\nafter\n"


def test_an_open_block_ends_with_the_text() -> None:
    assert rendered("```\nx") == "  x\n"


def test_foreign_text_stays_on_its_line_and_is_inert() -> None:
    for made in (code("a\nb\x1b[2J"), plain("a\nb\x1b[2J")):
        assert "\n" not in made
        assert "\x1b" not in made


def test_call_text_hides_nothing() -> None:
    text = call_text("run_shell", {"command": 'echo "hi"\nrm \x1b[2K\u202e'})
    assert text == 'run_shell(command="echo \\"hi\\"\\nrm \\u001b[2K\\u202e")'


def test_folded_keeps_the_head_and_counts_the_rest() -> None:
    assert folded("a\nb\nc\n", lines=2) == "a\nb\n… 1 more line"
    assert folded("a\nb", lines=2) == "a\nb"
    assert folded("x" * 50, characters=10) == "x" * 10 + "\n… the rest of the line is not shown"
    assert folded("") == ""


@pytest.mark.parametrize(
    ("result", "confirmed_by", "text"),
    [
        (ToolResult(True, "x"), "mode", "ok"),
        (ToolResult(False, "x", exit_code=2, execution_time_ms=1234.5), "person", "failed, exit 2, 1,234 ms"),
        (ToolResult(True, "x", exit_code=0, truncated=True), "rule", "ok, exit 0, cut"),
        (ToolResult(False, "x"), "refused", "refused"),
        (ToolResult(False, "x"), "denied", "denied"),
    ],
)
def test_F8_outcomes_are_said_from_the_facts(result: ToolResult, confirmed_by: str, text: str) -> None:
    assert outcome_text(Observation(shell_call(), result, "e", confirmed_by)) == text


def test_diffs_and_code_are_coloured_only_with_colour() -> None:
    coloured = Ink(True).diff("-x\n+y")
    removed, added = (re.match(r"\x1b\[[0-9;]+m(?=[-+])", line) for line in coloured.split("\n"))
    assert removed and added and removed[0] != added[0]
    assert Ink(False).diff("-x\n+y") == "-x\n+y"
    assert Ink(True).code("x", "") == "x"


@pytest.mark.parametrize("line", ["// note", "# note", "", "int x;", "  "])
@pytest.mark.parametrize("end", ["", "\n"])
def test_highlighting_a_line_keeps_it(line: str, end: str) -> None:
    for language in ("c", "python", "diff", "html"):
        painted = Ink(True).code(line + end, language)
        assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == line + end
