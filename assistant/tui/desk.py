"""The confirmations that wait, shown one at a time.

Invariant: a confirmation is answered once, by the person, or its future is cancelled with its turn.
"""

from typing import TYPE_CHECKING

from assistant.agent.steps import Confirmation
from assistant.tui.messages import Replied
from assistant.tui.turn_view import ESC_HINT

if TYPE_CHECKING:
    from assistant.tui.screens.chat import ChatScreen


class ConfirmationDesk:
    """Mounts the panel of the first that waits, in place of the prompt."""

    def __init__(self, screen: "ChatScreen") -> None:
        self._screen = screen
        self._waiting: list[Confirmation] = []

    @property
    def first(self) -> Confirmation | None:
        """The one on the screen."""
        return self._waiting[0] if self._waiting else None

    async def add(self, confirmation: Confirmation) -> None:
        """A call waits for the person."""
        self._waiting.append(confirmation)
        await self._show_next()

    async def answered(self, event: Replied) -> None:
        """Hand the reply to the loop and show the next one."""
        confirmation = event.confirmation
        if confirmation in self._waiting:
            self._waiting.remove(confirmation)
        await self._close_panel()
        if not confirmation.reply.done():
            confirmation.reply.set_result(event.reply)
        self._screen.activity.work(confirmation.call.tool, ESC_HINT)
        await self._show_next()

    async def clear(self) -> None:
        """The turn is over: nothing waits any more."""
        for confirmation in self._waiting:
            confirmation.reply.cancel()
        self._waiting.clear()
        await self._close_panel()

    async def _show_next(self) -> None:
        screen = self._screen
        if screen.query("ConfirmationPanel") or not self._waiting:
            return
        # Only here: the panel brings widgets that the first paint does not need.
        from assistant.tui.widgets.confirmation import ConfirmationPanel

        screen.add_class("confirming")
        panel = ConfirmationPanel(self._waiting[0])
        await screen.query_one("#bottom").mount(panel, after=screen.popup)

    async def _close_panel(self) -> None:
        panels = self._screen.query("ConfirmationPanel")
        if panels:
            await panels.remove()
            self._screen.remove_class("confirming")
            self._screen.prompt.focus()
