"""A tool's result as the student reads it: in pieces of numbered lines, between the question and itself.

Training and run time render through the same functions here. Invariant: every line that is not blank has a
number in exactly one piece, and a number stands behind what it numbers, where the student has read the line.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tools.calls import ToolCall
from tools.protocol.calls import write_call
from tools.protocol.messages import Conversation, Message, Prompt, Reading

LINE = "line"
FORMS = (LINE, "result", "done", "ask", "none")
"""What the last step of a turn may be: a line, the whole result, what was done, a question, no answer."""
WRITTEN_PREFIX = "says\n"
"""Opens the short answer that the student writes beside pointing; it is never a choice."""
NUMBER_PREFIX = f"{LINE} ["

MOST_LINES = 48
MOST_CHARACTERS = 2400
LONGEST_LINE = 240
_LONGEST_CALL = 160
_EARLIEST_BREAK = 0.6


@dataclass(frozen=True)
class Passage:
    """What one call brought: its lines, and the call."""

    call: ToolCall
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Piece:
    """Some lines of a passage that follow one another."""

    call: ToolCall
    first: int
    """Place of the first line in the passage."""
    lines: tuple[str, ...]

    @property
    def numbered(self) -> tuple[int, ...]:
        """The places in the piece that have a number, in their order."""
        return tuple(place for place, line in enumerate(self.lines) if line.strip())


def pieces(passage: Passage) -> list[Piece]:
    """The passage in pieces that the student can read at once; broken at blank lines where there are some."""
    made: list[Piece] = []
    start = 0
    while start < len(passage.lines):
        stop = _stop(passage.lines, start)
        made.append(Piece(passage.call, start, passage.lines[start:stop]))
        start = stop
    return made or [Piece(passage.call, 0, ())]


def _stop(lines: Sequence[str], start: int) -> int:
    """Where the piece that begins at ``start`` ends."""
    characters, stop = 0, start
    while stop < len(lines) and stop - start < MOST_LINES:
        characters += len(shown(lines[stop])) + 5
        if characters > MOST_CHARACTERS and stop > start:
            break
        stop += 1
    if stop == len(lines):
        return stop
    earliest = start + int((stop - start) * _EARLIEST_BREAK)
    blank = next((place for place in range(stop - 1, earliest, -1) if not lines[place].strip()), None)
    return stop if blank is None else blank + 1


def shown(line: str) -> str:
    """A line without what is too long of it."""
    line = line.rstrip()
    return line if len(line) <= LONGEST_LINE else line[: LONGEST_LINE - 1] + "…"


def conversation(reading: Reading, question: str, piece: Piece) -> Conversation:
    """What the student sees of one piece."""
    prompt = Prompt(reading.instructions, describe=False)
    return Conversation(prompt, (), (Message("user", _text(question, piece)),))


def _text(question: str, piece: Piece) -> str:
    written = write_call(piece.call)
    call = written if len(written) <= _LONGEST_CALL else written[: _LONGEST_CALL - 1] + "…"
    return "\n".join([question, "", call, *_numbered(piece), "", question])


def _numbered(piece: Piece) -> Iterator[str]:
    number = 0
    for line in piece.lines:
        if line.strip():
            number += 1
            yield f"{shown(line)} [{number:02}]"
        else:
            yield ""


def tokens_of_form(tokens: Any, form: str, number: int | None = None) -> list[int]:
    """What the student writes to choose ``form``, without the end; ``number`` is that of the line, from 1.

    ``tokens`` is a vocabulary. In the parts in which it is decoded.
    """
    if form != LINE:
        return list(tokens.tokenize(form))
    if number is None:
        raise ValueError("a line has a number")
    return [*tokens.tokenize(NUMBER_PREFIX), *digits(tokens, number), *tokens.tokenize("]")]


def digits(tokens: Any, number: int) -> list[int]:
    """The two digits of a line's number, a token each."""
    return [token for digit in f"{number:02}" for token in tokens.tokenize(digit)]
