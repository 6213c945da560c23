"""What Esc and Ctrl+C mean: dismiss, interrupt, clear, quit, in this order.

Two quick Ctrl+C quit, also where what runs does not end.
"""

from time import monotonic
from typing import TYPE_CHECKING

from assistant.tui.messages import Submitted
from assistant.tui.prompt_helper import PromptHelper

if TYPE_CHECKING:
    from assistant.tui.screens.chat import ChatScreen

QUIT_AGAIN_S = 2.0
ESC_AGAIN_S = 0.6


class Stopping:
    """Remembers the last press, because the second one means more than the first."""

    def __init__(self, screen: "ChatScreen", helper: PromptHelper) -> None:
        self._screen = screen
        self._helper = helper
        self._escaped_at = self._interrupted_at = float("-inf")

    def escape(self) -> None:
        """Dismiss what is open; else interrupt; a second Esc clears the text, or goes back without one."""
        screen = self._screen
        if self._helper.dismiss():
            return
        if screen.busy:
            screen.stop_turn()
            return
        now = monotonic()
        if now - self._escaped_at >= ESC_AGAIN_S:
            self._escaped_at = now
            screen.activity.rest(f"Esc again {'clears the text' if screen.prompt.text else 'goes back'}")
            return
        self._escaped_at = float("-inf")
        screen.activity.rest()
        if screen.prompt.text:
            screen.prompt.set_text("")
        else:
            screen.post_message(Submitted("/rewind"))

    def interrupt(self) -> None:
        """Copy a selection; else interrupt, then clear, then quit; pressed twice, interrupt and quit."""
        screen = self._screen
        selected = screen.prompt.selected_text or screen.get_selected_text()
        if selected:
            screen.app.copy_to_clipboard(selected)
            screen.clear_selection()
            screen.activity.rest("Copied")
        elif screen.busy and not self._is_second():
            self._interrupted_at = monotonic()
            screen.stop_turn()
        elif screen.busy:
            screen.app.exit(0)
        elif screen.prompt.text:
            self._helper.dismiss()
            screen.prompt.set_text("")
        elif self._is_second():
            screen.app.exit(0)
        else:
            self._interrupted_at = monotonic()
            screen.activity.rest("Ctrl+C again quits")

    def _is_second(self) -> bool:
        return monotonic() - self._interrupted_at < QUIT_AGAIN_S
