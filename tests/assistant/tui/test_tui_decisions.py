"""The decisions panel: paged, filtered, opened, charted, exported; and the products."""

import itertools
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from textual.widgets import Input

from assistant.commands import registry
from assistant.paths import exports_dir
from assistant.tui.screens.decisions import DecisionsScreen
from assistant.tui.widgets import decision_list
from assistant.tui.widgets.decision_list import DecisionList
from assistant.tui.widgets.row_table import RowTable
from tests.assistant.tui.driving import Driver, driving, said, screen_of, send, shown, until
from tests.assistant.tui.test_tui_panels import StoredChat
from training.events import EventLog
from training.events.matching import DecisionFilter
from training.products.store import ProductStore, Progress

SMALL = (80, 24)


@pytest.fixture
def stored(tmp_path: Path) -> Iterator[StoredChat]:
    chat = StoredChat(tmp_path)
    yield chat
    chat.log.close()


async def opened(pilot: Driver, *wanted: str) -> RowTable:
    """Open the panel and wait for what it shows."""
    await send(pilot, "/decisions")
    await until(pilot, lambda: all(text in shown(pilot) for text in wanted or ("shown",)))
    return pilot.app.screen.query_one(RowTable)


async def filtered(pilot: Driver, line: str) -> None:
    await pilot.press("slash")
    pilot.app.screen.query_one("#filter", Input).value = line
    await pilot.press("enter")


@pytest.mark.slow
async def test_no_decisions_say_what_to_do(stored: StoredChat) -> None:
    async with driving(stored, size=SMALL, commands=registry) as pilot:
        await opened(pilot, "No decisions yet. Ask the student something")
        await pilot.press("g", "c", "s", "enter", "down")
        await pilot.click("#tabs", offset=(18, 0))
        await until(pilot, lambda: "Nothing to chart" in shown(pilot))
        await pilot.click("#tabs", offset=(3, 0))
        await until(pilot, lambda: "No decisions yet" in shown(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: not screen_of(pilot).busy)


@pytest.mark.slow
async def test_decisions_are_listed_and_open_their_record(stored: StoredChat) -> None:
    stored.decide("read_file", "look at [@click=app.quit]x")
    stored.decide("run_shell", "list it", success=False)
    stored.decide("git_diff", "what changed", success=None)
    async with driving(stored, size=(120, 40), commands=registry) as pilot:
        await opened(pilot, "git_diff", "failed", "unknown", "look at [@click=app.quit]x", "3 shown, no more")
        await pilot.press("end", "enter")
        await until(pilot, lambda: "selection" in shown(pilot))
        assert "\x1b" not in shown(pilot) and "[/]" in shown(pilot)
        await pilot.press("escape", "escape")
        await until(pilot, lambda: not screen_of(pilot).busy)


async def to_the_end(pilot: Driver, *texts: str) -> None:
    """Press End until all of ``texts`` are on the screen: each time, a page more is read."""
    for _ in range(500):
        await pilot.press("end")
        await pilot.pause(0.02)
        if all(text in shown(pilot) for text in texts):
            return
    raise AssertionError(f"{texts} were never shown")


@pytest.mark.slow
async def test_pages_are_read_as_they_are_scrolled(
    stored: StoredChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decision_list, "PAGE", 30)
    for number in range(100):
        stored.decide("read_file", f"request {number}")
    async with driving(stored, size=SMALL, commands=registry) as pilot:
        table = await opened(pilot, "request 99", "60 shown, more below")
        assert table.row_count == 60  # what is in sight, and as much again
        await pilot.press("end")
        await until(pilot, lambda: table.row_count > 60)
        await to_the_end(pilot, "100 shown, no more", "request 0")


@pytest.mark.slow
async def test_memory_is_bounded_by_letting_the_uppermost_rows_go(
    stored: StoredChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decision_list, "PAGE", 20)
    monkeypatch.setattr(decision_list, "KEPT", 50)
    for number in range(100):
        stored.decide("read_file", f"request {number}")
    async with driving(stored, size=SMALL, commands=registry) as pilot:
        table = await opened(pilot, "request 99")
        await to_the_end(pilot, "51 to 100 shown")
        assert table.row_count == 50
        await pilot.press("r")
        await until(pilot, lambda: "request 99" in shown(pilot))


@pytest.mark.slow
async def test_a_filter_narrows_and_a_wrong_one_says_why(stored: StoredChat) -> None:
    stored.decide("read_file", "first")
    stored.decide("run_shell", "second", success=False)
    stored.decide("run_shell", "third")
    async with driving(stored, size=SMALL, commands=registry) as pilot:
        await opened(pilot, "third")
        await filtered(pilot, "tool:run_shell outcome:failed")
        await until(pilot, lambda: "1 shown, no more" in shown(pilot) and "second" in shown(pilot))
        assert "third" not in shown(pilot)
        await filtered(pilot, "outcome:odd")
        await until(pilot, lambda: "no outcome odd; there are done" in shown(pilot))
        await pilot.press("escape")
        assert pilot.app.screen.query_one(RowTable).has_focus
        await filtered(pilot, "nothing like it")
        await until(pilot, lambda: "No decision matches." in shown(pilot))
        await filtered(pilot, "")
        await until(pilot, lambda: "3 shown, no more" in shown(pilot))
        await pilot.press("s")
        await until(pilot, lambda: 'session:"session-1"' in shown(pilot))


@pytest.mark.slow
async def test_the_selection_is_exported_into_a_new_file(stored: StoredChat) -> None:
    stored.decide("read_file", "first")
    wanted = [stored.decide("run_shell", "second"), stored.decide("run_shell", "third")]
    (exports_dir(stored.workspace) / "decisions.jsonl").write_text("mine")
    async with driving(stored, size=SMALL, commands=registry) as pilot:
        await opened(pilot, "third")
        await filtered(pilot, "tool:run_shell")
        await until(pilot, lambda: "2 shown, no more" in shown(pilot))
        await pilot.press("e")
        await until(pilot, lambda: "Export decisions" in shown(pilot) and "decisions-2.jsonl" in shown(pilot))
        pilot.app.screen.query_one(Input).value = "decisions.jsonl"
        await pilot.press("enter")
        await until(pilot, lambda: "is there already" in shown(pilot))
        pilot.app.screen.query_one(Input).value = "shell.jsonl"
        await pilot.press("enter")
        await until(pilot, lambda: "wrote 2 rows" in said(pilot))
        await pilot.press("e")
        await until(pilot, lambda: "Export decisions" in shown(pilot))
        pilot.app.screen.query_one(Input).value = "shell.xlsx"
        await pilot.press("enter")
        await until(pilot, lambda: "end the name in .jsonl or .csv" in shown(pilot))
        pilot.app.screen.query_one(Input).value = "shell.csv"
        await pilot.press("enter")
        await until(pilot, lambda: "shell.csv" in said(pilot))
    assert (exports_dir(stored.workspace) / "shell.csv").read_text().count("\n") == 3
    lines = (exports_dir(stored.workspace) / "shell.jsonl").read_bytes().splitlines()
    assert [orjson.loads(line)["event_id"] for line in lines] == wanted
    assert (exports_dir(stored.workspace) / "decisions.jsonl").read_text() == "mine"


@pytest.mark.slow
async def test_charts_of_what_the_filter_finds(stored: StoredChat) -> None:
    for number in range(6):
        stored.decide("read_file" if number % 2 else "run_shell", f"request {number}", success=number > 2)
    async with driving(stored, size=SMALL, commands=registry) as pilot:
        await opened(pilot, "request 5")
        await pilot.press("2")
        wanted = ("6 decisions, by day", "read_file 3", "success in % by day", "decisions by tool")
        await until(pilot, lambda: all(text in shown(pilot) for text in wanted))
        await pilot.press("w")
        await until(pilot, lambda: "6 decisions, by week" in shown(pilot))
        await pilot.press("1")
        await filtered(pilot, "tool:run_shell")
        await pilot.press("2")
        await until(pilot, lambda: "3 decisions, by week" in shown(pilot) and "read_file" not in shown(pilot))


@pytest.mark.slow
@pytest.mark.parametrize("decisions", [1, 40])
async def test_charts_in_any_size_of_terminal(stored: StoredChat, decisions: int) -> None:
    for number in range(decisions):
        stored.decide(f"a_tool_of_a_long_name_{number}", f"request {number}")
    async with driving(stored, size=SMALL, commands=registry) as pilot:
        await opened(pilot, "shown")
        await pilot.press("2")
        await until(pilot, lambda: "decisions by tool" in shown(pilot))
        for size in ((20, 5), (30, 8), (46, 10), (54, 9), (300, 80), (80, 24)):
            await pilot.resize_terminal(*size)
            await pilot.pause(0.05)
        await until(pilot, lambda: "decisions by tool" in shown(pilot))


@pytest.mark.slow
async def test_products_are_published_shown_and_exported(stored: StoredChat) -> None:
    stored.decide("read_file", "look")
    async with driving(stored, size=(80, 34), commands=registry) as pilot:
        await opened(pilot, "look")
        await pilot.press("3")
        await until(pilot, lambda: "Not published yet: p builds it" in shown(pilot))
        assert "AGENT_TOOL_SELECTED" in shown(pilot) and "distillation_training_data" in shown(pilot)
        await pilot.press("e", "enter")
        await until(pilot, lambda: "is not published yet" in said(pilot))
        await pilot.press("p")
        await until(pilot, lambda: "published agent_decision_history: 1 row" in said(pilot))
        await until(pilot, lambda: "fresh" in shown(pilot) and "It is up to date." in shown(pilot))
        await pilot.press("e")
        await until(pilot, lambda: "Export agent_decision_history" in shown(pilot))
        pilot.app.screen.query_one(Input).value = "history.csv"
        await pilot.press("enter")
        await until(pilot, lambda: "wrote 1 row to" in said(pilot))
        stored.decide("read_file", "again")
        await pilot.press("r")
        await until(pilot, lambda: "stale" in shown(pilot) and "holds what it has not seen" in shown(pilot))
        await pilot.press("a")
        await until(pilot, lambda: "all are up to date" in shown(pilot))
        assert shown(pilot).count("fresh") == 6
        await pilot.press("a")
        await until(pilot, lambda: "every product is up to date" in said(pilot))
    assert (exports_dir(stored.workspace) / "history.csv").read_text().count("\n") == 2


@pytest.mark.slow
async def test_leaving_the_panel_ends_its_reading(stored: StoredChat) -> None:
    for number in range(300):
        stored.decide("read_file", f"request {number}")
    async with driving(stored, size=SMALL, commands=registry) as pilot:
        await opened(pilot, "request 299")
        pages = pilot.app.screen.query_one(DecisionList)._pages
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, DecisionsScreen))
        assert pages.watched.stopped
        readers = [one for one in threading.enumerate() if "pages" in one.name]
        assert readers == []


@pytest.mark.slow
async def test_leaving_the_panel_gives_up_an_export(stored: StoredChat) -> None:
    """Nothing half written stays, and nothing is said of it: the person went away."""
    stored.decide("read_file", "look")
    async with driving(stored, size=SMALL, commands=registry) as pilot:
        await opened(pilot, "look")
        view = pilot.app.screen.query_one(DecisionList)
        reading = threading.Event()

        class Slow(DecisionFilter):
            def rows(self, log: EventLog) -> Iterator[dict[str, Any]]:
                reading.set()
                while True:
                    yield from super().rows(log)

        view._wanted = Slow()
        await pilot.press("e")
        await until(pilot, lambda: "Export decisions" in shown(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: reading.is_set() and "exporting:" in shown(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, DecisionsScreen))
        await until(pilot, lambda: not list(exports_dir(stored.workspace).iterdir()))
        assert said(pilot) == ""


@pytest.mark.slow
@pytest.mark.parametrize("key", ["p", "a"])
async def test_leaving_the_panel_gives_up_a_publishing(
    stored: StoredChat, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    began, ended = threading.Event(), threading.Event()

    def publish(self: ProductStore, product_id: str, log: EventLog, *, progress: Progress) -> None:
        began.set()
        try:
            for done in itertools.count():
                progress(done, 100)
                time.sleep(0.001)
        finally:
            ended.set()

    monkeypatch.setattr(ProductStore, "publish", publish)
    stored.decide("read_file", "look")
    async with driving(stored, size=SMALL, commands=registry) as pilot:
        await opened(pilot, "look")
        await pilot.press("3")
        await until(pilot, lambda: "cost_analysis" in shown(pilot))
        await pilot.press(key)
        await until(pilot, lambda: "events; Esc gives it up" in shown(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, DecisionsScreen) and ended.is_set())
        assert began.is_set() and said(pilot) == ""


@pytest.mark.slow
async def test_a_closed_log_is_said_and_not_raised(stored: StoredChat) -> None:
    stored.decide("read_file", "look")
    async with driving(stored, size=SMALL, commands=registry) as pilot:
        await opened(pilot, "look")
        stored.log.close()
        await pilot.press("g")
        await until(pilot, lambda: "is closed" in said(pilot))
        await pilot.press("r")
        await until(pilot, lambda: "again" in shown(pilot))
