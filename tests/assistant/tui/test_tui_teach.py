"""The panel of the teachers, with real jobs below it that make scripted examples."""

from pathlib import Path

import pytest
from textual.widgets import Input

from assistant.settings import Settings
from assistant.teach_desk import TeachDesk
from assistant.tui.screens.teach import TeachScreen
from tests.assistant.test_teach_desk import FakeJobs, begun
from tests.assistant.tui.driving import Driver, driving, shown, until
from tests.assistant.tui.fake_chat import FakeChat
from tests.training.generation.making import FakeSource
from training.jobs.base import JobState

pytestmark = pytest.mark.slow


async def opened(pilot: Driver, desk: TeachDesk) -> TeachScreen:
    screen = TeachScreen(desk)
    pilot.app.push_screen(screen)
    await until(pilot, lambda: "nothing is made yet" in shown(pilot))
    return screen


async def test_examples_are_made_shown_and_rejected_by_key(tmp_path: Path) -> None:
    jobs = FakeJobs()
    desk = TeachDesk(Settings(), jobs, tmp_path)  # type: ignore[arg-type]
    source = FakeSource()
    async with driving(FakeChat(), size=(110, 34)) as pilot:
        screen = await opened(pilot, desk)
        screen.query_one("#examples", Input).value = "3"
        await pilot.press("ctrl+e")
        await until(pilot, lambda: "the scripted teacher is free" in shown(pilot))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "job job-0" in shown(pilot))
        plan = desk.plan(screen.form())
        begun(plan, *[await source.make(index) for index in range(3)])
        await until(pilot, lambda: screen.table.row_count == 3)
        jobs.end(JobState.DONE)
        await pilot.press("down", "x")
        await until(pilot, lambda: "1 not wanted: Ctrl+S makes others" in shown(pilot))
        assert desk.look().unwanted == {screen.table.rows[1].key} and screen.table.marked == 2
        await pilot.press("up", "a")
        await until(pilot, lambda: not desk.look().unwanted)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "job job-1" in shown(pilot))
        await pilot.press("ctrl+x")
        await until(pilot, lambda: jobs.made[-1].state == JobState.CANCELLED)
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, TeachScreen))


async def test_what_is_wrong_is_said_and_letters_go_into_fields(tmp_path: Path) -> None:
    desk = TeachDesk(Settings(), FakeJobs(), tmp_path)  # type: ignore[arg-type]
    async with driving(FakeChat(), size=(80, 24)) as pilot:
        screen = await opened(pilot, desk)
        await pilot.press("x", "a", "enter")
        await until(pilot, lambda: "is no provider" in shown(pilot))
        assert screen.form().providers == "xa", "what stands there is selected, so it is written over"
        screen.query_one("#providers", Input).value = "openai"
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "needs the name of a model" in shown(pilot))
