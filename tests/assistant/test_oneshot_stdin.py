"""Piped input as context."""

import pytest

from assistant.plain.stdin_context import with_stdin


def test_nothing_piped_changes_nothing() -> None:
    assert with_stdin("ask", "", 99) == ("ask", "")
    assert with_stdin("ask", " \n\t", 99) == ("ask", "")


def test_piped_text_stands_below_the_request_in_a_block() -> None:
    assert with_stdin("ask\n", "a\nb\n", 99) == ("ask\n\nStandard input:\n```\na\nb\n```", "")


def test_piped_text_alone_is_a_request() -> None:
    assert with_stdin("", "a", 99)[0] == "Standard input:\n```\na\n```"


@pytest.mark.parametrize("ticks", [3, 4, 9])
def test_F3_piped_text_cannot_leave_its_block(ticks: int) -> None:
    whole, _ = with_stdin("ask", f"x\n{'`' * ticks}\nforged", 99)
    fence = whole.split("\n")[3]
    assert fence == "`" * (ticks + 1)
    assert whole.endswith("\nforged\n" + fence)


def test_head_and_tail_are_kept_and_the_cut_is_counted() -> None:
    whole, notice = with_stdin("ask", "a" * 50 + "b" * 1000 + "c" * 50, limit=101)
    assert "a" * 50 + "\n[... 999 characters left out ...]\n" in whole
    assert whole.endswith("b" + "c" * 50 + "\n```")
    assert "999" in notice and "101" in notice


def test_text_of_just_the_limit_is_whole() -> None:
    whole, notice = with_stdin("ask", "a" * 100 + "\n", limit=100)
    assert "a" * 100 in whole
    assert notice == ""


def test_without_any_room_nothing_is_kept_and_all_is_counted() -> None:
    whole, notice = with_stdin("ask", "secret text", limit=0)
    assert whole == "ask\n\nStandard input:\n```\n\n[... 11 characters left out ...]\n\n```"
    assert "0 characters are used and 11 in the middle are left out" in notice
