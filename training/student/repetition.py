"""Noticing that a text only says again what it said: as a circle, in runs of tokens, or line by line.

Invariant: what stands there for the first or the second time is never repetition, since answers quote and
code repeats; what is stopped is a third copy. The work for each token does not grow with the text.
"""

from collections import Counter, deque
from collections.abc import Sequence

LONGEST_LOOP = 96
LOOP_TOKENS = 48
_GRAM = 6
_COPIES = 2
"""How often something stands there before it counts as said again."""


class Repetition:
    """Follows one text. ``loop`` is how many tokens a circle must have, ``run`` how many in a row must have
    been said twice before, ``lines`` how many lines."""

    def __init__(self, loop: int = LOOP_TOKENS, run: int = 64, lines: int = 6) -> None:
        self._loop, self._run, self._most_lines = loop, run, lines
        self._recent: deque[int] = deque(maxlen=max(4 * LONGEST_LOOP, loop))
        self._grams: Counter[tuple[int, ...]] = Counter()
        self._gram: deque[int] = deque(maxlen=_GRAM)
        self._lines: Counter[bytes] = Counter()
        self._line = b""
        self._said = self._stale = self._stale_lines = 0
        self._line_began = self._first_stale = 0
        self.began: int | None = None
        """How many tokens came before the repetition; None where there is none."""

    def feed(self, token: int, piece: bytes) -> bool:
        """Take the next token and its text; whether the text repeats itself."""
        self._said += 1
        self._recent.append(token)
        self._gram.append(token)
        if len(self._gram) == _GRAM:
            gram = tuple(self._gram)
            self._stale = self._stale + 1 if self._grams[gram] >= _COPIES else 0
            self._grams[gram] += 1
            if self._stale >= self._run:
                self.began = self._said - self._stale
            elif self._grams[gram] > _COPIES and in_circles(list(self._recent), self._loop):
                self.began = self._said - self._loop
        self._feed_lines(piece)
        return self.began is not None

    def _feed_lines(self, piece: bytes) -> None:
        *ended, rest = (self._line + piece).split(b"\n")
        for line in map(bytes.strip, ended):
            if line:
                is_stale = self._lines[line] >= _COPIES
                if is_stale and not self._stale_lines:
                    self._first_stale = self._line_began
                self._stale_lines = self._stale_lines + 1 if is_stale else 0
                self._lines[line] += 1
                if self._stale_lines >= self._most_lines and self.began is None:
                    self.began = self._first_stale
        if ended:
            self._line_began = self._said
        self._line = rest


def in_circles(tokens: Sequence[int], least: int = LOOP_TOKENS) -> bool:
    """True where the text ends in one piece of up to LONGEST_LOOP tokens, four times over and at least
    ``least`` tokens long."""
    for length in range(1, LONGEST_LOOP + 1):
        size = max(4 * length, least)
        if size > len(tokens):
            return False
        tail = tokens[-size:]
        if tail[length:] == tail[:-length]:
            return True
    return False
