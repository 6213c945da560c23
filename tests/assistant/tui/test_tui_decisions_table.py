"""The table that draws only what is in sight: the mark, the mouse, letting go, wide letters."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual import on
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from assistant.tui.widgets.row_table import Column, RowTable, TableRow

COLUMNS = (Column("NAME", 6), Column("COUNT", 5, right=True), Column("REST"))


class TableApp(App[None]):
    """A table alone, and what it posted."""

    def __init__(self) -> None:
        super().__init__()
        self.table = RowTable(COLUMNS)
        self.chosen: list[str] = []
        self.marked: list[str] = []
        self.ends = 0

    def compose(self) -> ComposeResult:
        yield self.table

    @on(RowTable.Chosen)
    def _chosen(self, event: RowTable.Chosen) -> None:
        self.chosen.append(event.key)

    @on(RowTable.Marked)
    def _marked(self, event: RowTable.Marked) -> None:
        self.marked.append(event.key)

    @on(RowTable.NearEnd)
    def _near_end(self) -> None:
        self.ends += 1


def rows(start: int, stop: int) -> list[TableRow]:
    return [TableRow(str(n), (f"row {n}", str(n), "x" * 60), ((0, "bad"),)) for n in range(start, stop)]


@asynccontextmanager
async def showing(*given: TableRow) -> AsyncIterator[tuple[RowTable, TableApp, Pilot[None]]]:
    app = TableApp()
    app.animation_level = "none"
    async with app.run_test(size=(30, 11)) as pilot:
        app.table.add(given)
        app.table.focus()
        await pilot.pause()
        yield app.table, app, pilot


def lines(table: RowTable) -> list[str]:
    return [table.render_line(y).text for y in range(table.size.height)]


async def test_head_and_rows_fill_the_width() -> None:
    async with showing(*rows(0, 3)) as (table, _, _pilot):
        shown = lines(table)
        assert shown[0] == " NAME    COUNT  REST          "
        assert shown[1] == " row 0       0  xxxxxxxxxxxxxx"
        assert {len(line) for line in shown} == {30}
        assert shown[4].strip() == ""


async def test_wide_letters_keep_the_columns() -> None:
    async with showing(TableRow("w", ("漢字漢字漢字", "1", "é"))) as (table, _, _pilot):
        assert table.render_line(1).cell_length == 30
        assert table.render_line(1).text.startswith(" 漢字漢")


@pytest.mark.slow
async def test_keys_move_the_mark_and_the_view_follows() -> None:
    async with showing(*rows(0, 50)) as (table, app, pilot):
        await pilot.press("down", "down", "up")
        assert (table.marked, table.scroll_offset.y) == (1, 0)
        await pilot.press("pagedown")
        assert (table.marked, table.scroll_offset.y) == (10, 1)
        await pilot.press("end", "enter")
        assert table.marked == 49 and "row 49" in lines(table)[-1]
        await pilot.press("home", "up")
        assert (table.marked, table.scroll_offset.y) == (0, 0)
        assert app.chosen == ["49"]
        assert app.marked[0] == "0" and app.marked[-1] == "0" and "49" in app.marked


async def test_the_end_is_told_before_it_is_reached() -> None:
    async with showing(*rows(0, 200)) as (_table, app, pilot):
        assert app.ends == 0
        await pilot.press("end")
        await pilot.pause()
        assert app.ends > 0


@pytest.mark.slow
async def test_a_click_marks_and_a_second_one_chooses() -> None:
    async with showing(*rows(0, 5)) as (table, app, pilot):
        await pilot.click(RowTable, offset=(3, 3))
        assert (table.marked, app.chosen) == (2, [])
        await pilot.click(RowTable, offset=(3, 3), times=2)
        assert app.chosen == ["2"]
        await pilot.click(RowTable, offset=(3, 0))
        await pilot.click(RowTable, offset=(3, 9))
        assert table.marked == 2


@pytest.mark.slow
async def test_what_is_let_go_does_not_move_the_rest() -> None:
    async with showing(*rows(0, 50)) as (table, _, pilot):
        await pilot.press("end", "up")
        before = lines(table)
        table.forget(20)
        await pilot.pause()
        assert lines(table) == before
        assert table.marked_row is not None and table.marked_row.key == "48"
        assert table.row_count == 30


async def test_a_row_is_shown_anew_where_it_is() -> None:
    async with showing(*rows(0, 3)) as (table, _, _pilot):
        table.put(TableRow("1", ("new", "7", "")))
        table.put(TableRow("elsewhere", ("never", "7", "")))
        assert [line.split()[0] for line in lines(table)[1:4]] == ["row", "new", "row"]


@pytest.mark.slow
async def test_an_empty_table_takes_every_key() -> None:
    async with showing() as (table, app, pilot):
        await pilot.press("down", "pageup", "end", "home", "enter")
        table.clear()
        assert (table.marked, table.marked_row, app.chosen) == (0, None, [])
