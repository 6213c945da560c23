"""Which part of a reply is shown while it comes, and which waits until it is known what it is.

The first line waits, because a short remark before a call is a thought and not an answer; so does
whatever may open a written call, and thinking between ``<think>`` marks is left out. Text that was
shown and is followed by a call after all becomes the thought of that decision; interfaces then take
it back or leave it, they do not repeat it.
Invariant: the pieces passed on, put together, are the answer, where the reply turns out to be one.
"""

from collections.abc import Callable

from tools.protocol.calls import ANSWER_PREFIX
from training.student.remote_parse import LONGEST_OPENING, opening

FIRST_LINE = 100
"""Characters after which the first line is taken for an answer."""
THINK, THOUGHT = "<think>", "</think>"


def split_thinking(text: str) -> tuple[str, str]:
    """The thinking and the rest. A template may have opened the mark itself; a mark that is never closed
    leaves no rest."""
    before, mark, after = text.partition(THOUGHT)
    if mark:
        return before.strip().removeprefix(THINK).strip(), after.strip()
    if text.lstrip().startswith(THINK):
        return text.strip().removeprefix(THINK).strip(), ""
    return "", text.strip().removeprefix(ANSWER_PREFIX)


class Holding:
    """Takes pieces of a reply and passes on what is an answer. ``names`` are the tools that may be called;
    where there are none everything is an answer at once."""

    def __init__(self, names: tuple[str, ...], pass_on: Callable[[str], None]) -> None:
        self._opening = opening(names) if names else None
        self._pass_on = pass_on
        self._held = ""
        self._begun = False
        self._in_line = False
        self.shown = ""

    def feed(self, text: str) -> None:
        """Take the next piece."""
        self._held += text
        if not self._begun and not self._begin():
            return
        while self._held and (self._in_line or not self._may_open(self._held)):
            line, newline, _ = self._held.partition("\n")
            self._show(line + newline)
            self._in_line = not newline

    def finish(self) -> None:
        """The reply is an answer: pass on what is held."""
        rest = self._held if self._begun else split_thinking(self._held)[1]
        if rest:
            self._held = rest
            self._show(rest)

    def _begin(self) -> bool:
        """Whether the beginning is known to be an answer; thinking and the mark of an answer are dropped."""
        text = self._held.lstrip()
        if _overlap(text, THINK):
            _, mark, after = text.partition(THOUGHT)
            if not mark:
                return False
            self._held = text = after.lstrip()
        if _overlap(text, ANSWER_PREFIX) and not text.startswith(ANSWER_PREFIX):
            return False
        text = text.removeprefix(ANSWER_PREFIX)
        line, newline, following = text.partition("\n")
        goes_on = newline and following.strip() and not self._may_open(following.lstrip("\n"))
        if not text or (self._opening and len(line) < FIRST_LINE and not goes_on):
            return False
        self._held, self._begun = text, True
        return True

    def _may_open(self, text: str) -> bool:
        """Whether ``text``, from the beginning of a line, opens a call or may soon come to do so."""
        found = self._opening and self._opening.match(text[:LONGEST_OPENING], partial=True)
        return found is not None and not (found.partial and len(text) > LONGEST_OPENING)

    def _show(self, text: str) -> None:
        self._held = self._held[len(text) :]
        self.shown += text
        self._pass_on(text)


def _overlap(text: str, mark: str) -> bool:
    """Whether ``text`` begins with ``mark`` as far as either goes."""
    return text[: len(mark)] == mark[: len(text)]
