"""Keys of the prompt, and the keys that are heard while the student works."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from prompt_toolkit.application import get_app
from prompt_toolkit.filters import Condition, has_completions
from prompt_toolkit.input import Input
from prompt_toolkit.input.typeahead import store_typeahead
from prompt_toolkit.key_binding import KeyBindings, KeyPress, KeyPressEvent
from prompt_toolkit.keys import Keys

ESCAPE_WAIT_S = 0.05
FORGOTTEN = frozenset({Keys.CPRResponse, Keys.Vt100MouseEvent, Keys.WindowsMouseEvent})


class PromptKeys:
    """The bindings of the prompt. ``leaving`` is true after the first Ctrl+C on an empty prompt."""

    def __init__(self, cycle_mode: Callable[[], None]) -> None:
        self.leaving = False
        self._cycle_mode = cycle_mode

    def bindings(self) -> KeyBindings:
        keys = KeyBindings()
        empty = Condition(lambda: not get_app().current_buffer.text)
        keys.add("enter")(self._send)
        for newline in (("escape", "enter"), ("c-j",)):
            keys.add(*newline)(_new_line)
        keys.add("s-tab", filter=~has_completions)(self._cycle)
        keys.add("tab")(_complete)
        keys.add("c-c")(self._clear_or_leave)
        keys.add("c-d", filter=empty)(_leave)
        keys.add("escape", "escape")(_clear)
        keys.add("c-g")(_open_editor)
        keys.add("f1", filter=empty)(_help)
        return keys

    def _send(self, event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        self.leaving = False
        if buffer.complete_state and buffer.complete_state.current_completion:
            buffer.complete_state = None
        elif buffer.document.is_cursor_at_the_end and buffer.text.endswith("\\"):
            buffer.delete_before_cursor()
            buffer.insert_text("\n")
        else:
            buffer.validate_and_handle()

    def _clear_or_leave(self, event: KeyPressEvent) -> None:
        if event.current_buffer.text:
            event.current_buffer.reset()
        elif self.leaving:
            event.app.exit(result=None)
        else:
            self.leaving = True

    def _cycle(self, event: KeyPressEvent) -> None:
        self._cycle_mode()
        event.app.invalidate()


def _new_line(event: KeyPressEvent) -> None:
    event.current_buffer.insert_text("\n")


def _complete(event: KeyPressEvent) -> None:
    """Take the next candidate, or look for some and take the first: fuzzy ones share no common start."""
    if event.current_buffer.complete_state:
        event.current_buffer.complete_next()
    else:
        event.current_buffer.start_completion(select_first=True)


def _clear(event: KeyPressEvent) -> None:
    event.current_buffer.reset()


def _leave(event: KeyPressEvent) -> None:
    event.app.exit(result=None)


def _open_editor(event: KeyPressEvent) -> None:
    event.current_buffer.open_in_editor()


def _help(event: KeyPressEvent) -> None:
    event.app.exit(result="/help")


class KeyWatch:
    """Hears Esc and Ctrl+C while a turn runs; other keys are kept for the next prompt."""

    def __init__(self, keyboard: Input, interrupt: Callable[[], None], escape: Callable[[], None]) -> None:
        self._keyboard = keyboard
        self._interrupt = interrupt
        self._escape = escape
        self._kept: list[KeyPress] = []
        self._timer: asyncio.TimerHandle | None = None

    @contextmanager
    def on(self) -> Iterator[None]:
        """Listen while the block runs. The terminal is as before afterwards."""
        with self._keyboard.raw_mode(), self._keyboard.attach(self._read):
            try:
                yield
            finally:
                self._stop_waiting()
                store_typeahead(self._keyboard, self._kept)
                self._kept = []

    def forget(self) -> None:
        """Drop the keys that were kept so far."""
        self._keyboard.flush_keys()
        self._kept = []

    def _read(self) -> None:
        self._take(self._keyboard.read_keys())
        self._stop_waiting()
        self._timer = asyncio.get_running_loop().call_later(ESCAPE_WAIT_S, self._flush)

    def _flush(self) -> None:
        """A lone Esc is known as one only when nothing follows it."""
        self._take(self._keyboard.flush_keys())

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _take(self, presses: list[KeyPress]) -> None:
        for at, press in enumerate(presses, start=1):
            alone = at == len(presses)
            if press.key == Keys.ControlC:
                self._interrupt()
            elif press.key == Keys.Escape and alone:
                self._escape()
            elif press.key not in FORGOTTEN:
                self._kept.append(press)
