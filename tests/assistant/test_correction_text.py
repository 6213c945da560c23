"""What is said of corrections."""

from datetime import UTC, datetime

import pytest

from assistant.correction_text import because, counts_for, day
from training.corrections.base import Standing

TODAY = datetime(2026, 11, 20, tzinfo=UTC)
SEEN = {"at": "2026-11-03T12:00:00+00:00", "request": "run the tests", "workspace": "/work/here"}


def test_the_reason_names_the_day_the_request_and_another_project() -> None:
    assert because(SEEN, "/work/here", TODAY) == "you corrected this on 3 November: run the tests"
    assert because(SEEN, "/work/x", TODAY) == "you corrected this on 3 November in /work/here: run the tests"
    assert because(None, "/work/here", TODAY) == ""


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("2026-11-03T12:00:00+00:00", "3 November"),
        ("2025-01-31T12:00:00Z", "31 January 2025"),
        ("?", "an unknown day"),
    ],
)
def test_a_day_has_its_year_where_it_is_another(at: str, said: str) -> None:
    assert day(at, TODAY) == said


@pytest.mark.parametrize(
    ("standing", "said"),
    [
        (Standing(), "counts in this project"),
        (Standing(everywhere=True), "counts in all projects"),
        (Standing(forgotten=True, everywhere=True), "forgotten"),
        (Standing(learned=frozenset({"b", "a"})), "counts in this project, learned by a, b"),
    ],
)
def test_what_it_counts_for(standing: Standing, said: str) -> None:
    assert counts_for(standing) == said
