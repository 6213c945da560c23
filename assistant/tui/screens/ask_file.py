"""Asks for the name of a file that is to be written; a name that is taken is refused."""

from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.types import CSSPathType
from textual.widgets import Input, Static

from assistant.text_safety import clean_line
from assistant.tui.screens.panel import PanelScreen


class AskFileScreen(PanelScreen[Path | None]):
    """``what`` is written; a relative name is one in ``folder``. Dismisses with a free name, or None."""

    CSS_PATH: ClassVar[CSSPathType | None] = ["panel.tcss", "decisions.tcss"]
    AUTO_FOCUS = "Input"

    def __init__(self, what: str, folder: Path, suggested: str) -> None:
        super().__init__(f"Export {what}", "Enter writes · Esc closes")
        self.add_class("small")
        self._folder = folder
        self._field = Input(suggested, compact=True, select_on_focus=False)
        self._field.cursor_blink = False

    def content(self) -> ComposeResult:
        yield Static(f"File, in {clean_line(str(self._folder), 200)}", classes="label", markup=False)
        yield self._field
        yield Static(id="problem", markup=False)

    @on(Input.Submitted)
    def _entered(self) -> None:
        path = self._folder / Path(self._field.value.strip()).expanduser()
        problem = _problem(path, self._field.value.strip())
        if problem is None:
            self.dismiss(path)
        else:
            self.query_one("#problem", Static).update(clean_line(problem, 300))


def _problem(path: Path, name: str) -> str | None:
    if not name:
        return "write the name of a file"
    try:
        if path.exists() or path.is_symlink():
            return f"{name} is there already; choose another name"
        if not path.parent.is_dir():
            return f"there is no folder {path.parent}; make it, or choose another"
    except (OSError, ValueError) as error:
        return f"{name} is no name for a file: {error}"
    return None
