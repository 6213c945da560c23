"""The student's window: a bar of its parts, and what each of them takes."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.events import Resize
from textual.widgets import Static

from assistant.agent.window import Use
from assistant.tui.screens.panel import PanelScreen
from assistant.window_bar import FREE, MEANINGS, REPLY, Slice, headline, slices

NARROWEST, MEANINGS_WIDTH = 20, 78
# Colour and texture, so that the parts stay apart without colour too.
LOOKS = {
    "instructions": ("█", "$secondary"),
    "tools": ("▓", "$secondary"),
    "examples": ("▒", "$secondary"),
    "project": ("█", "$success"),
    "recap": ("▓", "$primary"),
    "requests": ("█", "$primary"),
    "student": ("█", "$accent"),
    "results": ("▒", "$accent"),
    FREE: ("·", "$text-disabled"),
    REPLY: ("░", "$text-muted"),
}


class WindowScreen(PanelScreen[None]):
    """Shows one ``Use``; it does not change while it is open."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("q,enter", "close", "Close", show=False)]

    def __init__(self, use: Use) -> None:
        super().__init__("Context", "/compact makes it shorter · Esc closes")
        self._use = use
        self._text = Static(id="window-use", markup=False)

    def content(self) -> ComposeResult:
        with VerticalScroll(id="panel-body"):
            yield self._text

    def on_mount(self) -> None:
        self.call_after_refresh(self._draw)

    def on_resize(self, _event: Resize) -> None:
        self._draw()

    def _draw(self) -> None:
        self._text.update(window_content(self._use, max(self._text.size.width, NARROWEST)))


def window_content(use: Use, width: int) -> Content:
    """Headline, bar and legend in ``width`` cells; the meanings leave where the terminal is narrow."""
    parts: list[tuple[str, str]] = [(headline(use), "bold")]
    if use.window:
        found = slices(use, width)
        parts.append(("\n\n", ""))
        for one in found:
            glyph, style = LOOKS[one.name]
            parts.append((glyph * one.cells, style))
        parts.append(("\n", ""))
        for one in found:
            parts += _legend(one, width)
    return Content.assemble(*parts)


def _legend(one: Slice, width: int) -> list[tuple[str, str]]:
    glyph, style = LOOKS[one.name]
    most = f"of {one.budget:,}" if one.budget else ""
    said: list[tuple[str, str]] = [
        (f"\n{glyph * 2} ", style),
        (f"{one.name:<13}", ""),
        (f"{one.tokens:>8,} ", "bold"),
        (f"{most:<10}", "$text-muted"),
        (f"{one.share:>7.1%}", ""),
    ]
    if width >= MEANINGS_WIDTH:
        said.append((f"   {MEANINGS[one.name]}", "$text-muted"))
    return said
