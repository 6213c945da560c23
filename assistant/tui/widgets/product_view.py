"""The data products: their quality, what they are made of, publishing, export."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from assistant.text_safety import clean, clean_line
from assistant.tui.decision_pages import Stopped
from assistant.tui.product_text import COLUMNS, product_row, product_text
from assistant.tui.widgets.row_table import RowTable, TableRow
from training.events.base import EventLog, EventLogError
from training.products import PRODUCTS, ProductError, ProductStore
from training.products.export import FORMATS, export


class ProductView(Vertical):
    """p publishes the marked product, e exports it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "publish", "Publish", show=False),
        Binding("e", "export", "Export", show=False),
        Binding("r", "reload", "Read again", show=False),
    ]

    class Progressed(Message):
        """So many events were read for the product that is being published."""

        def __init__(self, done: int, total: int) -> None:
            super().__init__()
            self.done = done
            self.total = total

    def __init__(self, log: EventLog, folder: Path) -> None:
        super().__init__(id="products", classes="view")
        self._log = log
        self._folder = folder
        self._store = ProductStore()
        self._publishing = ""
        self._left = False
        self.table = RowTable(COLUMNS)

    def compose(self) -> ComposeResult:
        yield self.table
        with VerticalScroll(can_focus=False):
            yield Static(markup=False)
        yield Static(classes="status", markup=False)

    def on_mount(self) -> None:
        self.action_reload()

    def on_unmount(self) -> None:
        self._left = True

    @work(group="products", exclusive=True)
    async def action_reload(self) -> None:
        try:
            rows = await asyncio.to_thread(self._rows)
        except (ProductError, EventLogError) as error:
            self._say(clean_line(str(error), 300))
            return
        marked = self.table.marked_row
        if self.table.row_count:
            for row in rows:
                self.table.put(row)
        else:
            self.table.add(rows)
        if marked is not None:
            self._show(marked.key)
        if not self._publishing:
            self._say("p publishes the marked product · e exports it · r looks again")

    def _rows(self) -> list[TableRow]:
        now = datetime.now(UTC)
        store = self._store
        return [
            product_row(one, store.manifest(one.id), store.is_stale(one.id, self._log), now)
            for one in PRODUCTS.values()
        ]

    @on(RowTable.Marked)
    def _marked(self, event: RowTable.Marked) -> None:
        self._show(event.key)

    @work(group="product", exclusive=True)
    async def _show(self, product_id: str) -> None:
        try:
            text = await asyncio.to_thread(product_text, self._store, self._log, product_id)
        except (ProductError, EventLogError) as error:
            text = clean(str(error))
        self.query_one("VerticalScroll > Static", Static).update(Content(text))
        self.query_one(VerticalScroll).scroll_home(animate=False)

    @work(group="publish")
    async def action_publish(self) -> None:
        marked = self.table.marked_row
        if marked is None or self._publishing:
            return
        self._publishing = marked.key
        self._say(f"publishing {marked.key}")
        try:
            made = await asyncio.to_thread(self._publish, marked.key)
        except Stopped:
            return
        except (ProductError, EventLogError) as error:
            self.notify(clean(str(error)), severity="error", markup=False)
        else:
            self.notify(f"published {made.rows:,} rows of {marked.key}", markup=False)
        finally:
            self._publishing = ""
        self.action_reload()

    @on(Progressed)
    def _progressed(self, event: Progressed) -> None:
        event.stop()
        if self._publishing:
            self._say(f"publishing {self._publishing}: {event.done:,} of {event.total:,} events")

    def _publish(self, product_id: str) -> Any:
        return self._store.publish(product_id, self._log, progress=self._progress())

    def _progress(self) -> Callable[[int, int], None]:
        """Tells how far it is; ends the publishing where the view was left."""
        step = 0

        def progress(done: int, total: int) -> None:
            nonlocal step
            if self._left:
                raise Stopped
            if done * 50 // max(1, total) != step:
                step = done * 50 // max(1, total)
                self.post_message(self.Progressed(done, total))

        return progress

    @work(group="export", exclusive=True)
    async def action_export(self) -> None:
        from assistant.tui.screens.ask_file import AskFileScreen

        marked = self.table.marked_row
        if marked is None:
            return
        path = await self.app.push_screen_wait(
            AskFileScreen(f"{marked.key} (.jsonl, .csv, .parquet)", self._folder, f"{marked.key}.jsonl")
        )
        if path is None:
            return
        kind = path.suffix.removeprefix(".")
        try:
            if kind not in FORMATS:
                raise ProductError(f"{path.name}: the name ends in none of .{', .'.join(FORMATS)}")
            published = await asyncio.to_thread(self._store.open, marked.key)
            written = await asyncio.to_thread(export, published, path, kind)
        except ProductError as error:
            self.notify(clean(str(error)), severity="error", markup=False)
        else:
            self.notify(clean(f"wrote {written:,} rows to {path}"), markup=False)

    def _say(self, text: str) -> None:
        if self.is_mounted:
            self.query_one(".status", Static).update(Content(text))
