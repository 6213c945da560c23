"""What the charts show is counted while it is read, and shown on the way."""

from typing import Any

import pytest

from assistant.tui import decision_mix
from assistant.tui.decision_mix import Mix, count


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


def test_the_most_frequent_tool_comes_first_and_the_oldest_period() -> None:
    told: list[Mix] = []
    found = count(ROWS, "day", told.append)
    assert found.decisions == 5
    assert found.tools == (("read_file", 3), ("run_shell", 1), ("git", 1))
    assert found.success == (("2026-03-03", 0.5), ("2026-03-09", 0.0))
    assert told == []


def test_weeks() -> None:
    assert count(ROWS, "week", lambda mix: None).success == (("2026-W10", 0.5), ("2026-W11", 0.0))


def test_it_is_told_on_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decision_mix, "GIVE_S", 0.0)
    told: list[Mix] = []
    found = count(ROWS, "day", told.append)
    assert [mix.decisions for mix in told] == [1, 2, 3, 4, 5]
    assert told[-1] == found


def test_nothing() -> None:
    assert count([], "day", lambda mix: None) == Mix(0, (), ())


def test_a_time_that_is_none_stands_by_itself() -> None:
    assert count([{**ROWS[0], "timestamp": "never"}], "day", lambda mix: None).success == (("no time", 0.0),)
