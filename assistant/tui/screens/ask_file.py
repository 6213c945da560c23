"""Asks for the name of a file that is to be written; a name that is taken is refused."""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.types import CSSPathType
from textual.widgets import Input, Static

from assistant.text_safety import clean_line
from assistant.tui.screens.panel import PanelScreen
from assistant.tui.widgets.field import Field


class AskFileScreen(PanelScreen[Path | None]):
    """``what`` is written; a relative name is one in ``folder``, and ends in one of ``kinds``.

    Dismisses with a free name, or None.
    """

    CSS_PATH: ClassVar[CSSPathType | None] = ["panel.tcss", "decisions.tcss"]
    AUTO_FOCUS = "Input"

    def __init__(self, what: str, folder: Path, suggested: str, kinds: Sequence[str]) -> None:
        super().__init__(f"Export {what}", "Enter writes · Esc closes")
        self.add_class("small")
        self._folder = folder
        self._kinds = tuple(f".{kind}" for kind in kinds)
        self._field = Field(suggested, compact=True, select_on_focus=False)
        self._field.cursor_blink = False

    def content(self) -> ComposeResult:
        place = clean_line(str(self._folder), 200)
        yield Static(f"File, in {place}: {', '.join(self._kinds)}", classes="label", markup=False)
        yield self._field
        yield Static(id="problem", markup=False)

    @on(Input.Submitted)
    def _entered(self) -> None:
        name = self._field.value.strip()
        try:
            path = self._folder / Path(name).expanduser()
        except RuntimeError:
            path = self._folder / name
        problem = _problem(path, name, self._kinds)
        if problem is None:
            self.dismiss(path)
        else:
            self.query_one("#problem", Static).update(clean_line(problem, 300))


def _problem(path: Path, name: str, kinds: Sequence[str]) -> str | None:
    if not name:
        return "write the name of a file"
    if path.suffix not in kinds:
        return f"{name}: end the name in {' or '.join(kinds)}, which says how it is written"
    try:
        if path.exists() or path.is_symlink():
            return f"{name} is there already; choose another name"
        if not path.parent.is_dir():
            return f"there is no folder {path.parent}; make it, or choose another"
    except (OSError, ValueError) as error:
        return f"{name} is no name for a file: {error}"
    return None
