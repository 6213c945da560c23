"""What can be the student: every model and trained student, its lineage, and which one serves."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.types import CSSPathType
from textual.widgets import Static

from assistant.job_text import progress_line
from assistant.pulling_job import start_pull
from assistant.student_desk import StudentDesk
from assistant.tui.model_table import COLUMNS, is_trained, model_row, model_text
from assistant.tui.screens.student_panel import StudentPanel
from assistant.tui.widgets.row_table import RowTable
from training.jobs.base import ACTIVE, JobState
from training.models.listing import AVAILABLE, PARTIAL, Listed

if TYPE_CHECKING:
    from training.jobs.store import Jobs

LOOK_S = 0.5


def _to_be_had(one: Listed) -> bool:
    return one.state in (AVAILABLE, PARTIAL)


class ModelsScreen(StudentPanel):
    """``listed`` finds every model, with what servers on this machine offer now; ``jobs`` pull one."""

    CSS_PATH: ClassVar[CSSPathType | None] = ["panel.tcss", "models.tcss"]
    AUTO_FOCUS = "RowTable"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "pull", "Pull", show=False),
        Binding("d", "deploy(False)", "Deploy", show=False),
        Binding("D", "deploy(True)", "Deploy all the same", show=False),
        Binding("b", "roll_back", "Roll back", show=False),
        Binding("t", "retire", "Retire", show=False),
        Binding("r", "reload", "Look again", show=False),
        Binding("q", "close", "Close", show=False),
    ]

    def __init__(
        self,
        listed: Callable[[], Awaitable[Sequence[Listed]]],
        students: StudentDesk,
        jobs: Callable[[], "Jobs"],
    ) -> None:
        hint = "Enter use · p pull · d deploy · b roll back · t retire · r again · Esc"
        super().__init__("Models", hint, students)
        self._jobs = jobs
        self._listed = listed
        self._known: dict[str, Listed] = {}
        self.table = RowTable(COLUMNS)

    def parts(self) -> ComposeResult:
        yield self.table
        with VerticalScroll():
            yield Static(id="model", markup=False)

    async def on_mount(self) -> None:
        self.say("looking what there is …")
        self.action_reload()

    @work(group="look", exclusive=True)
    async def action_reload(self) -> None:
        await self.look()
        best = self._best
        self.say(f"p pulls {best.id}, which suits this machine" if best is not None else "")

    @property
    def _best(self) -> Listed | None:
        """What is recommended, and not here yet."""
        return next((one for one in self._known.values() if one.recommended and _to_be_had(one)), None)

    @work(group="pull", exclusive=True)
    async def action_pull(self) -> None:
        """Bring the highlighted model, or the recommended one; the job goes on when the panel is closed."""
        chosen = self._chosen
        one = chosen if chosen is not None and _to_be_had(chosen) else self._best
        if one is None:
            self.say("this one is here already, and none is recommended")
            return
        try:
            jobs = self._jobs()
            job = await asyncio.to_thread(start_pull, jobs, one.id)
            while job.state in ACTIVE:
                self.say(f"{one.id}  {progress_line(job)}")
                await asyncio.sleep(LOOK_S)
                job = await asyncio.to_thread(jobs.get, job.id)
        except self.PROBLEMS as problem:
            self.say(str(problem), "problem")
            return
        await self.look()
        if job.state == JobState.DONE:
            self.say(f"{one.id} is here: Enter uses it in this chat")
        else:
            self.say(f"{one.id}: {job.error or job.state}; p goes on with it", "problem")

    async def look(self) -> None:
        try:
            found = await self._listed()
            rows = await asyncio.to_thread(lambda: [model_row(one) for one in found])
        except self.PROBLEMS as problem:
            self.say(str(problem), "problem")
            return
        if self.is_mounted:
            self._known = {one.id: one for one in found}
            self.table.show(rows)
            self._show()

    @on(RowTable.Marked)
    def _marked(self) -> None:
        self._show()

    @work(group="model", exclusive=True)
    async def _show(self) -> None:
        one = self._chosen
        if one is None:
            return
        try:
            text = await asyncio.to_thread(self._text, one)
        except self.PROBLEMS as problem:
            text = str(problem)
        self.query_one("#model", Static).update(Content(text))
        self.query_one(VerticalScroll).scroll_home(animate=False)

    def _text(self, one: Listed) -> str:
        return self.students.whole_text(one.id) if is_trained(one) else model_text(one)

    @property
    def _chosen(self) -> Listed | None:
        row = self.table.marked_row
        return self._known.get(row.key) if row is not None else None

    @on(RowTable.Chosen)
    def _use(self, event: RowTable.Chosen) -> None:
        """Take it in this chat only; what serves elsewhere stays."""
        self.do(lambda: self.students.use(event.key))

    def action_deploy(self, forced: bool) -> None:
        if (one := self._trained("deployed: Enter uses it in this chat")) is not None:
            self.let_serve(one.id, forced=forced)

    def action_retire(self) -> None:
        if (one := self._trained("retired")) is not None:
            self.do(lambda: self.students.retire(one.id))

    def _trained(self, what: str) -> Listed | None:
        """The student that is marked; that a model is none is said."""
        one = self._chosen
        if one is None or is_trained(one):
            return one
        self.say(f"only what was trained here can be {what}")
        return None
