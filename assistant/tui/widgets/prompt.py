"""The prompt: a text area that grows to ten lines and knows the habits of a terminal."""

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from assistant.tui.history import PromptHistory
from assistant.tui.messages import Submitted
from assistant.tui.widgets.editor import Editor

PLACEHOLDER = "Ask about this code   / commands   @ files   ! shell"
NEW_LINE_KEYS = "ctrl+j,shift+enter,alt+enter"


class Prompt(Editor):
    """Posts ``Submitted``; what Tab, Esc and the popup mean is decided by its screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(NEW_LINE_KEYS, "new_line", "New line", show=False),
        Binding("ctrl+d", "delete_or_quit", "Quit", show=False),
        Binding("ctrl+b", "cursor_left", "Left", show=False),
        Binding("ctrl+f", "cursor_right", "Right", show=False),
        Binding("tab", "screen.complete", "Complete", show=False),
        Binding("pageup", "screen.older_page", "Scroll up", show=False),
        Binding("pagedown", "screen.newer_page", "Scroll down", show=False),
    ]

    class Walked(Message):
        """Up or Down moves the choice in the popup by ``by``."""

        def __init__(self, by: int) -> None:
            super().__init__()
            self.by = by

    class Accepted(Message):
        """Enter was pressed while the popup is open."""

    class HelpWanted(Message):
        """``?`` on an empty line."""

    def __init__(self, history: PromptHistory) -> None:
        super().__init__(
            id="prompt",
            placeholder=PLACEHOLDER,
            compact=True,
            highlight_cursor_line=False,
            tab_behavior="focus",
        )
        self.cursor_blink = False
        self.choosing = False
        self._history = history

    @property
    def before_cursor(self) -> str:
        """The text up to the cursor."""
        return self.get_text_range((0, 0), self.cursor_location)

    def set_text(self, text: str) -> None:
        """Replace the whole text, the cursor behind it."""
        self.load_text(text)
        self.move_cursor(self.document.end)

    async def _on_key(self, event: events.Key) -> None:
        if event.key == "enter":
            event.stop()
            event.prevent_default()
            self._enter()
            return
        if event.character == "?" and not self.text:
            event.stop()
            event.prevent_default()
            self.post_message(self.HelpWanted())

    def _enter(self) -> None:
        if self.choosing:
            self.post_message(self.Accepted())
            return
        if self.before_cursor.endswith("\\"):
            self.action_delete_left()
            self.action_new_line()
            return
        self.submit()

    def submit(self, *, queued: bool = False) -> None:
        """Send the text and clear the prompt; an empty text is not sent."""
        text = self.text.strip()
        if text:
            self.load_text("")
            self.post_message(Submitted(text, queued=queued))

    def action_new_line(self) -> None:
        self.insert("\n")
        self.scroll_cursor_visible()

    def action_delete_or_quit(self) -> None:
        if self.text:
            self.action_delete_right()
        else:
            self.app.exit(0)

    def action_cursor_up(self, select: bool = False) -> None:
        if self.choosing:
            self.post_message(self.Walked(-1))
        elif select or self._visual_row() > 0:
            super().action_cursor_up(select)
        else:
            self._recall(self._history.older(self.text))

    def action_cursor_down(self, select: bool = False) -> None:
        if self.choosing:
            self.post_message(self.Walked(1))
        elif select or self._visual_row() < self.wrapped_document.height - 1:
            super().action_cursor_down(select)
        else:
            self._recall(self._history.newer())

    def _visual_row(self) -> int:
        return self.wrapped_document.location_to_offset(self.cursor_location).y

    def _recall(self, text: str | None) -> None:
        if text is not None:
            self.set_text(text)
