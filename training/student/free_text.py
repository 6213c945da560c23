"""Free text: a thought of one line, or an answer up to the end of the turn."""

import codecs
from collections.abc import Callable, Sequence

from training.student.engine import Engine

LONGEST_LOOP = 96
LOOP_TOKENS = 48


def write_thought(engine: Engine, limit: int) -> tuple[str, int]:
    """One line of at most ``limit`` tokens, and how many it took. The line is ended in the cache."""
    data, count = b"", 0
    for _ in range(limit):
        token = int(engine.logits().argmax())
        piece = engine.vocabulary.piece_bytes(token)
        if engine.vocabulary.is_end(token) or b"\n" in piece:
            break
        data += piece
        engine.extend([token])
        count += 1
    if count:
        engine.extend(engine.vocabulary.tokenize("\n"))
    return data.decode("utf-8", "replace").strip(), count


def write_answer(engine: Engine, limit: int, on_text: Callable[[str], None]) -> tuple[str, int, bool]:
    """The text, its tokens, and whether it was cut: by ``limit``, or because it went in circles."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    text = ""
    tokens: list[int] = []
    limit = min(limit, engine.room)
    cut = True
    while len(tokens) < limit and not in_circles(tokens):
        token = int(engine.logits().argmax())
        if engine.vocabulary.is_end(token):
            cut = False
            break
        text += _emit(decoder.decode(engine.vocabulary.piece_bytes(token)), on_text)
        engine.extend([token])
        tokens.append(token)
    text += _emit(decoder.decode(b"", final=True), on_text)
    return text.strip(), len(tokens), cut


def _emit(piece: str, on_text: Callable[[str], None]) -> str:
    """Pass on ``piece`` and return it; empty while a character split over tokens waits for its rest."""
    if piece:
        on_text(piece)
    return piece


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
