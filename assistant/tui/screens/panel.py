"""The frame that every panel shares: a titled box over the chat, Esc closes it."""

from typing import ClassVar, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.types import CSSPathType

from assistant.text_safety import clean_line

Result = TypeVar("Result")


class PanelScreen(ModalScreen[Result]):
    """Override ``content``. ``hint`` is shown at the lower edge."""

    CSS_PATH: ClassVar[CSSPathType | None] = "panel.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+c,f1,ctrl+o", "close", "Close", show=False, priority=True)
    ]

    def __init__(self, title: str, hint: str = "Esc closes") -> None:
        super().__init__()
        self._frame = Vertical(id="panel")
        self._frame.border_title = Content(clean_line(title, 80))
        self._frame.border_subtitle = Content(hint)

    def compose(self) -> ComposeResult:
        with self._frame:
            yield from self.content()

    def content(self) -> ComposeResult:
        """What stands inside the frame."""
        yield from ()

    def action_close(self) -> None:
        self.dismiss(None)
