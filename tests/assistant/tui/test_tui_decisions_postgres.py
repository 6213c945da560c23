"""The decisions panel over a log on a real server: its pages, filters, charts and reviews."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.widgets import Input

from assistant.commands import registry
from assistant.decision_query import parse_query
from assistant.reviewing import Correction, Reviewer
from assistant.tui.decision_mix import count
from assistant.tui.decision_pages import DecisionPages
from tests.assistant.tui.driving import driving, send, shown, until
from tests.assistant.tui.test_tui_panels import StoredChat
from tools.registry import builtin_registry
from training.events import open_log
from training.events.decisions import find_row, history
from training.events.incoming import unredacted
from training.events.migration import move

pytestmark = pytest.mark.postgres

QUERIES = [
    "",
    "tool:run_shell",
    "outcome:failed",
    "outcome:unknown since:2d",
    "agent:coder session:session-1",
    "until:2020-01-01",
    "request 7",
    "agent:nobody",
]


@pytest.fixture
def stored(tmp_path: Path, postgres_url: str) -> Iterator[StoredChat]:
    """A chat whose log is on the server; ``folder`` beside it holds the same log."""
    chat = StoredChat(tmp_path)
    for number in range(130):
        tool = "run_shell" if number % 4 else "read_file"
        chat.decide(tool, f"request {number}", success=(True, False, None)[number % 3])
    folder, chat.log = chat.log, open_log(postgres_url, redactor=unredacted)
    move(folder, chat.log, lambda *_: None)
    chat.folder = folder  # type: ignore[attr-defined]
    yield chat
    folder.close()
    chat.log.close()


@pytest.mark.parametrize("query", QUERIES)
def test_pages_and_charts_are_those_of_a_log_in_a_folder(stored, query):
    wanted = parse_query(query)
    pages, mixes = [], []
    for log in (stored.folder, stored.log):
        rows, source = [], DecisionPages(log, wanted)
        while not source.read(50, rows.extend):
            pass
        pages.append(rows)
        mixes.append(count(wanted.rows(log), lambda mix: None))
    assert pages[0] == pages[1] and mixes[0] == mixes[1]
    assert bool(pages[0]) == (query not in QUERIES[-1:] + QUERIES[5:6])


async def test_what_is_said_of_a_decision_is_recorded_on_the_server(stored):
    reviewer = Reviewer(stored.log, builtin_registry())
    event_id = next(stored.log.read()).event_id
    row = await reviewer.rate(event_id, "good")
    assert row is not None and row["review"]["verdict"] == "good"
    await reviewer.correct(event_id, Correction("git_diff", {"path": "b"}))
    row = await reviewer.rate(event_id, "bad")
    assert row is not None and row == find_row(stored.log, event_id)
    assert (row["review"]["verdict"], row["review"]["corrected_tool"]) == ("corrected", "git_diff")


@pytest.mark.slow
async def test_the_panel_opens_on_a_server(stored):
    async with driving(stored, size=(80, 24), commands=registry) as pilot:
        await send(pilot, "/decisions")
        await until(pilot, lambda: "request 129" in shown(pilot))
        await pilot.press("g")
        await until(
            pilot, lambda: [row["review"] is not None for row in history(stored.log, limit=1)] == [True]
        )
        await pilot.press("slash")
        pilot.app.screen.query_one("#filter", Input).value = "request 7"
        await pilot.press("enter")
        await until(pilot, lambda: "request 79" in shown(pilot) and "request 129" not in shown(pilot))
