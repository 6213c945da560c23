"""What a program printed, without what only a terminal needs."""

import time

import pytest

from tools.builtin.terminal_text import as_read


@pytest.mark.parametrize(
    ("printed", "read"),
    [
        ("plain\ntext\n", "plain\ntext\n"),
        ("\x1b[1;32mok\x1b[0m done", "ok done"),
        ("\x1b]0;title\x07after \x1b]8;;http://a\x1b\\link\x1b]8;;\x1b\\", "after link"),
        ("\x1b(B\x1b[?25lhidden\x1b[K", "hidden"),
        ("10 %\r50 %\r100 %\ndone", "100 %\ndone"),
        ("windows\r\nlines\r\n", "windows\nlines\n"),
        ("kept\r", "kept"),
        ("cut off\x1b", "cut off"),
        ("same\n" * 4, "same\n" * 4),
        ("same\n" * 9 + "other", "same\n[the line above 8 more times]\nother"),
        ("\n\n\n\n\n\n\nend", "\n\n\n\n\n\n\nend"),
        ("", ""),
    ],
)
def test_what_is_read(printed: str, read: str) -> None:
    assert as_read(printed) == read


@pytest.mark.parametrize("part", ["\x1b[", "\x1b]x", "\x1bP", "\r", "\x1b[1", "a\r"])
def test_hostile_output_costs_little(part: str) -> None:
    started = time.process_time()
    as_read(part * 100_000)
    assert time.process_time() - started < 1
