"""What can be the student: every model and trained student, its lineage, and which one serves."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.types import CSSPathType
from textual.widgets import Static

from assistant.student_desk import StudentDesk
from assistant.tui.model_table import COLUMNS, is_trained, model_row, model_text
from assistant.tui.screens.student_panel import StudentPanel
from assistant.tui.widgets.row_table import RowTable
from training.models.listing import Listed


class ModelsScreen(StudentPanel):
    """``listed`` finds every model, with what servers on this machine offer now."""

    CSS_PATH: ClassVar[CSSPathType | None] = ["panel.tcss", "models.tcss"]
    AUTO_FOCUS = "RowTable"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d", "deploy(False)", "Deploy", show=False),
        Binding("D", "deploy(True)", "Deploy all the same", show=False),
        Binding("b", "roll_back", "Roll back", show=False),
        Binding("t", "retire", "Retire", show=False),
        Binding("r", "reload", "Look again", show=False),
        Binding("q", "close", "Close", show=False),
    ]

    def __init__(self, listed: Callable[[], Awaitable[Sequence[Listed]]], students: StudentDesk) -> None:
        hint = "Enter use · d deploy · b roll back · t retire · r look again · Tab · Esc"
        super().__init__("Models", hint, students)
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
        self.say("")

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
