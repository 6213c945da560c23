"""Examples of reading: a result in the pieces in which the student reads it, and what it says of each.

Invariant: a piece is rendered and decoded by the functions of ``training.student.passages``. The short answer
is a part of its own, written where the student would point, so that neither leans on the other.
"""

from collections.abc import Iterator
from dataclasses import replace

from tools.calls import ToolCall
from tools.protocol.messages import Prompt, Reading
from tools.protocol.render import render
from training.datasets.example import Example
from training.finetune.rendered import Rendered
from training.finetune.tokens import Tokens
from training.student.passages import (
    LINE,
    WRITTEN_PREFIX,
    Passage,
    Piece,
    conversation,
    pieces,
    tokens_of_form,
)

WRITTEN_SUFFIX = "/written"
"""What the id of the part with the written answer adds to that of the part that points."""
_OTHER_PIECES = 1
"""Pieces without the answer that are learned from, of a text that takes several."""


def parts(example: Example) -> Iterator[Example]:
    """What is learned from one example: each with a result that is a single piece."""
    label, made = example.reading, pieces(_passage(example))
    assert label
    held = next((each for each in made if label.line is not None and _holds(each, label.line)), made[0])
    others = [each for each in made if each is not held][:_OTHER_PIECES]
    line = None if label.line is None else label.line - held.first
    yield _part(example, held, "", form=label.form, line=line, answer=label.answer)
    if label.answer:
        told = {"form": label.form, "line": line, "answer": label.answer}
        yield _part(example, held, WRITTEN_SUFFIX, **told, written=True)
    for number, each in enumerate(others):
        form = "none" if label.form == LINE else label.form
        yield _part(example, each, f"/{number}", form=form, line=None, answer="")


def rendered_reading(tokens: Tokens, prompt: Prompt, example: Example) -> Rendered:
    """One part as it is read at run time. Raises ValueError where the prompt does not say how to read."""
    label, reading = example.reading, prompt.reading
    if label is None or reading is None:
        raise ValueError("the prompt does not say how results are read")
    (piece,) = pieces(_passage(example))
    ids = tokens.tokenize_segments(render(conversation(reading, _question(example), piece), tokens.template))
    prefix = _prefix(tokens, reading)
    before = tuple(ids[len(prefix) :])
    if label.written:
        opening, said = tokens.tokenize(WRITTEN_PREFIX), tokens.tokenize(label.answer)
        start = len(before) + len(opening)
        whole = (*before, *opening, *said, tokens.end)
        return Rendered(prefix, whole, ((start, len(whole)),), sort="other")
    number = None if label.line is None else piece.numbered.index(label.line) + 1
    whole = (*before, *tokens_of_form(tokens, label.form, number), tokens.end)
    return Rendered(prefix, whole, ((len(before), len(whole)),), sort="reading")


def _prefix(tokens: Tokens, reading: Reading) -> tuple[int, ...]:
    """What all readings begin with."""
    nothing = Piece(ToolCall("", "", {}), 0, ())
    one, other = (
        tokens.tokenize_segments(render(conversation(reading, text, nothing), tokens.template))
        for text in "ab"
    )
    return tuple(one[: next(at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)])


def _part(example: Example, piece: Piece, suffix: str, **label: object) -> Example:
    *before, result, last = example.messages
    shown = replace(result, text="\n".join(piece.lines))
    reading = replace(example.reading, **label)  # type: ignore[type-var]
    return replace(example, id=f"{example.id}{suffix}", messages=(*before, shown, last), reading=reading)


def _holds(piece: Piece, line: int) -> bool:
    return piece.first <= line < piece.first + len(piece.lines)


def _passage(example: Example) -> Passage:
    """The result before the last turn, and the call that brought it."""
    result = example.messages[-2]
    call = next(call for message in example.messages for call in message.calls if call.id == result.call_id)
    return Passage(call, tuple(result.text.split("\n")))


def _question(example: Example) -> str:
    return next(message.text for message in reversed(example.messages) if message.role == "user")
