"""Colour for terminals, or none.

Invariant: text is cleaned before it is coloured, so that the only escape sequences that reach the
terminal are made here; without colour the output holds none at all.
"""

import os
from dataclasses import dataclass
from typing import TextIO

from assistant.text_safety import clean


def colour_wanted(stream: TextIO) -> bool:
    """True for a terminal that is not dumb, unless NO_COLOR is set."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM", "dumb") != "dumb"


@dataclass(frozen=True)
class Ink:
    """Paints cleaned text in the terminal's own sixteen colours; ``colour`` off gives plain text."""

    colour: bool

    def dim(self, text: str) -> str:
        return self._paint("2", text)

    def bold(self, text: str) -> str:
        return self._paint("1", text)

    def good(self, text: str) -> str:
        return self._paint("32", text)

    def warn(self, text: str) -> str:
        return self._paint("33", text)

    def bad(self, text: str) -> str:
        return self._paint("31", text)

    def code(self, text: str, language: str) -> str:
        """``text`` highlighted as ``language`` (a Pygments alias; unknown ones stay plain)."""
        safe = clean(text)
        if not self.colour:
            return safe
        from pygments import highlight
        from pygments.formatters import TerminalFormatter
        from pygments.lexers import get_lexer_by_name
        from pygments.util import ClassNotFound

        try:
            lexer = get_lexer_by_name(language or "text", stripnl=False)
        except ClassNotFound:
            return safe
        # Lexers know a line by its end, so one is lent to a text that has none.
        painted = str(highlight(safe, lexer, TerminalFormatter(bg="dark")))
        return painted if safe.endswith("\n") else painted.removesuffix("\n")

    def diff(self, text: str) -> str:
        """A unified diff, highlighted."""
        return self.code(text, "diff")

    def _paint(self, code: str, text: str) -> str:
        safe = clean(text)
        return f"\x1b[{code}m{safe}\x1b[0m" if self.colour and safe else safe


def put(stream: TextIO, text: str) -> None:
    """Write and flush; what the stream's encoding lacks is written as a backslash escape."""
    try:
        stream.write(text)
    except UnicodeEncodeError:
        encoding = stream.encoding or "ascii"
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
    stream.flush()
