"""How the decisions panel looks. Each picture stands for something that words in a test cannot say."""

import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from assistant.commands import registry
from tests.assistant.tui.driving import application, send, shown, started, until
from tests.assistant.tui.test_tui_panels import StoredChat
from training.events.decisions import DecisionRecorder

Compare = Callable[..., bool]
pytestmark = pytest.mark.slow
TOOLS = ("read_file", "search_files", "read_file", "run_shell", "edit_file", "read_file", "git_diff")


@pytest.fixture
def stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StoredChat]:
    """Forty decisions of ten days, in UTC."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    chat = StoredChat(tmp_path)
    for number in range(40):
        recorder = DecisionRecorder(chat.log, "session-1")
        event = recorder.selected(
            context={"request": f"request {number}: why does the parser fail on nested lists?"},
            tools_available=[{"name": tool} for tool in TOOLS],
            tool_selected=TOOLS[number % 7],
            confidence=0.4 + number % 6 / 10,
            timestamp=f"2026-03-{1 + number // 4:02}T{10 + number % 4}:30:00+00:00",
        )
        if number % 9:
            recorder.completed(event, success=number % 5 > 1 or number > 30, result="text")
        if number % 8 == 3:
            verdict = ("refused", "corrected", "good", "bad")[number // 8 % 4]
            recorder.reviewed(event, verdict=verdict)
    yield chat
    chat.log.close()
    monkeypatch.undo()
    time.tzset()


def showing(text: str, *keys: str) -> Callable[[Pilot[int]], Awaitable[None]]:
    async def run(pilot: Pilot[int]) -> None:
        await started(pilot)
        await send(pilot, "/decisions")
        await until(pilot, lambda: "no more" in shown(pilot))
        await pilot.press(*keys)
        await until(pilot, lambda: text in shown(pilot))
        await pilot.pause()

    return run


def test_decisions_in_80x24(snap_compare: Compare, stored: StoredChat) -> None:
    """Columns stay apart where room is short, and outcome and review are told apart by colour."""
    app = application(stored, commands=registry)
    assert snap_compare(app, terminal_size=(80, 24), run_before=showing("40 shown", "down", "down"))


@pytest.mark.parametrize("theme", ["light", "ansi"])
def test_charts(snap_compare: Compare, stored: StoredChat, theme: str) -> None:
    """Bars and a line in the colours of the theme, on its own background."""
    app = application(stored, commands=registry, theme=f"apprentice-{theme}")
    assert snap_compare(app, terminal_size=(100, 34), run_before=showing("40 decisions, by day", "2"))
