"""An answer that goes in circles is ended; one that only repeats itself a little is not."""

import pytest

from training.student.repetition import LOOP_TOKENS, in_circles


@pytest.mark.parametrize("length", [1, 2, 3, 7, 12, 13, 40, 96])
def test_G08_a_repeated_piece_is_a_circle(length: int) -> None:
    times = max(4, -(-LOOP_TOKENS // length))
    assert in_circles([*range(1000, 1020), *list(range(length)) * (times + 1)])


def test_three_times_is_not_yet_a_circle() -> None:
    assert not in_circles(list(range(40)) * 3)


def test_a_short_run_of_one_token_is_no_circle() -> None:
    """Indentation, dashes and dots repeat in good answers."""
    assert not in_circles([5] * (LOOP_TOKENS - 1))
    assert not in_circles([*range(200), *[5] * 30])


def test_text_that_moves_on_is_no_circle() -> None:
    assert not in_circles(list(range(500)))
    assert not in_circles([])
