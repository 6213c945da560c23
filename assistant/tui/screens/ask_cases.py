"""Asks for a file of cases; one that is not there is said."""

from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.types import CSSPathType
from textual.widgets import Static

from assistant.text_safety import clean_line
from assistant.tui.screens.panel import PanelScreen
from assistant.tui.widgets.field import Field


class AskCasesScreen(PanelScreen[Path | None]):
    """A relative name is one in ``folder``. Dismisses with a file that is there, or None."""

    CSS_PATH: ClassVar[CSSPathType | None] = ["panel.tcss", "decisions.tcss"]
    AUTO_FOCUS = "Input"

    def __init__(self, folder: Path) -> None:
        super().__init__("Compare on cases", "Enter compares · Esc closes")
        self.add_class("small")
        self._folder = folder
        self._field = Field(placeholder="cases.jsonl", compact=True)
        self._field.cursor_blink = False

    def content(self) -> ComposeResult:
        yield Static("A file of cases; a relative name is one in", classes="label")
        yield Static(clean_line(str(self._folder), 200), markup=False)
        yield self._field
        yield Static(id="problem", markup=False)

    @on(Field.Submitted)
    def _entered(self) -> None:
        name = self._field.value.strip()
        try:
            path = self._folder / Path(name).expanduser()
            found = bool(name) and path.is_file()
        except (OSError, ValueError, RuntimeError):
            found = False
        if found:
            self.dismiss(path.absolute())
        else:
            said = clean_line(f"there is no file {name}; `apprentice eval --help` says what it holds", 300)
            self.query_one("#problem", Static).update(said)
