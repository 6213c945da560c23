"""A list to choose from: typing narrows it, Enter takes the marked row, Esc takes none."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from assistant.text_safety import clean_line
from assistant.tui.screens.panel import PanelScreen
from assistant.tui.widgets.field import Field

SHOWN = 500


@dataclass(frozen=True)
class Row:
    """``columns`` are shown in line; ``value`` is what choosing the row gives."""

    value: str
    columns: tuple[str, ...]

    @property
    def text(self) -> str:
        return " ".join(self.columns)


class PickScreen(PanelScreen[str | None]):
    """Dismisses with the chosen row's value, or None."""

    AUTO_FOCUS = "Input"

    def __init__(self, title: str, rows: Sequence[Row], empty: str = "Nothing here yet.") -> None:
        super().__init__(title, "type to narrow · Enter opens · Esc closes")
        self._rows = list(rows)
        self._found = self._rows
        self._empty = empty
        self._widths = [
            max(len(clean_line(row.columns[i], 60)) for row in self._rows[:SHOWN])
            for i in range(len(self._rows[0].columns) if self._rows else 0)
        ]

    def content(self) -> ComposeResult:
        if not self._rows:
            yield Static(Content(self._empty), id="panel-empty")
            return
        narrow = Field(placeholder="Type to narrow", compact=True)
        narrow.cursor_blink = False
        yield narrow
        yield OptionList(*self._options(), compact=True)

    def on_mount(self) -> None:
        if self._rows:
            self.query_one(OptionList).highlighted = 0

    @on(Input.Changed)
    def _narrowed(self, event: Input.Changed) -> None:
        words = event.value.lower().split()
        self._found = [row for row in self._rows if all(word in row.text.lower() for word in words)]
        options = self.query_one(OptionList)
        options.set_options(self._options())
        options.highlighted = 0 if self._found else None

    @on(Input.Submitted)
    def _entered(self) -> None:
        at = self.query_one(OptionList).highlighted
        if at is not None:
            self.dismiss(self._found[at].value)

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._found[event.option_index].value)

    def key_down(self) -> None:
        self._walk(1)

    def key_up(self) -> None:
        self._walk(-1)

    def _walk(self, by: int) -> None:
        options = self.query_one(OptionList)
        if options.highlighted is not None:
            options.highlighted = max(0, min(len(self._found[:SHOWN]) - 1, options.highlighted + by))

    def _options(self) -> list[Option]:
        return [Option(self._line(row)) for row in self._found[:SHOWN]]

    def _line(self, row: Row) -> Content:
        cells = [
            clean_line(text, 60).ljust(width) for text, width in zip(row.columns, self._widths, strict=True)
        ]
        *before, last = cells
        return Content.assemble(*((cell + "  ", "$text-muted") for cell in before), last)
