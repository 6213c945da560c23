"""The reader for a terminal: prompt_toolkit with history, completion, many lines and a status toolbar.

Invariant: the terminal's settings are changed only while a prompt or a watch is open, and put back however
either ends.
"""

import asyncio
import contextlib
import termios
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import Completer
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.history import DummyHistory, History
from prompt_toolkit.input import Input
from prompt_toolkit.input.typeahead import clear_typeahead
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.output import Output

from assistant.agent.chat import ChatApi
from assistant.modes import next_mode
from assistant.plain.keys import KeyWatch, PromptKeys
from assistant.plain.status_line import status_line
from assistant.text_safety import clean_line

LEAVE_HINT = "press Ctrl+C again to leave"
LEAVE_AGAIN_S = 2.0
"""How soon after an interrupt a Ctrl+C is the second of two."""


class PromptReader:
    """Requests and answers typed at a terminal. ``screen`` None is one that cannot move its cursor."""

    interactive = True

    def __init__(
        self, chat: ChatApi, *, history: History, completer: Completer, keyboard: Input, screen: Output | None
    ) -> None:
        self._chat = chat
        self._keyboard = keyboard
        self._keys = PromptKeys(self._cycle_mode)
        self._interrupted_at = float("-inf")
        self._watch: KeyWatch | None = None
        self._listening: contextlib.ExitStack | None = None
        self._requests: PromptSession[str | None] = PromptSession(
            input=keyboard,
            output=screen,
            history=history,
            completer=completer,
            complete_in_thread=True,
            multiline=True,
            key_bindings=self._keys.bindings(),
            bottom_toolbar=self._toolbar,
            enable_suspend=True,
            prompt_continuation="... ",
        )
        self._questions: PromptSession[str | None] = PromptSession(
            input=keyboard, output=screen, history=DummyHistory(), key_bindings=_dismiss_keys()
        )

    async def request(self) -> str | None:
        self._keys.leaving = monotonic() - self._interrupted_at < LEAVE_AGAIN_S
        with contextlib.suppress(EOFError):
            return await self._requests.prompt_async(self._prompt, handle_sigint=False)
        return None

    async def line(self, prompt: str, default: str = "") -> str | None:
        with self._paused(), contextlib.suppress(EOFError, KeyboardInterrupt):
            return await self._questions.prompt_async(prompt, default=default, handle_sigint=False)
        return None

    async def edit(self, text: str, name: str) -> str:
        from assistant.tui.external_editor import edit, editor_command

        with self._paused():
            return await asyncio.to_thread(edit, text, editor_command(), name)

    def flush(self) -> None:
        """Forget what was typed: the keys heard while the turn ran, and those still in the terminal."""
        if self._watch is not None:
            self._watch.forget()
        self._keyboard.read_keys()
        clear_typeahead(self._keyboard)
        with contextlib.suppress(termios.error):
            termios.tcflush(self._keyboard.fileno(), termios.TCIFLUSH)

    @contextmanager
    def watching(
        self, interrupt: Callable[[], None], escape: Callable[[], None] | None = None
    ) -> Iterator[None]:
        """Hear Esc and Ctrl+C while the block runs, except while a question is open."""

        def interrupted() -> None:
            self._interrupted_at = monotonic()
            interrupt()

        self._watch = KeyWatch(self._keyboard, interrupted, escape or interrupt)
        try:
            with contextlib.ExitStack() as self._listening:
                self._listening.enter_context(self._watch.on())
                yield
        finally:
            self._watch = self._listening = None

    def redraw(self) -> None:
        self._requests.app.invalidate()

    @contextmanager
    def _paused(self) -> Iterator[None]:
        """The keyboard belongs to the question while the block runs."""
        if self._watch is None or self._listening is None:
            yield
            return
        self._listening.pop_all().close()
        try:
            yield
        finally:
            self._listening.enter_context(self._watch.on())

    def _cycle_mode(self) -> None:
        self._chat.set_mode(next_mode(self._chat.status().mode))

    def _prompt(self) -> FormattedText:
        return FormattedText([("bold", f"{self._chat.status().mode}> ")])

    def _toolbar(self) -> FormattedText:
        return FormattedText([("", LEAVE_HINT if self._keys.leaving else self._status())])

    def _status(self) -> str:
        return clean_line(status_line(self._chat.status()))


def _dismiss_keys() -> KeyBindings:
    keys = KeyBindings()

    @keys.add("escape", eager=True)
    def _(event: KeyPressEvent) -> None:
        event.app.exit(result=None)

    return keys
