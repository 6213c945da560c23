"""An answer, streamed: a piece is drawn at once, and what follows within a frame is drawn together.

Imports Markdown, so it is imported itself only when the first answer comes.
"""

from typing import Any

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static
from textual.widgets.markdown import Markdown

from assistant.text_safety import clean, clean_line
from assistant.tui.formatting import renders_as_markdown, whole

FRAME_S = 1 / 60


class SafeMarkdown(Markdown):
    """Markdown that opens no link: a click copies the address and shows where it leads."""

    def __init__(self, markdown: str | None = None, **options: Any) -> None:
        super().__init__(markdown, open_links=False, **options)

    def on_markdown_link_clicked(self, event: Markdown.LinkClicked) -> None:
        event.stop()
        self.app.copy_to_clipboard(event.href)
        self.notify(f"Link copied: {clean_line(event.href, 300)}", markup=False)


class AnswerBlock(Vertical):
    """The student's reply: Markdown, or plain text where Markdown would cost too much to draw."""

    def __init__(self, text: str = "") -> None:
        super().__init__(classes="block answer")
        self._received = text
        self._pending = ""
        self._timer: Timer | None = None
        self._markdown: SafeMarkdown | None = None
        if renders_as_markdown(text):
            self._markdown = SafeMarkdown(clean(text))

    @property
    def text(self) -> str:
        """The answer as it was received, unchanged."""
        return self._received

    def compose(self) -> ComposeResult:
        yield self._markdown or Static(Content(whole(self._received)))

    def append(self, text: str) -> None:
        """Add a piece; it is on the screen within one frame."""
        self._received += text
        self._pending += text
        if self._timer is None:
            self._show()

    def _show(self) -> None:
        """Draw what is there, and gather what comes until the frame is over."""
        self._timer = self.set_timer(FRAME_S, self._frame_over)
        self.call_next(self._flush)

    def _frame_over(self) -> None:
        self._timer = None
        if self._pending:
            self._show()

    async def finish(self, text: str) -> None:
        """The answer is whole. Where ``text`` is not what was streamed, it replaces it."""
        if self._timer is not None:
            self._timer.stop()
        if text and text != self._received:
            self._received, self._pending = text, ""
            await self._redraw()
        else:
            await self._flush()

    async def _flush(self) -> None:
        piece, self._pending = self._pending, ""
        if not piece:
            return
        if self._markdown is not None and renders_as_markdown(self._received):
            await self._markdown.append(clean(piece))
        else:
            await self._redraw()

    async def _redraw(self) -> None:
        if self._markdown is not None and renders_as_markdown(self._received):
            await self._markdown.update(clean(self._received))
            return
        if self._markdown is not None:
            self._markdown = None
            await self.remove_children()
            await self.mount(Static(Content(whole(self._received))))
            return
        self.query_one(Static).update(Content(whole(self._received)))
