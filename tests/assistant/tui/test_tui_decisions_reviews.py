"""Reviews in the decisions panel: one key each, on the list and on the record; keys that come in a burst."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual import events
from textual.widgets import Input, TextArea

from assistant.commands import registry
from assistant.reviewing import Reviewer, Row
from assistant.tui.screens.decision_correction import CorrectionScreen
from assistant.tui.screens.decision_record import RecordScreen
from assistant.tui.widgets.decision_list import DecisionList
from assistant.tui.widgets.row_table import RowTable
from tests.assistant.tui.driving import Driver, driving, said, send, shown, until
from tests.assistant.tui.test_tui_panels import StoredChat
from training.events import EventType
from training.events.decisions import DecisionRecorder, find_row, review

SMALL = (80, 24)


@pytest.fixture
def stored(tmp_path: Path) -> Iterator[StoredChat]:
    chat = StoredChat(tmp_path)
    yield chat
    chat.log.close()


async def opened(pilot: Driver, *wanted: str) -> RowTable:
    """Open the panel and wait for what it shows."""
    await send(pilot, "/decisions")
    await until(pilot, lambda: all(text in shown(pilot) for text in wanted))
    return pilot.app.screen.query_one(RowTable)


def burst(pilot: Driver, *keys: str) -> None:
    """Keys that arrive together, as over a slow line: none is waited for."""
    names = {"/": "slash", ":": "colon", "_": "underscore", "\r": "enter", " ": "space"}
    for key in keys:
        pilot.app.post_message(events.Key(names.get(key, key), key))


def verdicts(chat: StoredChat, event_id: str) -> list[str]:
    events = chat.log.read(aggregate_id=event_id, event_type=EventType.DECISION_REVIEWED)
    return [event.data["verdict"] for event in events]


@pytest.mark.slow
async def test_one_key_rates_and_the_row_shows_it(stored: StoredChat) -> None:
    other, rated = stored.decide("read_file", "first"), stored.decide("read_file", "second")
    async with driving(stored, size=SMALL, commands=registry) as pilot:
        table = await opened(pilot, "second")
        await pilot.press("g")
        await until(pilot, lambda: table.marked_row is not None and table.marked_row.cells[5] == "good")
        await pilot.press("b")
        await until(pilot, lambda: table.marked_row is not None and table.marked_row.cells[5] == "bad")
    assert verdicts(stored, rated) == ["good", "bad"] and verdicts(stored, other) == []


@pytest.mark.slow
async def test_a_rating_of_what_was_corrected_is_said_and_erases_nothing(stored: StoredChat) -> None:
    event_id = stored.decide("read_file", "first")
    review(stored.log, event_id, verdict="corrected", corrected_tool="git_diff", corrected_parameters={})
    async with driving(stored, size=SMALL, commands=registry) as pilot:
        table = await opened(pilot, "first")
        await pilot.press("g")
        await until(pilot, lambda: "the decision stays corrected" in said(pilot))
        assert table.marked_row is not None and table.marked_row.cells[5] == "corrected"
    row = find_row(stored.log, event_id)
    assert row is not None and row["review"]["corrected_tool"] == "git_diff"
    assert verdicts(stored, event_id) == ["corrected", "good"]


@pytest.mark.slow
async def test_a_correction_is_checked_and_recorded(stored: StoredChat) -> None:
    event_id = stored.decide("read_file", "look")
    async with driving(stored, size=SMALL, commands=registry) as pilot:
        table = await opened(pilot, "look")
        await pilot.press("enter")
        await until(pilot, lambda: "selection" in shown(pilot))
        await pilot.press("c")
        await until(pilot, lambda: isinstance(pilot.app.screen, CorrectionScreen))
        await until(pilot, lambda: "takes path, start_line?, end_line?" in shown(pilot))
        screen = pilot.app.screen
        screen.query_one("#tool", Input).value = "search_files"
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "`pattern` is missing" in shown(pilot))
        screen.query_one(TextArea).text = '{"pattern": '
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "line 1" in shown(pilot))
        assert verdicts(stored, event_id) == []
        screen.query_one(TextArea).text = '{"pattern": "def parse"}'
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "corrected" in shown(pilot) and "search_files" in shown(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: table.marked_row is not None and table.marked_row.cells[5] == "corrected")
    row = find_row(stored.log, event_id)
    assert row is not None and row["review"] == {
        "verdict": "corrected",
        "corrected_tool": "search_files",
        "corrected_parameters": {"pattern": "def parse"},
        "reason": "",
    }


@pytest.mark.slow
async def test_a_correction_that_cannot_be_recorded_stays_to_be_seen(stored: StoredChat) -> None:
    stored.decide("read_file", "look")
    async with driving(stored, size=SMALL, commands=registry) as pilot:
        await opened(pilot, "look")
        await pilot.press("c")
        await until(pilot, lambda: isinstance(pilot.app.screen, CorrectionScreen))
        pilot.app.screen.query_one(TextArea).text = '{"path": "mine.py"}'
        stored.log.close()
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "is closed" in shown(pilot))
        assert "mine.py" in shown(pilot)


@pytest.mark.slow
async def test_what_is_typed_right_after_the_slash_is_the_filter_and_rates_nothing(
    stored: StoredChat,
) -> None:
    event_id = stored.decide("git_diff", "first")
    stored.decide("read_file", "second")
    async with driving(stored, size=SMALL, commands=registry) as pilot:
        await opened(pilot, "2 shown")
        burst(pilot, *"/tool:git_diff\r")
        await until(pilot, lambda: "1 shown, no more" in shown(pilot))
        line = pilot.app.screen.query_one("#filter", Input)
        burst(pilot, *"/ b/c")
        await until(pilot, lambda: line.value == " b/c")
        await pilot.press("escape")
        await until(pilot, lambda: line.value == "tool:git_diff")
    assert verdicts(stored, event_id) == []


@pytest.mark.slow
async def test_one_decision_after_the_other_is_rated_on_the_record(stored: StoredChat) -> None:
    ids = [stored.decide("read_file", f"request {number}") for number in range(3)]
    async with driving(stored, size=SMALL, commands=registry) as pilot:
        table = await opened(pilot, "request 2")
        await pilot.press("enter")
        await until(pilot, lambda: ids[2] in shown(pilot) and "request 2" in shown(pilot))
        await pilot.press("g", "n", "b", "n", "g", "n")
        await until(pilot, lambda: ids[0] in shown(pilot) and "request 0" in shown(pilot))
        await pilot.press("p")
        await until(pilot, lambda: "request 1" in shown(pilot) and "review" in shown(pilot))
        await pilot.press("escape")
        assert table.marked == 1
    assert [verdicts(stored, event_id) for event_id in ids] == [["good"], ["bad"], ["good"]]


@pytest.mark.slow
async def test_a_record_leads_to_the_decision_that_caused_it(stored: StoredChat) -> None:
    first = stored.decide("search_files", "look")
    outcome = next(stored.log.read(aggregate_id=first, event_type=EventType.AGENT_TOOL_COMPLETED))
    recorder = DecisionRecorder(stored.log, "session-1")
    recorder.selected(
        context={"request": "read"},
        tools_available=[],
        tool_selected="read_file",
        causation_id=outcome.event_id,
    )
    async with driving(stored, size=SMALL, commands=registry) as pilot:
        await opened(pilot, "read")
        await pilot.press("enter")
        await until(pilot, lambda: "u opens it" in shown(pilot))
        await pilot.press("u")
        await until(pilot, lambda: first in shown(pilot) and "search_files(" in shown(pilot))
        await pilot.press("u")
        assert first in shown(pilot)


@pytest.mark.slow
async def test_a_record_that_is_closed_meanwhile_asks_for_no_correction(
    stored: StoredChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that waited for the screen it opened would be cancelled with its own and end the program."""
    stored.decide("read_file", "look")
    asked, closed = asyncio.Event(), asyncio.Event()

    async def slow(self: Reviewer, event_id: str) -> Row | None:
        asked.set()
        await closed.wait()
        return find_row(stored.log, event_id)

    monkeypatch.setattr(Reviewer, "row", slow)
    async with driving(stored, size=SMALL, commands=registry) as pilot:
        await opened(pilot, "look")
        for close in ("q", "enter", "escape"):
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(pilot.app.screen, RecordScreen))
            burst(pilot, "c")
            await asked.wait()
            await pilot.press(close)
            closed.set()
            await until(pilot, lambda: not isinstance(pilot.app.screen, RecordScreen | CorrectionScreen))
            assert pilot.app.is_running and pilot.app.screen.query(DecisionList)
            asked.clear()
            closed.clear()


@pytest.mark.slow
async def test_a_correction_is_forgotten_and_widened_by_one_key_each(stored: StoredChat) -> None:
    event_id = stored.decide("read_file", "look")
    review(stored.log, event_id, verdict="corrected", corrected_tool="git_diff", corrected_parameters={})
    stored.last_decision = event_id
    async with driving(stored, size=SMALL, commands=registry) as pilot:
        await send(pilot, "/why")
        await until(pilot, lambda: "counts in this project" in shown(pilot))
        for key, then in (
            ("w", "counts in all projects"),
            ("w", "counts in this project"),
            ("f", "forgotten"),
            ("f", "counts in this project"),
        ):
            await pilot.press(key)
            await until(pilot, lambda then=then: f"correction  {then}" in shown(pilot))


@pytest.mark.slow
async def test_a_decision_without_a_correction_has_none_to_forget(stored: StoredChat) -> None:
    stored.last_decision = stored.decide("read_file", "look")
    async with driving(stored, size=SMALL, commands=registry) as pilot:
        await send(pilot, "/why")
        await until(pilot, lambda: "read_file" in shown(pilot))
        await pilot.press("f")
        await until(pilot, lambda: "no correction belongs to" in said(pilot))
