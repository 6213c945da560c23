"""Several reviews read as one, and the score of a decision."""

from typing import Any

import pytest

from training.events.decisions import find_row, history, review
from training.events.worth import judged, merged, score

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
    ],
    ids=str,
)
def test_what_is_newest_of_each_kind_counts(oldest_first, counts):
    assert merged(oldest_first[::-1]) == counts


def test_without_reviews_nothing_was_said():
    assert merged([]) is None


def test_a_review_without_its_fields_is_read():
    assert merged([{}, {"verdict": "good"}]) == {**said("good"), "reason": None}


def test_a_rating_does_not_erase_a_correction_wherever_the_row_is_read(log, decide):
    event_id = decide(log).event_id
    review(log, event_id, verdict="corrected", **CALL)
    review(log, event_id, verdict="good")
    (row,) = history(log)
    assert row["review"] == said("corrected", **CALL)
    assert find_row(log, event_id) == row


def row(**changes: Any) -> dict[str, Any]:
    plain = {
        "tool_selected": "read_file",
        "tool_parameters": {"path": "a"},
        "outcome": None,
        "review": None,
        "teacher_tool": None,
        "teacher_parameters": None,
    }
    return plain | changes


def outcome(success: Any = True) -> dict[str, Any]:
    return {"success": success, "result": "", "execution_time_ms": 5.0}


@pytest.mark.parametrize(
    ("review", "expected"),
    [
        (None, None),
        (said("seen"), None),
        (said("approved"), True),
        (said("refused"), False),
        (said("corrected", **CALL), False),
        (said("corrected", corrected_tool="read_file", corrected_parameters={"path": "a"}), True),
    ],
)
def test_whether_a_person_said_right(review, expected):
    assert judged(row(review=review)) is expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, None),
        ({"outcome": outcome(True)}, 1),
        ({"outcome": outcome(False)}, 0),
        ({"outcome": {"success": "yes"}}, None),
        ({"review": {"verdict": "approved"}, "outcome": outcome(False)}, 1),
        ({"review": {"verdict": "refused"}, "outcome": outcome(True)}, 0),
        ({"review": {"verdict": "corrected"}, "outcome": outcome(True)}, 0),
        ({"review": {"verdict": "seen"}, "outcome": outcome(True)}, 1),
        ({"review": {"verdict": ["bad"]}, "outcome": outcome(True)}, 1),
        ({"review": {"verdict": "good"}}, 1),
        ({"review": {"verdict": "bad"}}, 0),
        ({"teacher_tool": "run_shell", "outcome": outcome(True)}, 0),
        ({"teacher_tool": "read_file", "outcome": outcome(False)}, 0.5),
        ({"teacher_tool": "read_file", "teacher_parameters": {"path": "a"}}, 1),
        ({"teacher_tool": "run_shell", "review": {"verdict": "approved"}}, 1),
    ],
)
def test_the_strongest_evidence_decides_the_score(changes, expected):
    assert score(row(**changes)) == expected
