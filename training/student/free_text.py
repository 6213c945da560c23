"""Free text: a thought of one line, or an answer up to the end of the turn."""

import codecs
from collections.abc import Callable
from dataclasses import dataclass

from training.student.engine import Engine
from training.student.repetition import Repetition


@dataclass(frozen=True)
class FreeText:
    """What was written, and of how many tokens. ``cut``: it was ended by a limit, or because it ``repeated``
    itself; the third copy is not part of it."""

    text: str
    tokens: int
    cut: bool
    repeated: bool = False


def write_thought(engine: Engine, limit: int) -> tuple[str, int]:
    """One line of at most ``limit`` tokens, and how many it took. The line is ended in the cache."""
    data, count, repetition = b"", 0, Repetition()
    for _ in range(limit):
        token = int(engine.logits().argmax())
        piece = engine.vocabulary.piece_bytes(token)
        if engine.vocabulary.is_end(token) or b"\n" in piece or repetition.feed(token, piece):
            break
        data += piece
        engine.extend([token])
        count += 1
    if count:
        engine.extend(engine.vocabulary.tokenize("\n"))
    return data.decode("utf-8", "replace").strip(), count


def write_answer(engine: Engine, limit: int, on_text: Callable[[str], None]) -> FreeText:
    """The text up to the end of the turn, ``limit`` tokens, or where it begins to repeat itself."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    repetition = Repetition()
    pieces: list[bytes] = []
    limit = min(limit, engine.room)
    cut = True
    while len(pieces) < limit and repetition.began is None:
        token = int(engine.logits().argmax())
        if engine.vocabulary.is_end(token):
            cut = False
            break
        pieces.append(engine.vocabulary.piece_bytes(token))
        _emit(decoder.decode(pieces[-1]), on_text)
        engine.extend([token])
        repetition.feed(token, pieces[-1])
    _emit(decoder.decode(b"", final=True), on_text)
    text = b"".join(pieces[: repetition.began]).decode("utf-8", "replace").strip()
    return FreeText(text, len(pieces), cut, repetition.began is not None)


def _emit(piece: str, on_text: Callable[[str], None]) -> None:
    """Pass on ``piece``; it is empty while a character split over tokens waits for its rest."""
    if piece:
        on_text(piece)
