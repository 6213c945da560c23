"""A text that only says again what it said is ended; one that quotes, lists or repeats a little is not."""

from itertools import cycle, islice, permutations

import pytest

from training.student.free_text import write_answer
from training.student.repetition import Repetition

END = 0


def tokens_of(text: str) -> list[int]:
    return list(text.encode())


def fed(text: str, **bounds: int) -> Repetition:
    """A token per character."""
    repetition = Repetition(**bounds)
    for token in tokens_of(text):
        if repetition.feed(token, bytes([token])):
            break
    return repetition


NAMES = [f"src/{name}.py" for name in ("cache", "store", "orders", "people", "main")]


def test_G08_file_names_over_and_over_in_any_order_are_ended():
    orders = islice(permutations(NAMES), 40)
    text = "\n".join(f"- {name}" for order in orders for name in order)
    assert fed(text).began is not None
    assert fed(text).began < 8 * len("\n- src/people.py") * 5


def test_G08_a_phrase_over_and_over_is_ended_where_no_line_ends():
    text = "I found it in the file " + "and then in the other file, " * 40
    began = fed(text).began
    assert began is not None
    assert began < 400


def test_two_copies_are_quoting():
    block = "\n".join(f"def part_{number}(): return {number * 7}" for number in range(12))
    assert fed(f"{block}\n\nand now:\n\n{block}").began is None


@pytest.mark.slow
def test_code_with_like_lines_goes_on():
    code = "\n".join(
        f"    def test_part_{number}(self):\n        self.assertEqual(part({number}), {number * number})\n"
        for number in range(40)
    )
    assert fed(code).began is None


def test_a_table_and_a_list_go_on():
    rows = "\n".join(f"| {number} | src/module_{number}.py | yes |" for number in range(60))
    assert fed("| n | file | tested |\n| --- | --- | --- |\n" + rows).began is None


@pytest.mark.parametrize("length", [1, 3, 12, 40])
def test_a_circle_is_ended(length):
    repetition = Repetition()
    assert any(repetition.feed(token, b"x") for token in islice(cycle(range(length)), 600))


class Engine:
    """Says a text for ever."""

    room = 10_000

    def __init__(self, text: str) -> None:
        self.vocabulary = self
        self._tokens = cycle(tokens_of(text))
        self._next = next(self._tokens)
        self.said = 0

    def logits(self):
        return self

    def argmax(self) -> int:
        return self._next

    def is_end(self, token: int) -> bool:
        return token == END

    def piece_bytes(self, token: int) -> bytes:
        return bytes([token])

    def extend(self, tokens: list[int]) -> None:
        self.said += len(tokens)
        self._next = next(self._tokens)


def test_an_answer_ends_before_the_third_copy_and_says_why():
    heard: list[str] = []
    made = write_answer(Engine("config.py sets DEBUG, settings.py does not.\n"), 5000, heard.append)
    assert made.repeated
    assert made.cut
    assert made.tokens < 600
    assert 1 <= made.text.count("DEBUG") <= 3
