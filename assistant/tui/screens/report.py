"""A panel of Markdown: help, the record behind a decision, any report."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from assistant.text_safety import clean
from assistant.tui.formatting import renders_as_markdown, whole
from assistant.tui.screens.panel import PanelScreen
from assistant.tui.widgets.answer_block import SafeMarkdown


class ReportScreen(PanelScreen[None]):
    """Shows ``markdown``; what would cost too much to draw is shown as plain text."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("q,enter", "close", "Close", show=False)]

    def __init__(self, title: str, markdown: str) -> None:
        super().__init__(title, "Up Down scroll · Esc closes")
        self._markdown = markdown

    def content(self) -> ComposeResult:
        with VerticalScroll(id="panel-body"):
            if renders_as_markdown(self._markdown):
                yield SafeMarkdown(clean(self._markdown))
            else:
                yield Static(Content(whole(self._markdown)))
