"""What is to be trained: the form, its choices, and the estimate."""

import asyncio
from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from assistant.text_safety import clean
from assistant.train_desk import Choice, TrainDesk, TrainForm
from assistant.train_text import estimate_text
from assistant.tui.widgets.form_grid import FormGrid
from training.jobs.base import JobError
from training.models.base import ModelError
from training.registry import RegistryError

_FIELDS = {
    "data": ("data", "a dataset, a folder or a file; Down lists"),
    "base": ("base", "Down lists what can be tuned here"),
    "start": ("from", "Down lists students to train further; empty: a new adapter"),
    "name": ("name", "of the data where empty"),
    "epochs": ("epochs", "passes over the examples"),
    "method": ("method", "lora, qlora on a GPU, full"),
    "settings": ("settings", "rank=16 learning_rate=3e-4 ..."),
}
_PROBLEMS = (JobError, ModelError, RegistryError, OSError)
_NO_CHOICE = {
    "data": "No examples yet: /teach makes some, `apprentice data curate` takes them from the log.",
    "base": "No model can be tuned here.",
    "start": "No student has an adapter yet.",
}


class TrainFormView(Vertical, can_focus=True):
    """Estimates before it starts anything."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+e", "estimate", "Estimate", show=False, priority=True),
        Binding("ctrl+s", "start", "Start", show=False, priority=True),
        Binding("down", "choose", "Choices", show=False),
    ]

    class Started(Message):
        """A run was started."""

        def __init__(self, job_id: str) -> None:
            super().__init__()
            self.job_id = job_id

    def __init__(self, desk: TrainDesk) -> None:
        super().__init__(id="start", classes="view")
        self._desk = desk
        self._fields = FormGrid(_FIELDS)

    def compose(self) -> ComposeResult:
        yield self._fields
        with VerticalScroll(can_focus=False):
            yield Static(id="estimate", markup=False)

    def on_mount(self) -> None:
        self._fill()

    @work(group="fill")
    async def _fill(self) -> None:
        """With what was trained last; where the person was quicker, what they wrote stays."""
        self._fields.fill(await asyncio.to_thread(self._desk.newest))

    def form(self) -> TrainForm:
        """What stands in the fields."""
        return TrainForm(**self._fields.values())

    def action_estimate(self) -> None:
        self._say("estimating: the speed of this machine is measured for a moment …")
        self._estimate(self.form(), start=False)

    def action_start(self) -> None:
        """What was estimated begins; anything else is estimated first."""
        form = self.form()
        known = self._desk.was_estimated(form)
        self._say(
            "starting …" if known else "estimating: the speed of this machine is measured for a moment …"
        )
        self._estimate(form, start=known)

    @on(Input.Submitted)
    def _submitted(self) -> None:
        self.action_estimate()

    @work(exclusive=True, group="estimate")
    async def _estimate(self, form: TrainForm, *, start: bool) -> None:
        try:
            if start:
                job = await asyncio.to_thread(self._desk.start, form)
                self._say(f"job {job.id}")
                self.post_message(self.Started(job.id))
            else:
                found = await asyncio.to_thread(self._desk.estimate, form)
                self._say(f"{estimate_text(found)}\n\nCtrl+S starts it.", "question")
        except _PROBLEMS as error:
            self._say(str(error), "problem")

    def action_choose(self) -> None:
        """List what a field may hold, where that can be listed; from outside go to the first field."""
        if self.has_focus:
            self.query(Input).first().focus()
            return
        name = self.screen.focused.id if self.screen.focused is not None else None
        lists: dict[str, Callable[[], Sequence[Choice]]] = {
            "data": self._desk.data,
            "base": self._desk.bases,
            "start": self._desk.starts,
        }
        if name in lists:
            self._choose(name, lists[name])

    @work(exclusive=True, group="choose")
    async def _choose(self, name: str, lists: Callable[[], Sequence[Choice]]) -> None:
        from assistant.tui.screens.pick import PickScreen, Row

        self._say("looking what there is …")
        try:
            choices = await asyncio.to_thread(lists)
        except _PROBLEMS as error:
            self._say(str(error), "problem")
            return
        self._say("")
        rows = [Row(one.value, one.columns) for one in choices]
        chosen = await self.app.push_screen_wait(PickScreen(f"Choose: {name}", rows, _NO_CHOICE[name]))
        if chosen is not None:
            self.query_one(f"#{name}", Input).value = chosen

    def _say(self, text: str, kind: str = "") -> None:
        if not self.is_mounted:
            return
        line = self.query_one("#estimate", Static)
        line.set_class(kind == "problem", "problem")
        line.set_class(kind == "question", "question")
        line.update(Content(clean(text)))
