"""The call that would have been right: a tool, and its arguments as JSON.

Invariant: it closes when the correction is recorded; what cannot be recorded stays to be seen and mended.
"""

from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.suggester import SuggestFromList
from textual.types import CSSPathType
from textual.widgets import Input, Static

from assistant.reviewing import Correction, Row, problem_of, takes
from assistant.text_safety import clean, clean_line
from assistant.tui.call_json import from_json, json_text
from assistant.tui.screens.panel import PanelScreen
from assistant.tui.widgets.editor import Editor
from assistant.tui.widgets.field import Field
from training.events.base import EventLogError

Save = Callable[[Correction], Awaitable[Row | None]]
"""Records a correction and gives the row as it is then. Raises EventLogError."""


class CorrectionScreen(PanelScreen[Row | None]):
    """``known`` are the tools with their schemas. Dismisses with the corrected row, or None."""

    CSS_PATH: ClassVar[CSSPathType | None] = ["panel.tcss", "decisions.tcss"]
    AUTO_FOCUS = "Editor"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+s", "save", "Save", show=False, priority=True)]

    def __init__(self, row: Row, known: dict[str, Any], save: Save) -> None:
        super().__init__("What would have been right", "Tab tool and arguments · Ctrl+S saves · Esc closes")
        self._known = known
        self._record = save
        review = row["review"] or {}
        tool = review.get("corrected_tool") or row["tool_selected"]
        arguments = review.get("corrected_parameters")
        self._tool = Field(
            clean_line(str(tool), 100), suggester=SuggestFromList(list(known)), compact=True, id="tool"
        )
        self._tool.cursor_blink = False
        self._arguments = Editor(
            json_text(row["tool_parameters"] if arguments is None else arguments), language=None, compact=True
        )
        self._arguments.cursor_blink = False

    def content(self) -> ComposeResult:
        yield Static("Tool", classes="label")
        yield self._tool
        yield Static(id="takes", classes="label", markup=False)
        yield self._arguments
        yield Static(id="problem", markup=False)

    @on(Input.Changed)
    def _tool_changed(self) -> None:
        said = takes(self._known.get(self._tool.value.strip()))
        self.query_one("#takes", Static).update(clean_line(f"Arguments, as JSON  {said}", 300))

    @on(Input.Submitted)
    def _tool_entered(self) -> None:
        self._arguments.focus()

    def action_save(self) -> None:
        tool = self._tool.value.strip()
        try:
            arguments = from_json(self._arguments.text)
        except ValueError as error:
            problem: str | None = str(error)
        else:
            problem = problem_of(tool, arguments, self._known)
            if problem is None:
                self._save(Correction(tool, arguments))
                return
        self._say(problem or "")

    @work(exclusive=True)
    async def _save(self, correction: Correction) -> None:
        try:
            row = await self._record(correction)
        except EventLogError as error:
            self._say(clean(str(error)))
        else:
            self.dismiss(row)

    def _say(self, problem: str) -> None:
        self.query_one("#problem", Static).update(clean_line(problem, 300))
