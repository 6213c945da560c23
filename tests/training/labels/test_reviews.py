"""Several reviews read as one."""

from typing import Any

import pytest

from tests.training.products.product_events import MemoryLog, decide
from training.events.decisions import find_row, history, review
from training.labels.reviews import merged

CALL = {"corrected_tool": "run_tests", "corrected_parameters": {"target": "x"}}
OTHER = {"corrected_tool": "read_file", "corrected_parameters": {"path": "b"}}


def said(verdict: Any, **more: Any) -> dict[str, Any]:
    return {"verdict": verdict, "corrected_tool": None, "corrected_parameters": None, "reason": "", **more}


@pytest.mark.parametrize(
    ("oldest_first", "counts"),
    [
        ([said("good")], said("good")),
        ([said("good"), said("bad")], said("bad")),
        ([said("approved"), said("bad")], said("bad")),
        ([said("corrected", **CALL), said("good")], said("corrected", **CALL)),
        ([said("corrected", **CALL), said("bad", reason="no")], said("corrected", **CALL, reason="no")),
        ([said("corrected", **CALL), said("corrected", **OTHER)], said("corrected", **OTHER)),
        ([said("corrected", **CALL), said("corrected")], said("corrected", **CALL)),
        ([said("refused", reason="no"), said("corrected", **CALL)], said("corrected", **CALL, reason="no")),
        ([said("corrected", **CALL), said("refused")], said("corrected", **CALL)),
        ([said("refused", reason="no"), said("bad")], said("refused", reason="no")),
        ([said("refused"), said("good")], said("good")),
        ([said("refused"), said("good"), said("bad")], said("bad")),
        ([said("refused"), said("seen")], said("refused")),
        ([said("seen"), said("noted")], said("noted")),
        ([said("bad", **CALL), said("bad")], said("bad", **CALL)),
        ([said("good"), said(["bad"])], said("good")),
        ([said("approved"), said("undone")], said("undone")),
        ([said("corrected", **CALL), said("undone")], said("undone", **CALL)),
        ([said("undone"), said("good")], said("good")),
        ([said("undone"), said("corrected", **CALL)], said("corrected", **CALL)),
        ([said("approved"), said("undone"), said("redone")], said("approved")),
        ([said("undone"), said("redone"), said("undone")], said("undone")),
    ],
    ids=str,
)
def test_what_is_newest_of_each_kind_counts(oldest_first, counts):
    assert merged(oldest_first[::-1]) == counts


def test_without_reviews_nothing_was_said():
    assert merged([]) is None
    assert merged([said("redone"), said("undone")]) is None


def test_a_review_without_its_fields_is_read():
    assert merged([{}, {"verdict": "good"}]) == {**said("good"), "reason": None}


def test_a_rating_does_not_erase_a_correction_wherever_the_row_is_read():
    log = MemoryLog()
    event_id = decide(log).event_id
    review(log, event_id, verdict="corrected", **CALL)
    review(log, event_id, verdict="good")
    (row,) = history(log)
    assert row["review"] == said("corrected", **CALL)
    assert find_row(log, event_id) == row
