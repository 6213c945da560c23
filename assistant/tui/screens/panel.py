"""The frame that every panel shares: a titled box over the chat, Esc closes it."""

from typing import ClassVar, TypeVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.events import Resize
from textual.screen import ModalScreen
from textual.types import CSSPathType

from assistant.text_safety import clean_line

Result = TypeVar("Result")
EDGES = 6
"""Cells of the lower edge that the frame itself takes."""


class PanelScreen(ModalScreen[Result]):
    """Override ``content``. ``hint`` names keys at the lower edge, parted by dots, Esc last.

    Where the panel is narrow, keys before Esc are left out; the help has all of them.
    """

    CSS_PATH: ClassVar[CSSPathType | None] = "panel.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+c,f1,ctrl+o", "close", "Close", show=False, priority=True)
    ]

    def __init__(self, title: str, hint: str = "Esc closes") -> None:
        super().__init__()
        self._frame = Vertical(id="panel")
        self._frame.border_title = Content(clean_line(title, 80))
        self._hint = hint

    def show_hint(self, hint: str) -> None:
        """Name these keys from now on."""
        self._hint = hint
        self._frame.border_subtitle = Content(fitting(hint, self._frame.outer_size.width - EDGES))

    def on_resize(self, _event: Resize) -> None:
        self.call_after_refresh(self.show_hint, self._hint)

    def compose(self) -> ComposeResult:
        with self._frame:
            yield from self.content()

    def content(self) -> ComposeResult:
        """What stands inside the frame."""
        yield from ()

    def action_close(self) -> None:
        self.dismiss(None)


def fitting(hint: str, width: int) -> str:
    """As many keys of ``hint`` as fit into ``width`` cells; Esc is always among them."""
    *keys, esc = hint.split(" · ")
    if not esc.startswith("Esc"):
        keys, esc = [*keys, esc], "Esc closes"
    while keys and cell_len(" · ".join([*keys, esc])) > width:
        if esc != "Esc":
            esc = "Esc"
        else:
            keys.pop()
    return " · ".join([*keys, esc])
