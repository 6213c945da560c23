"""What a decision teaches, and how much it is worth."""

import pytest

from tests.training.curation.rows import review, row
from training.curation.lessons import lesson_of, quality_of


def test_a_success_is_right_and_a_failure_is_nothing():
    lesson = lesson_of(row("read it"))
    assert lesson and (lesson.source, lesson.tool, lesson.rejected_tool) == ("survived", "read_file", "")
    assert lesson_of(row("read it", success=False)) is None
    assert lesson_of(row("read it", success=None)) is None


def test_a_correction_is_both_and_a_refusal_only_wrong():
    corrected = lesson_of(row("x", review=review("corrected", "run_shell", {"command": "ls"}, "no file")))
    assert corrected and (corrected.tool, corrected.arguments) == ("run_shell", {"command": "ls"})
    assert (corrected.rejected_tool, corrected.reason) == ("read_file", "no file")
    refused = lesson_of(row("x", success=False, review=review("refused", reason="not mine")))
    assert refused and (refused.tool, refused.rejected_tool, refused.reason) == ("", "read_file", "not mine")


def test_what_was_allowed_and_then_failed_teaches_nothing():
    assert lesson_of(row("x", success=False, review=review("approved"))) is None
    assert lesson_of(row("x", success=False, review=review("good"))) is not None


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (row("x", review=review("good")), row("x")),
        (row("x"), row("x", success=False)),
        (row("x", review=review("refused", reason="no")), row("x", review=review("refused"))),
        (
            row("x", teacher_tool="read_file", teacher_confidence=0.9),
            row("x", teacher_tool="read_file", teacher_confidence=0.4),
        ),
        (row("x", teacher_grade=1.0), row("x", teacher_grade=0.0)),
        (row("x", review=review("good"), confidence=0.3), row("x", review=review("good"), confidence=0.9)),
    ],
    ids=["review", "outcome", "reason", "teacher", "grade", "loss"],
)
def test_quality_orders_by_evidence(better, worse):
    assert 0 <= quality_of(worse) < quality_of(better) <= 1
