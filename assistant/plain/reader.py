"""Where the REPL's lines come from: the seam, and the reader for input that is no terminal.

Invariant: a reader never approves anything by itself; one that is not ``interactive`` cannot be asked.
"""

import asyncio
import contextlib
import os
import termios
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol, TextIO

from assistant.plain.confirm import Asker
from assistant.plain.ink import put

CHUNK = 65_536


class Reader(Asker, Protocol):
    """Gives requests, answers to questions, and a way to interrupt what runs in between."""

    @property
    def interactive(self) -> bool:
        """True where a person sees a question and can answer it."""

    async def request(self) -> str | None:
        """The next request, command or shell line, maybe of many lines; None where the person leaves."""

    def watching(
        self, interrupt: Callable[[], None], escape: Callable[[], None] | None = None
    ) -> AbstractContextManager[None]:
        """Call ``interrupt`` on Ctrl+C while the block runs, and ``escape``, or that too, on Esc."""

    def redraw(self) -> None:
        """Show the status anew, where it is on the screen."""


class Lines:
    """Lines of a file descriptor without a thread, so that waiting for one can be cancelled."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._buffer = b""
        self._ended = False

    async def next(self) -> str | None:
        """The next line without its end; None at the end of the input."""
        while b"\n" not in self._buffer and not self._ended:
            await self._readable()
            chunk = os.read(self._descriptor, CHUNK)
            self._ended = not chunk
            self._buffer += chunk
        if not self._buffer:
            return None
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.decode("utf-8", "replace").rstrip("\r")

    def forget(self) -> None:
        """Drop what was typed and not read: in the terminal's queue and here."""
        if os.isatty(self._descriptor):
            self._buffer = b""
            termios.tcflush(self._descriptor, termios.TCIFLUSH)

    async def _readable(self) -> None:
        loop = asyncio.get_running_loop()
        ready = loop.create_future()
        try:
            loop.add_reader(self._descriptor, _settle, ready)
        except PermissionError:  # a regular file cannot be waited for, and never blocks
            return
        try:
            await ready
        finally:
            loop.remove_reader(self._descriptor)


def _settle(ready: "asyncio.Future[None]") -> None:
    if not ready.done():
        ready.set_result(None)


class LineReader:
    """Requests from a pipe or file, one per line; a line that ends in a backslash goes on in the next."""

    def __init__(self, stdin: TextIO, out: TextIO, *, interactive: bool = False) -> None:
        self._lines = Lines(stdin.fileno())
        self._out = out
        self._interactive = interactive

    @property
    def interactive(self) -> bool:
        return self._interactive

    async def request(self) -> str | None:
        parts: list[str] = []
        while (line := await self._lines.next()) is not None:
            if not line.endswith("\\"):
                return "\n".join([*parts, line])
            parts.append(line[:-1])
        return "\n".join(parts) if parts else None

    async def line(self, prompt: str, default: str = "") -> str | None:
        if default:
            put(self._out, f"now: {default}\n")
        put(self._out, prompt)
        return await self._lines.next()

    async def edit(self, text: str, name: str) -> str:
        from assistant.tui.external_editor import edit, editor_command

        return await asyncio.to_thread(edit, text, editor_command(), name)

    def flush(self) -> None:
        self._lines.forget()

    def watching(
        self, interrupt: Callable[[], None], escape: Callable[[], None] | None = None
    ) -> AbstractContextManager[None]:
        return contextlib.nullcontext()

    def redraw(self) -> None:
        return
