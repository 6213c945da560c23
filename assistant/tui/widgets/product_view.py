"""The data products: their quality, what they are made of, publishing, export."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Static

from assistant.outgoing import outgoing_line, outgoing_row
from assistant.text_safety import clean, clean_line
from assistant.tui.decision_pages import Stopped
from assistant.tui.exporting import Export, Tell
from assistant.tui.formatting import rows as count_rows
from assistant.tui.product_text import COLUMNS, FRESH, product_row, product_text
from assistant.tui.widgets.row_table import RowTable, TableRow
from training.events.base import EventLog, EventLogError
from training.products import PRODUCTS, Manifest, ProductError, ProductStore
from training.products.export import FORMATS, Outgoing, export

_REFRESH_S = 0.2


class ProductView(Vertical):
    """p publishes the marked product, a all that are stale, e exports it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "publish", "Publish", show=False),
        Binding("a", "publish_stale", "Publish all that are stale", show=False),
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
        self._store = ProductStore()
        self._publishing = ""
        self._left = False
        self._ticking: Timer | None = None
        self._export = Export(self, folder, self._tick, self._rest)
        self.table = RowTable(COLUMNS)

    def compose(self) -> ComposeResult:
        yield self.table
        with VerticalScroll():
            yield Static(markup=False)
        yield Static(classes="status", markup=False)

    def on_mount(self) -> None:
        self._ticking = self.set_interval(_REFRESH_S, self._rest, pause=True)
        self.action_reload()

    def on_unmount(self) -> None:
        self._left = True
        self._export.give_up()

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
        self._rest()

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

    def action_publish(self) -> None:
        marked = self.table.marked_row
        if marked is not None:
            self._publish(lambda: [marked.key])

    def action_publish_stale(self) -> None:
        self._publish(lambda: [one for one in PRODUCTS if self._store.is_stale(one, self._log)])

    @work(group="publish")
    async def _publish(self, choose: Callable[[], list[str]]) -> None:
        """Publish what ``choose`` finds, one after the other."""
        if self._publishing:
            return
        self._publishing, said = "…", ""
        try:
            chosen = await asyncio.to_thread(choose)
            for name in chosen:
                self._publishing = name
                self._say(f"publishing {name}")
                made = await asyncio.to_thread(self._published, name)
                said = f"published {name}: {count_rows(made.rows)}"
                self.action_reload()
            self.notify(said if len(chosen) == 1 else _published_all(len(chosen)), markup=False)
        except Stopped:
            return
        except (ProductError, EventLogError) as error:
            self.notify(clean(str(error)), severity="error", markup=False)
        finally:
            self._publishing = ""
        self._rest()

    def _published(self, product_id: str) -> Manifest:
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

    @on(Progressed)
    def _progressed(self, event: Progressed) -> None:
        event.stop()
        if self._publishing:
            self._say(
                f"publishing {self._publishing}: {event.done:,} of {event.total:,} events; Esc gives it up"
            )

    def action_export(self) -> None:
        """Write the version in force into a new file."""
        marked = self.table.marked_row
        if marked is None:
            return
        name = marked.key

        def write(path: Path, tell: Tell) -> int:
            published = self._store.open(name)
            safe = Outgoing(outgoing_line, outgoing_row)
            return export(published, path, path.suffix.removeprefix("."), progress=tell, outgoing=safe)

        self._export.ask(name, f"{name}.jsonl", FORMATS, write)

    def _tick(self) -> None:
        if self._ticking is not None:
            self._ticking.resume()

    def _rest(self) -> None:
        """Say how it is; from now on only where something is written."""
        if self._ticking is not None and not self._export.running:
            self._ticking.pause()
        if self._export.running:
            self._say(self._export.status())
        elif not self._publishing:
            stale = sum(row.cells[-1] != FRESH for row in self.table.rows)
            self._say(
                f"{stale} of {len(self.table.rows)} are not up to date" if stale else "all are up to date"
            )

    def _say(self, text: str) -> None:
        if self.is_mounted:
            self.query_one(".status", Static).update(Content(text))


def _published_all(number: int) -> str:
    return f"published {number} products" if number else "every product is up to date"
