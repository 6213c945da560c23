"""Of a log with loops, false claims, undo, rewordings and flaky tests, what is called right is right."""

import pytest

from benchmarks.poisoned_log import figures, positive_before, positive_now, simulated


@pytest.mark.parametrize("seed", [22, 7001, 7006])
def test_of_a_poisoned_log_hardly_anything_false_is_learned(seed: int) -> None:
    """The bounds of likeness were chosen on the first seed; the others were tried when they stood."""
    made = simulated(seed)
    before, now = figures(made, positive_before), figures(made, positive_now)
    assert now["precision"] >= 0.98
    assert before["precision"] < 0.75
    assert now["recall_of_calls"] >= 0.55


def test_everything_that_poisons_a_log_is_in_it() -> None:
    happened = simulated().happened
    wanted = (
        "loops",
        "undoes",
        "asks again",
        "objects",
        "corrects",
        "edits the call",
        "no terminal",
        "times out",
    )
    for what in (*wanted, "refuses with a reason", "refuses without a reason", "leaves", "good", "bad"):
        assert happened[what] >= 10, what
