"""All long work: how it stands, its log, stopping it and going on with it."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.types import CSSPathType
from textual.widgets import Static

from assistant.tui.job_table import COLUMNS, job_row, job_text
from assistant.tui.screens.acting import ActingPanel
from assistant.tui.widgets.row_table import RowTable
from training.jobs.base import ACTIVE, Job, JobError
from training.jobs.store import Jobs

LOOK_S = 0.5
_EMPTY = "No jobs yet. /teach makes examples, /train tunes a student on them."


class JobsScreen(ActingPanel):
    """Draws what the folders of ``jobs`` say. The work goes on when the panel is closed."""

    CSS_PATH: ClassVar[CSSPathType | None] = ["panel.tcss", "jobs.tcss"]
    AUTO_FOCUS = "RowTable"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "cancel", "Cancel", show=False),
        Binding("r", "resume", "Resume", show=False),
        Binding("q", "close", "Close", show=False),
    ]

    PROBLEMS: ClassVar[tuple[type[Exception], ...]] = (JobError, OSError)

    def __init__(self, jobs: Jobs) -> None:
        super().__init__("Jobs", "Enter log · c cancel · r resume · Tab below · Esc closes")
        self._jobs = jobs
        self._known: dict[str, Job] = {}
        self._looking = False
        self.table = RowTable(COLUMNS)

    def parts(self) -> ComposeResult:
        yield Static(_EMPTY, id="panel-empty", classes="hidden", markup=False)
        yield self.table
        with VerticalScroll():
            yield Static(id="job", markup=False)

    def on_mount(self) -> None:
        self.set_interval(LOOK_S, self._look)
        self._look()

    @work(group="look")
    async def _look(self) -> None:
        if not self._looking:
            await self.look()

    async def look(self) -> None:
        self._looking = True
        try:
            self._draw(await asyncio.to_thread(self._jobs.all))
        except OSError as error:
            self.say(f"the jobs cannot be read: {error.strerror}", "problem")
        finally:
            self._looking = False

    def _draw(self, jobs: Sequence[Job]) -> None:
        if not self.is_mounted:
            return
        self._known = {job.id: job for job in jobs}
        now = datetime.now(UTC)
        self.table.show([job_row(job, now) for job in jobs])
        self.query_one("#panel-empty").set_class(bool(jobs), "hidden")
        self._show_marked()

    @on(RowTable.Marked)
    def _show_marked(self) -> None:
        job = self._marked
        self.query_one("#job", Static).update(Content(job_text(job) if job else ""))

    @on(RowTable.Chosen)
    def _chosen(self, event: RowTable.Chosen) -> None:
        from assistant.tui.screens.job_log import JobLogScreen

        self.app.push_screen(JobLogScreen(self._known[event.key]))

    def action_cancel(self) -> None:
        job = self._marked
        if job is not None and job.state not in ACTIVE:
            self.say(f"it is {job.state}: there is nothing to cancel")
        elif job is not None:
            said = "it is asked to stop; what it has done is kept, r goes on"
            self.do(lambda: asyncio.to_thread(self._jobs.cancel, job.id), said)

    def action_resume(self) -> None:
        job = self._marked
        if job is not None:
            said = "it goes on from its last checkpoint"
            self.do(lambda: asyncio.to_thread(self._jobs.resume, job.id), said)

    @property
    def _marked(self) -> Job | None:
        row = self.table.marked_row
        return self._known.get(row.key) if row is not None else None
