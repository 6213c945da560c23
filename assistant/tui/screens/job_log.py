"""What a job says and prints, as it comes."""

import asyncio
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from assistant.tui.job_table import log_text
from assistant.tui.screens.panel import PanelScreen
from training.jobs.base import Job

LOOK_S = 0.5


class JobLogScreen(PanelScreen[None]):
    """Follows the end as long as nobody scrolls up."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("q,enter", "close", "Close", show=False)]

    def __init__(self, job: Job) -> None:
        super().__init__(f"Log of {job.id}", "Up Down scroll · at the end it follows · Esc closes")
        self.add_class("wide")
        self._job = job
        self._shown = ""

    def content(self) -> ComposeResult:
        with VerticalScroll(id="panel-body"):
            yield Static(markup=False)

    def on_mount(self) -> None:
        self.set_interval(LOOK_S, self._look)
        self._look()

    @work(exclusive=True, group="look")
    async def _look(self) -> None:
        try:
            text = await asyncio.to_thread(log_text, self._job)
        except OSError as error:
            text = f"the log cannot be read: {error.strerror}"
        if text == self._shown or not self.is_mounted:
            return
        body = self.query_one(VerticalScroll)
        follow = not self._shown or body.scroll_offset.y >= body.max_scroll_y
        self._shown = text
        self.query_one("#panel-body Static", Static).update(Content(text))
        if follow:
            self.call_after_refresh(body.scroll_end, animate=False)
