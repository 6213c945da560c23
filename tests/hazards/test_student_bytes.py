"""G10: what a student writes is bytes of tokens; characters may lie across them, or be none."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from training.student.free_text import write_answer


@dataclass
class Choice:
    """Logits with one winner."""

    token: int

    def argmax(self) -> int:
        return self.token


@dataclass
class Pieces:
    """An engine that writes the given pieces, one a token, and then ends."""

    pieces: Sequence[bytes]
    tokens: list[int] = field(default_factory=list)
    room: int = 1000

    @property
    def vocabulary(self) -> "Pieces":
        return self

    def logits(self) -> Choice:
        return Choice(len(self.tokens))

    def is_end(self, token: int) -> bool:
        return token >= len(self.pieces)

    def piece_bytes(self, token: int) -> bytes:
        return self.pieces[token]

    def extend(self, tokens: Sequence[int]) -> None:
        self.tokens += tokens


def written(pieces: Sequence[bytes]) -> tuple[list[str], str]:
    """What was streamed, and the whole text."""
    heard: list[str] = []
    made = write_answer(cast(Any, Pieces(pieces)), 100, heard.append)
    text, count, cut = made.text, made.tokens, made.cut
    assert count == len(pieces) and not cut
    return heard, text


def test_G10_a_character_over_four_tokens_is_shown_once_and_whole() -> None:
    pieces = [bytes([one]) for one in "é ⛵ 🚤".encode()]
    assert written(pieces) == (["é", " ", "⛵", " ", "🚤"], "é ⛵ 🚤")


@pytest.mark.parametrize(
    ("pieces", "text"),
    [
        ([b"\xff", b"abc"], "\ufffdabc"),
        ([b"a\xe2\x82", b"b", b"c"], "a\ufffdbc"),
        ([b"a", b"\xf0\x9f"], "a\ufffd"),
        ([b"\xed\xa0\x80", b"x"], "\ufffd\ufffd\ufffdx"),
    ],
)
def test_G10_bytes_that_are_no_text_are_said_once_and_the_stream_is_the_text(
    pieces: list[bytes], text: str
) -> None:
    heard, whole = written(pieces)
    assert "".join(heard) == whole == text


def test_G07_nothing_written_is_an_empty_answer() -> None:
    assert written([]) == ([], "")
