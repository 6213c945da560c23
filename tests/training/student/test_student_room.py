"""The room that a prompt leaves for the reply."""

import pytest

from training.student.settings import StudentSettings


@pytest.mark.parametrize(("window", "room"), [(512, 128), (2048, 512), (8192, 768), (1 << 17, 768)])
def test_a_large_window_keeps_the_longest_reply_free_and_a_small_one_a_quarter(
    window: int, room: int
) -> None:
    assert StudentSettings().room_for_reply(window) == room


def test_the_longest_of_answer_and_call_counts() -> None:
    assert StudentSettings(answer_tokens=1000, call_tokens=100).room_for_reply(8192) == 1000
