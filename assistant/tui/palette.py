"""What the command palette (Ctrl+P) offers."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from textual.app import SystemCommand
from textual.screen import Screen

from assistant.modes import MODES
from assistant.tui.screens.chat import ChatScreen

if TYPE_CHECKING:
    from assistant.tui.app import ApprenticeApp


def palette(app: "ApprenticeApp", screen: Screen[object]) -> "Iterable[SystemCommand]":
    """Panels, modes, theme and quit; on another screen than the chat only the last two."""
    chat = next((entry for entry in app.screen_stack if isinstance(entry, ChatScreen)), None)
    if chat is not None and screen is chat:
        yield SystemCommand("Help", "commands and keys", chat.action_help)
        yield SystemCommand("Sessions", "open an earlier session", _opens(chat, "sessions"))
        yield SystemCommand(
            "Decisions", "what the student chose, and what came of it", _opens(chat, "decisions")
        )
        yield SystemCommand("Why", "the record behind the last decision", _opens(chat, "why"))
        yield SystemCommand("Models", "what can be the student", _opens(chat, "models"))
        yield SystemCommand("Curate", "a dataset from the decisions", _opens(chat, "curate"))
        yield SystemCommand("Train", "a better student from examples", _opens(chat, "train"))
        yield SystemCommand("Arena", "two students, by blind vote", _opens(chat, "arena"))
        yield SystemCommand("Jobs", "long work: how it goes, its log", _opens(chat, "jobs"))
        for mode, meaning in MODES.items():
            yield SystemCommand(f"Mode {mode}", meaning, _sets(chat, mode))
    yield SystemCommand("Theme", "change the colours", app.action_change_theme)
    yield SystemCommand("Quit", "leave; the session is kept", app.action_quit)


def _opens(chat: ChatScreen, name: str) -> Callable[[], None]:
    return lambda: (chat.open_panel(name), None)[1]


def _sets(chat: ChatScreen, mode: str) -> Callable[[], None]:
    def set_mode() -> None:
        chat.chat.set_mode(mode)
        chat.refresh_status()

    return set_mode
