"""Folding, arguments, diffs and the status line, without any widget."""

import pytest

from assistant.agent.api import Status
from assistant.tui.formatting import (
    argument_line,
    argument_text,
    count,
    diff_content,
    diff_counts,
    duration,
    fold,
    queue_content,
    renders_as_markdown,
    whole,
)
from assistant.tui.status_text import meter, short_model, status_content
from tests.assistant.tui.fake_chat import READY

DIFF = "--- a/x\n+++ b/x\n@@ -1 +1,2 @@\n-old\n+new\n+\x1b[31mred\n same\n"


def test_fold_keeps_the_head_and_counts_the_rest() -> None:
    folded = fold("\n".join(str(n) for n in range(10)), lines=3)
    assert folded.text == "0\n1\n2"
    assert folded.hidden == 7


def test_fold_keeps_the_tail_of_what_is_still_running() -> None:
    assert fold("a\nb\nc\n", lines=2, tail=True).text == "b\nc"


def test_a_short_text_is_not_folded() -> None:
    assert fold("one\ntwo\n").hidden == 0


def test_B05_one_line_of_a_megabyte_is_cut_in_width() -> None:
    folded = fold("x" * 1_000_000, width=100)
    assert len(folded.text) == 100
    assert folded.text.endswith("…")


def test_whole_keeps_head_and_tail_and_says_what_is_missing() -> None:
    text = whole("a" * 100 + "b" * 100, limit=20)
    assert text.startswith("a" * 10) and text.endswith("b" * 10)
    assert "180 characters left out" in text


def test_a_lone_text_argument_stands_without_its_name() -> None:
    assert argument_line({"command": "ls -l"}) == "ls -l"
    assert argument_text({"command": "ls\npwd"}) == "ls\npwd"


def test_several_arguments_are_named() -> None:
    assert argument_line({"path": "a.py", "start_line": 3}) == 'path="a.py" start_line=3'
    assert argument_text({"path": "a", "content": "x\ny"}) == "path: a\ncontent:\nx\ny"


def test_E01_arguments_are_inert() -> None:
    assert "\x1b" not in argument_line({"path": "\x1b[2Jx", "\x1bname": "\u202e"})
    assert "\u202e" not in argument_line({"path": "\u202e"})


def test_no_arguments_are_an_empty_line() -> None:
    assert argument_line({}) == ""


def test_a_diff_is_coloured_by_line_and_exact() -> None:
    content = diff_content(DIFF)
    assert content.plain == DIFF.replace("\x1b", "\\x1b").rstrip("\n")
    styles = {content.plain[span.start : span.end]: str(span.style) for span in content.spans}
    assert "$success" in styles["+new"]
    assert "$error" in styles["-old"]
    assert "bold" in styles["+++ b/x"]


def test_a_long_diff_says_what_is_not_shown() -> None:
    assert "more lines" in diff_content("+x\n" * 50, lines=10).plain


def test_diff_counts_leave_the_headers_out() -> None:
    assert diff_counts(DIFF) == (2, 1)


@pytest.mark.parametrize(
    "text",
    [
        "| a | b |\n" * 200,
        "> " * 40 + "deep",
        "- " * 60 + "deep",
        " " * 90 + "- x",
        "x" * 200_000,
        "|" * 5000,
    ],
)
def test_E03_what_costs_too_much_is_not_drawn_as_markdown(text: str) -> None:
    assert not renders_as_markdown(text)


@pytest.mark.parametrize(
    "text", ["", "plain", "# h\n\n- a\n  - b\n\n| a | b |\n|---|---|\n| 1 | 2 |", "> a\n> > b"]
)
def test_ordinary_answers_are_markdown(text: str) -> None:
    assert renders_as_markdown(text)


def test_the_guard_itself_is_quick_on_hostile_text() -> None:
    assert not renders_as_markdown(("> " * 11 + "x\n") * 5000)
    assert renders_as_markdown((" " * 40 + "x\n") * 1500)


def test_numbers_are_short() -> None:
    assert [count(n) for n in (0, 999, 1234, 12_345)] == ["0", "999", "1.2k", "12k"]
    assert [duration(ms) for ms in (12, 1400, 125_000)] == ["12 ms", "1.4 s", "2 min 5 s"]


def test_a_long_queue_says_how_many_more() -> None:
    text = queue_content(["one", "two\nlines", "three", "four", "five"]).plain
    assert text == "⋯ one\n⋯ two\\nlines\n⋯ three\n  and 2 more"


def test_the_status_line_holds_all_facts_where_there_is_room() -> None:
    line = status_content(READY, 140).plain
    for fact in (
        "ask",
        "SmolLM2-135M-Instruct",
        "bubblewrap",
        "1.2k/8.2k",
        "cache 87%",
        "41 tok/s",
        "Find the parser",
    ):
        assert fact in line


@pytest.mark.parametrize("width", range(5, 140, 3))
def test_E08_the_status_line_never_outgrows_its_width(width: int) -> None:
    content = status_content(READY, width)
    assert "ask" in content.plain
    assert content.cell_length <= max(width, 5)


def test_narrow_leaves_out_the_least_needed_first() -> None:
    line = status_content(READY, 70).plain
    assert "bubblewrap" in line and "1.2k/8.2k" in line
    assert "Find the parser" not in line


def test_a_state_that_is_not_ready_is_said() -> None:
    status = Status("ask", "m.gguf", "starting", "docker", "off", "/w", "s")
    line = status_content(status, 120).plain
    assert "m starting" in line and "docker off" in line


def test_a_sandbox_without_a_name_is_called_so() -> None:
    status = Status("ask", "m", "ready", "none", "off", "/w", "0190aaaa")
    assert status_content(status, 120).plain == " ask  · m · sandbox off"


def test_the_meter_shows_the_slightest_use_and_never_overflows() -> None:
    assert meter(0, 100) == "▱" * 6
    assert meter(1, 100).count("▰") == 1
    assert meter(500, 100) == "▰" * 6
    assert meter(5, 0) == "▱" * 6


def test_E01_a_hostile_model_name_is_inert() -> None:
    assert "\x1b" not in short_model("/models/\x1b]0;x\x07.gguf")
