"""A blind comparison of two students on the person's own requests, by vote."""

import asyncio
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.types import CSSPathType
from textual.widgets import Static

from assistant.arena import Arena, Round
from assistant.text_safety import clean, clean_line
from assistant.tui.arena_text import KEYS, standing_text, votes_text
from assistant.tui.screens.acting import ActingPanel
from assistant.tui.widgets.field import Field
from training.events.base import EventLogError
from training.student.base import StudentError

_HINT = "1 2 e n vote · s another · / ask one of your own · r result · Esc closes"
_SAME = "both chose the same: there is nothing to vote on"
_NONE_LEFT = "No request of yours is left that was not voted on: / asks a new one."


class ArenaScreen(ActingPanel):
    """Both students are loaded while it is open, and ended with it. What they choose is not run."""

    CSS_PATH: ClassVar[CSSPathType | None] = ["panel.tcss", "arena.tcss"]
    AUTO_FOCUS = ".answer"
    PROBLEMS: ClassVar[tuple[type[Exception], ...]] = (StudentError, EventLogError, OSError)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "vote('left')", "Left", show=False),
        Binding("2", "vote('right')", "Right", show=False),
        Binding("e", "vote('equal')", "Equal", show=False),
        Binding("n", "vote('neither')", "Neither", show=False),
        Binding("s", "another", "Another request", show=False),
        Binding("slash", "write", "Own request", show=False),
        Binding("r", "result", "Result", show=False),
        Binding("q", "close", "Close", show=False),
    ]

    def __init__(self, arena: Arena) -> None:
        super().__init__("Arena", _HINT)
        self._arena = arena
        self._round: Round | None = None
        self._same = 0

    def parts(self) -> ComposeResult:
        yield Static(id="request", markup=False)
        field = Field(placeholder="A request; Enter asks both", id="asking", compact=True)
        field.cursor_blink = False
        yield field
        with Horizontal(id="answers"):
            for number, side in enumerate(("left", "right"), 1):
                with VerticalScroll(classes="answer", id=side) as pane:
                    pane.border_title = Content(f" {number} ")
                    yield Static(markup=False)
        yield Static(id="keys", markup=False)

    def on_mount(self) -> None:
        self.say("loading both students …")
        self._begin()

    @work(group="round", exclusive=True)
    async def _begin(self) -> None:
        try:
            await self._arena.start()
        except self.PROBLEMS as problem:
            self.say(str(problem), "problem")
            return
        await self._next()

    async def on_unmount(self) -> None:
        self.workers.cancel_group(self, "round")
        await self._arena.close()

    def action_another(self) -> None:
        self._another()

    @work(group="round", exclusive=True)
    async def _another(self) -> None:
        await self._next()

    @work(group="round", exclusive=True)
    async def _own(self, request: str) -> None:
        await self._ask(request)

    async def _next(self) -> None:
        """The next request on which the two differ."""
        while True:
            try:
                request = await asyncio.to_thread(self._arena.next_request)
            except EventLogError as problem:
                self.say(str(problem), "problem")
                return
            if request is None:
                self._show(None, _NONE_LEFT)
                return
            made = await self._ask(request)
            if made is None or not made.same:
                return
            self._same += 1

    async def _ask(self, request: str) -> Round | None:
        """Show what both choose; None where they could not be asked."""
        self._show(None, request)
        self.say("both decide …")
        try:
            made = await self._arena.ask(request)
            found = await asyncio.to_thread(self._arena.standing)
        except self.PROBLEMS as problem:
            self.say(str(problem), "problem")
            return None
        self._show(made, request)
        self.say(
            "both chose the same: there is nothing to vote on" if made.same else votes_text(found, self._same)
        )
        return made

    def action_vote(self, choice: str) -> None:
        made = self._round
        if made is not None and not made.same:
            self._round = None
            self._voted(made, choice)

    @work(group="round", exclusive=True)
    async def _voted(self, made: Round, choice: str) -> None:
        try:
            await asyncio.to_thread(self._arena.vote, made, choice)
        except EventLogError as problem:
            self._round = made
            self.say(f"the vote was not kept: {problem}", "problem")
            return
        await self._next()

    def action_result(self) -> None:
        """Tell how it stands; who is who is known from then on."""
        self.do(self._result)

    async def _result(self) -> str:
        return standing_text(await asyncio.to_thread(self._arena.standing), self._arena.names)

    def action_write(self) -> None:
        """Write a request."""
        field = self.query_one("#asking", Field)
        field.add_class("open")
        field.focus()

    @on(Field.Submitted, "#asking")
    def _written(self, event: Field.Submitted) -> None:
        self._leave_field()
        if event.value.strip():
            self._own(event.value.strip())

    def action_close(self) -> None:
        if self.query_one("#asking").has_focus:
            self._leave_field()
        else:
            self.dismiss(None)

    def _leave_field(self) -> None:
        field = self.query_one("#asking", Field)
        field.remove_class("open")
        field.value = ""
        self.query_one("#left").focus()

    def _show(self, made: Round | None, request: str) -> None:
        """The answers side by side; empty while nobody has answered."""
        if not self.is_mounted:
            return
        self._round = made
        self.query_one("#request", Static).update(Content(clean_line(request, 400)))
        for side in ("left", "right"):
            text = getattr(made, side) if made is not None else ""
            self.query_one(f"#{side} Static", Static).update(Content(clean(text)))
            self.query_one(f"#{side}", VerticalScroll).scroll_home(animate=False)
        self.query_one("#keys", Static).update(KEYS if made is not None and not made.same else "")
