"""What the charts show is counted while it is read, and shown on the way."""

from datetime import date
from typing import Any

import pytest

from assistant.tui import decision_mix
from assistant.tui.decision_mix import Mix, bars, count, label_of, success


def row(tool: str, day: int, success: bool | None = True, verdict: str | None = None) -> dict[str, Any]:
    return {
        "tool_selected": tool,
        "timestamp": f"2026-03-{day:02}T12:00:00+00:00",
        "outcome": None if success is None else {"success": success},
        "review": verdict and {"verdict": verdict},
    }


ROWS = [
    row("run_shell", 9, success=False),
    row("read_file", 3),
    row("read_file", 3, success=False, verdict="corrected"),
    row("read_file", 2, success=None),
    row("\x1b[2Jgit", 1, success=None, verdict="refused"),
]


def test_the_most_frequent_tool_comes_first_and_the_oldest_day() -> None:
    told: list[Mix] = []
    found = count(ROWS, told.append)
    assert found.decisions == 5
    assert found.tools == (("read_file", 3), ("run_shell", 1), ("git", 1))
    assert found.days == (("2026-03-03", 1, 2), ("2026-03-09", 0, 1))
    assert told == []


def test_it_is_told_on_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decision_mix, "GIVE_S", 0.0)
    told: list[Mix] = []
    found = count(ROWS, told.append)
    assert [mix.decisions for mix in told] == [1, 2, 3, 4, 5]
    assert told[-1] == found


def test_nothing() -> None:
    assert count([], lambda mix: None) == Mix(0, (), ())
    assert success(Mix(0, (), ()), "day") == []


def test_success_by_days_and_by_the_weeks_that_they_are_in() -> None:
    days = (("2025-12-29", 1, 2), ("2026-01-04", 2, 2), ("2026-01-05", 0, 3), ("no time", 1, 1))
    mix = Mix(8, (), days)
    first = date(2025, 12, 29).toordinal()  # a Monday
    assert success(mix, "day") == [(first, 0.5), (first + 6, 1.0), (first + 7, 0.0)]
    assert success(mix, "week") == [(first, 0.75), (first + 7, 0.0)]


def test_what_is_beyond_the_bars_is_one_bar() -> None:
    tools = [(f"tool{number}", 20 - number) for number in range(6)]
    assert bars(tools, 6) == tools
    assert bars(tools, 4) == [*tools[:3], ("3 others", 17 + 16 + 15)]


def test_the_names_of_bars_are_as_wide_as_they_are_long() -> None:
    wide, piled = "\u65e5\u672c", "e\u0301"
    assert bars([("a_very_long_name_of_a_tool", 3), (wide, 2), (piled, 1)], 9) == [
        ("a_very_long_n…", 3),
        ("\\u65e5\\u672c", 2),
        ("e\\u0301", 1),
    ]


def test_the_axis_names_days_and_weeks() -> None:
    day = date(2026, 3, 9).toordinal()
    assert (label_of(day, "day"), label_of(day, "week")) == ("26-03-09", "26-W11")
