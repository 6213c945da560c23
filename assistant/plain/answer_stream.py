"""Prints an answer while it arrives: prose at once, code blocks line by line with highlighting.

Invariant: with the escape sequences taken away, what was written is the answer, character by character,
cleaned. A line of code is highlighted on its own, so a string over many lines may lose its colour.
"""

import re
from collections.abc import Callable

from assistant.plain.ink import Ink
from assistant.text_safety import clean

FENCE = re.compile(r" {0,3}(`{3,}|~{3,})[ \t]*([\w+#.-]*)[^`]*$")


class AnswerStream:
    """Feed it pieces of Markdown; it calls ``write`` with what can be shown already."""

    def __init__(self, write: Callable[[str], None], ink: Ink) -> None:
        self._write = write
        self._ink = ink
        self._held = ""
        self._shown_of_line = False
        self._fence = ""
        self._language = ""

    def feed(self, text: str) -> None:
        """Take the next piece."""
        *lines, rest = text.split("\n")
        for line in lines:
            self._end_line(line)
        self._held += rest
        if not self._fence and not self._may_be_fence():
            self._write(clean(self._held))
            self._shown_of_line = self._shown_of_line or bool(self._held)
            self._held = ""

    def finish(self) -> None:
        """Write what is held back and end the line that is open."""
        if self._held:
            self._end_line("")
        elif self._shown_of_line:
            self._write("\n")
        self._shown_of_line = False
        self._fence = self._language = ""

    def _end_line(self, rest: str) -> None:
        line, self._held = self._held + rest, ""
        if self._shown_of_line:
            self._write(clean(line) + "\n")
        else:
            self._whole_line(line)
        self._shown_of_line = False

    def _whole_line(self, line: str) -> None:
        match = FENCE.match(line)
        if self._fence:
            closes = match and match[1].startswith(self._fence) and not match[2]
            if closes:
                self._fence = self._language = ""
                self._write(self._ink.dim(line) + "\n")
            else:
                self._write(self._ink.code(line, self._language) + "\n")
        elif match:
            self._fence, self._language = match[1], match[2]
            self._write(self._ink.dim(line) + "\n")
        else:
            self._write(clean(line) + "\n")

    def _may_be_fence(self) -> bool:
        """True while the line so far can still turn out to open a block."""
        if self._shown_of_line:
            return False
        start = self._held.lstrip(" ")
        return len(self._held) - len(start) <= 3 and (start[:3] in {"", "`", "``", "```", "~", "~~", "~~~"})
