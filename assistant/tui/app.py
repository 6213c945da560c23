"""The Textual application, and the function that runs it."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import App
from textual.binding import Binding, BindingType
from textual.screen import Screen

from assistant.tui.hangup import CODE, watch
from assistant.tui.history import PromptHistory
from assistant.tui.look import Look, keep_look, last_look
from assistant.tui.messages import JobEnded, TurnEnded
from assistant.tui.opening import Opening
from assistant.tui.screens.chat import ChatScreen
from assistant.tui.seam import CommandTable, LazyCommands, TuiChat
from assistant.tui.terminal_keys import read_all_keys
from assistant.tui.theme import DARK, THEMES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.app import SystemCommand

    from assistant.settings import Settings


class ApprenticeApp(App[int]):
    """One person at one chat.

    ``open_chat`` is called after the first frame; ``first`` is what that frame shows. ``fresh`` says that
    a new session begins. ``history`` is the file of earlier requests, None for none. ``keep_theme`` is given
    the name of a theme that the user chose, for the next start; it raises SettingsError. ``request`` is
    sent once the chat is open.
    """

    TITLE = "Apprentice"
    CSS_PATH = str(Path(__file__).parent / "screens" / "chat.tcss")
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+q", "quit", "Quit", show=False, priority=True)]

    def __init__(
        self,
        open_chat: Callable[[], TuiChat],
        first: Opening,
        *,
        fresh: bool = True,
        history: Path | None = None,
        commands: CommandTable | None = None,
        theme: str = DARK.name,
        ring: bool = True,
        keep_theme: Callable[[str], None] | None = None,
        request: str = "",
    ) -> None:
        super().__init__()
        self._worn = theme
        self._keep_theme = keep_theme
        self._request = request
        self.resumed_by = ""
        """The command that opens the session again, once the program has ended."""
        self.opening: asyncio.Task[TuiChat] | None = None
        self._open_chat = open_chat
        self._first = first
        self._fresh = fresh
        self.ring = ring
        self._history = PromptHistory(history)
        self._commands = commands or LazyCommands()
        for own in THEMES:
            self.register_theme(own)
        self._wear(theme)

    def _wear(self, theme: str) -> None:
        self._worn = theme if theme in self.available_themes else DARK.name
        self.theme = self._worn

    def watch_theme(self, theme: str) -> None:
        """Keep a theme that the user chose."""
        if theme != self._worn and self._keep_theme is not None:
            self._worn = theme
            self.run_worker(self._kept_theme(self._keep_theme, theme), group="theme")

    async def _kept_theme(self, keep: Callable[[str], None], theme: str) -> None:
        from assistant.settings_file import SettingsError

        try:
            await asyncio.to_thread(keep, theme)
        except SettingsError as error:
            self.notify(f"the theme is not kept: {error}", severity="warning", markup=False)

    def take_look(self, look: Look) -> None:
        """What the settings say, where the first frame guessed."""
        self.ring = look.ring
        self._wear(look.theme)

    @on(TurnEnded)
    @on(JobEnded)
    def _ring(self) -> None:
        if self.ring and not self.app_focus:
            self.bell()

    def get_default_screen(self) -> Screen[None]:
        return ChatScreen(
            self._first, self.open, self._history, self._commands, fresh=self._fresh, request=self._request
        )

    async def open(self) -> TuiChat | None:
        """The chat; None where it cannot be opened: the program then ends, and ``opening`` holds why.

        In a thread, because a long log takes its time and the interface stays alive meanwhile.
        """
        self.opening = asyncio.create_task(asyncio.to_thread(self._open_chat))
        await asyncio.wait({self.opening})
        if self.opening.exception() is not None:
            self.exit(1)
            return None
        return self.opening.result()

    def get_system_commands(self, screen: Screen[object]) -> "Iterable[SystemCommand]":
        """The command palette: ours, then Textual's theme chooser."""
        from assistant.tui.palette import palette

        return palette(self, screen)


def run(
    load: "Callable[[], Settings]", workspace: Path, session: str | None = None, *, first: str = ""
) -> int:
    """Open the application; ``first`` is sent as soon as the chat is open. Returns the exit code.

    ``load`` and what ``build_chat`` does come behind the first frame; where one raises, the program ends
    and this raises it.
    """
    if os.environ.get("TERM", "dumb") in ("", "dumb"):
        sys.stderr.write("this terminal cannot draw (TERM): opening the plain interface, as --plain does\n")
        from assistant import repl

        return repl.run(load(), workspace, session, first=first)
    from assistant.paths import history_file, look_file

    def open_chat() -> TuiChat:
        from assistant.wiring import build_chat

        settings = load()
        interface, student = settings.interface, settings.student.model
        look = Look(interface.theme, interface.mouse, interface.notify, settings.mode, student)
        keep_look(look_file(), look)
        app.call_from_thread(app.take_look, look)
        return build_chat(settings, workspace, session)

    _follow_the_terminal()
    read_all_keys()
    look = last_look(look_file())
    app = ApprenticeApp(
        open_chat,
        Opening(workspace, look.mode, look.student),
        fresh=session is None,
        history=history_file(),
        theme=look.theme,
        ring=look.ring,
        keep_theme=_keep_theme,
        request=first,
    )
    code = asyncio.run(_run(app, mouse=look.mouse))
    if app.resumed_by:
        with suppress(OSError):  # a terminal that is gone
            sys.stdout.write(f"{app.resumed_by}\n")
            sys.stdout.flush()
    return code


def _keep_theme(name: str) -> None:
    """Make ``name`` the theme of the user's settings. Raises SettingsError."""
    from assistant.paths import look_file
    from assistant.settings_edit import set_value

    set_value("interface.theme", name)
    keep_look(look_file(), replace(last_look(look_file()), theme=name))


def _follow_the_terminal() -> None:
    """Forget COLUMNS and LINES where the terminal says its size: exported, they would hold it for ever."""
    with suppress(OSError):
        if all(os.get_terminal_size(sys.stdout.fileno())):
            os.environ.pop("COLUMNS", None)
            os.environ.pop("LINES", None)


async def _run(app: ApprenticeApp, *, mouse: bool) -> int:
    """The application until it ends, and the chat closed whatever ended it."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        loop.add_signal_handler(number, app.exit, 128 + number)
    watch(lambda: loop.call_soon_threadsafe(app.exit, CODE))
    try:
        code = await app.run_async(mouse=mouse)
    finally:
        if app.opening is not None:
            chat = await app.opening
            await chat.cancel()
            await chat.close()
            app.resumed_by = chat.session.how_to_resume()
    return code if code is not None else app.return_code or 0
