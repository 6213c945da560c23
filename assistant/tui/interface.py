"""What slash commands may ask of the application."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from assistant.commands.base import Severity
from assistant.text_safety import clean
from assistant.tui.turn_view import ESC_HINT

if TYPE_CHECKING:
    from assistant.tui.screens.chat import ChatScreen


class TuiInterface:
    """Fulfils ``assistant.commands.base.Interface`` for one chat screen.

    ``open_panel`` and ``pick`` wait for a screen, so a command runs in a worker of the application.
    """

    def __init__(self, screen: "ChatScreen") -> None:
        self._screen = screen

    def show(self, markdown: str) -> None:
        self._screen.show_block(markdown)

    def notify(self, text: str, severity: Severity = "information") -> None:
        self._screen.notify(clean(text), severity=severity, markup=False)

    def note(self, text: str) -> None:
        screen = self._screen
        screen.run_worker(screen.transcript.add_notice(text), group="notes", exit_on_error=False)

    def working(self, label: str) -> None:
        self._screen.activity.work(label, ESC_HINT)

    async def open_panel(self, name: str) -> bool:
        # Only here: no panel is needed for the first paint.
        from assistant.tui.panels import open_panel

        return await open_panel(self._screen, name)

    async def pick(self, title: str, choices: Sequence[tuple[str, str]]) -> str | None:
        from assistant.tui.screens.pick import PickScreen, Row

        rows = [Row(value, (label,)) for value, label in choices]
        return await self._screen.app.push_screen_wait(PickScreen(title, rows))

    async def session_changed(self) -> None:
        await self._screen.show_session()

    def exit(self) -> None:
        self._screen.app.exit(0)
