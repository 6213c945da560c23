"""Teachers: who makes examples, what that costs, how it goes, and which examples are wanted."""

import asyncio
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Grid, VerticalScroll
from textual.content import Content
from textual.types import CSSPathType
from textual.widgets import Input, Static

from assistant.teach_desk import MOST_SHOWN, Form, Seen, TeachDesk
from assistant.teach_text import estimate_brief
from assistant.text_safety import clean, clean_line
from assistant.tui.example_text import COLUMNS, example_row, example_text, job_line
from assistant.tui.screens.panel import PanelScreen
from assistant.tui.widgets.field import Field
from assistant.tui.widgets.row_table import RowTable
from training.datasets.example import Example
from training.generation.base import GenerationError
from training.generation.plan import Plan
from training.jobs.base import JobError
from training.teachers.base import TeacherError

LOOK_S = 0.5
_HINT = "Ctrl+E estimate · Ctrl+S start, resume · Ctrl+X stop · Tab · x reject · a accept · Esc"
_FIELDS = {
    "providers": ("providers", "anthropic, openai, local, scripted"),
    "mix": ("mix in %", "40,40,20; even where empty"),
    "models": ("models", "openai=gpt-5-mini, ..."),
    "examples": ("examples", "how many"),
    "folder": ("folder", "where train.jsonl is written; empty: outside the workspace"),
    "budget": ("budget $", "none"),
}
_PROBLEMS = (GenerationError, TeacherError, JobError, OSError)


class TeachScreen(PanelScreen[None]):
    """Draws what ``desk`` knows. The work goes on when the panel is closed."""

    CSS_PATH: ClassVar[CSSPathType | None] = ["panel.tcss", "teach.tcss"]
    AUTO_FOCUS = "#providers"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+e", "estimate", "Estimate", show=False, priority=True),
        Binding("ctrl+s", "start", "Start", show=False, priority=True),
        Binding("ctrl+x", "stop", "Stop", show=False, priority=True),
        Binding("x", "judge(False)", "Reject", show=False),
        Binding("a", "judge(True)", "Accept", show=False),
    ]

    def __init__(self, desk: TeachDesk) -> None:
        super().__init__("Teachers", _HINT)
        self.add_class("wide")
        self._desk = desk
        self._examples: dict[str, Example] = {}
        self._unwanted: frozenset[str] = frozenset()
        self._looking = False
        self.table = RowTable(COLUMNS)

    def content(self) -> ComposeResult:
        form = self._desk.newest()
        with Grid(id="form"):
            for name, (label, hint) in _FIELDS.items():
                yield Static(label, classes="label")
                field = Field(getattr(form, name), placeholder=hint, id=name, compact=True)
                field.cursor_blink = False
                yield field
        yield Static(id="estimate", markup=False)
        yield Static(id="job", markup=False)
        yield self.table
        with VerticalScroll():
            yield Static(id="example", markup=False)

    def on_mount(self) -> None:
        self.set_interval(LOOK_S, self._look)
        self._look()

    def form(self) -> Form:
        """What stands in the fields."""
        return Form(**{name: self.query_one(f"#{name}", Input).value for name in _FIELDS})

    def action_estimate(self) -> None:
        if (plan := self._plan()) is not None:
            self._say("estimating…")
            self._estimate(plan, start=False)

    def action_start(self) -> None:
        """Start where that is cheap, or where the cost was seen and this is the second word."""
        if (plan := self._plan()) is not None:
            self._say("estimating…" if plan.teachers else "")
            self._estimate(plan, start=True)

    @on(Input.Submitted)
    def _submitted(self) -> None:
        self.action_estimate()

    @work(exclusive=True, group="estimate")
    async def _estimate(self, plan: Plan, *, start: bool) -> None:
        try:
            facts = await self._desk.estimate(plan, begins=start)
            if not start:
                self._say(estimate_brief(facts))
            elif question := self._desk.question(facts):
                self._say(f"{question}: Ctrl+S again begins\n{estimate_brief(facts)}", "question")
            else:
                job = await asyncio.to_thread(self._desk.start, plan)
                self._say(f"job {job.id}")
                self._forget()
                self.table.focus()
        except _PROBLEMS as error:
            self._say(clean_line(str(error), 400), "problem")

    def action_stop(self) -> None:
        try:
            job = self._desk.stop()
        except JobError as error:
            self._say(str(error), "problem")
            return
        self._say("it stops; what is made and paid for is kept, Ctrl+S goes on" if job else "nothing runs")

    def action_judge(self, wanted: bool) -> None:
        """Accept or reject the marked example, and go on to the next one."""
        marked = self.table.marked_row
        if marked is None or not self.table.has_focus:
            return
        try:
            self._desk.judge(marked.key, wanted=wanted)
        except OSError as error:
            self._say(f"it cannot be kept: {error.strerror}", "problem")
            return
        self._unwanted = self._unwanted - {marked.key} if wanted else self._unwanted | {marked.key}
        self.table.put(example_row(self._examples[marked.key], unwanted=not wanted))
        self.table.action_walk(1)
        if lacking := self._desk.lacks():
            self._say(f"{lacking} not wanted: Ctrl+S makes others in their place")

    @on(RowTable.Marked)
    def _marked(self, event: RowTable.Marked) -> None:
        self.query_one("#example", Static).update(Content(example_text(self._examples[event.key])))
        self.query_one(VerticalScroll).scroll_home(animate=False)

    @work(group="look")
    async def _look(self) -> None:
        if self._looking:
            return
        self._looking = True
        try:
            self._draw(await asyncio.to_thread(self._desk.look))
        except _PROBLEMS as error:
            self._say(clean_line(str(error), 400), "problem")
        finally:
            self._looking = False

    def _draw(self, seen: Seen) -> None:
        if not self.is_mounted:
            return
        self._unwanted = seen.unwanted
        self.query_one("#job", Static).update(Content(clean_line(job_line(seen.job), 400)))
        fresh = [one for one in seen.fresh if one.id not in self._examples]
        room = MOST_SHOWN - len(self._examples)
        for one in fresh[: max(room, 0)]:
            self._examples[one.id] = one
        self.table.add([example_row(one, unwanted=one.id in seen.unwanted) for one in fresh[: max(room, 0)]])

    def _forget(self) -> None:
        """Another folder may be shown now."""
        self._examples.clear()
        self.table.clear()

    def _plan(self) -> Plan | None:
        try:
            return self._desk.plan(self.form())
        except GenerationError as error:
            self._say(clean_line(str(error), 400), "problem")
            return None

    def _say(self, text: str, kind: str = "") -> None:
        line = self.query_one("#estimate", Static)
        line.set_class(kind == "problem", "problem")
        line.set_class(kind == "question", "question")
        line.update(Content(clean(text)))
