"""The panel of curation, over jobs in which nothing runs."""

from pathlib import Path

import pytest
from textual.widgets import Input

from assistant.curate_desk import CurateDesk
from assistant.tui.screens.curate import CurateScreen
from tests.assistant.test_curate_desk import desk_of, drafted
from tests.assistant.tui.driving import Driver, driving, shown, until
from tests.assistant.tui.fake_chat import FakeChat
from training.jobs.layout import CANCEL

pytestmark = pytest.mark.slow


async def opened(pilot: Driver, desk: CurateDesk) -> CurateScreen:
    screen = CurateScreen(desk)
    pilot.app.push_screen(screen)
    await until(pilot, lambda: screen.is_mounted and "1 Choose" in shown(pilot))
    return screen


async def test_a_draft_is_begun_judged_and_accepted_by_key(tmp_path: Path) -> None:
    desk = desk_of(tmp_path)
    async with driving(FakeChat(), size=(80, 24)) as pilot:
        screen = await opened(pilot, desk)
        await until(pilot, lambda: screen.query_one("#threshold", Input).value == "0.95")
        await pilot.press("tab", "s", "o", "o", "n", "ctrl+s")
        await until(pilot, lambda: "since: 'soon' is no time" in shown(pilot))
        screen.query_one("#since", Input).value = ""
        await pilot.press("ctrl+s")
        await until(pilot, lambda: screen.view == "stages" and "waits for its turn" in shown(pilot))
        await pilot.press("a")
        await until(pilot, lambda: "there is no draft yet" in shown(pilot))
        await pilot.press("x")
        await until(pilot, lambda: (desk.jobs.all()[0].folder / CANCEL).exists())


async def test_the_threshold_moves_what_is_left_out_and_one_may_be_kept(tmp_path: Path) -> None:
    desk = desk_of(tmp_path)
    drafted(desk)
    async with driving(FakeChat(), size=(80, 24)) as pilot:
        screen = await opened(pilot, desk)
        await until(pilot, lambda: screen.view == "stages" and "silhouette 0.500" in shown(pilot))
        await pilot.press("3")
        await until(
            pilot,
            lambda: all(
                each in shown(pilot)
                for each in ("threshold 0.95: 7 of 12", "quality 0.5", "label survived 0.5")
            ),
        )
        await pilot.press(*["minus"] * 65)
        await until(pilot, lambda: "threshold 0.30: 7 of 12" in shown(pilot))
        kept = screen._dropped.table.marked_row.key  # type: ignore[union-attr]
        await pilot.press("o")
        await until(pilot, lambda: "kept" in shown(pilot))
        await pilot.press("end", "o")
        await until(pilot, lambda: "only a duplicate can be kept" in shown(pilot))
        await pilot.press("4")
        await until(pilot, lambda: "left out" in shown(pilot) and "show me the" in shown(pilot))
        before = shown(pilot)
        await pilot.press("left", "right", "up", "down", "n", "p")
        await until(pilot, lambda: shown(pilot) != before or "1 of" in before)
        await pilot.press("plus", "a")
        await until(pilot, lambda: screen.view == "stages" and "the dataset is job" in shown(pilot))
        recipe = desk.jobs.all()[0].spec.arguments["recipe"]
        assert (recipe["threshold"], recipe["keep"]) == (0.31, [kept])
