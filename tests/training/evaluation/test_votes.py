"""Votes in the log, counted again."""

import pytest

from training.evaluation.votes import Standing, standing, vote_event, votes_of
from training.events import open_log


def test_the_newest_vote_on_each_request_counts_whoever_was_named_first() -> None:
    log = open_log()
    for pair, vote, request in (
        (("a", "b"), "lost", "one"),
        (("a", "b"), "won", "one"),
        (("b", "a"), "won", "two"),
        (("b", "a"), "equal", "three"),
        (("a", "c"), "won", "four"),
    ):
        log.append(vote_event(*pair, vote, request, ("x", "y")))  # type: ignore[arg-type]
    assert votes_of(log, "a", "b") == {"one": "won", "two": "lost", "three": "equal"}
    assert votes_of(log, "b", "a") == {"one": "lost", "two": "won", "three": "equal"}
    log.close()


def test_a_share_of_what_was_decided_with_its_interval() -> None:
    found = standing(["won"] * 9 + ["lost", "equal", "neither"])
    assert (found.votes, found.share) == (12, 0.9)
    assert found.low == pytest.approx(0.596, abs=0.01) and found.high == pytest.approx(0.982, abs=0.01)
    assert found.chance == pytest.approx(22 / 1024)
    assert standing(["equal"]) == Standing(equal=1) and standing([]).share is None
