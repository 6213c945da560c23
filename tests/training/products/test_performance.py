"""Figures over many decisions."""

import pytest

from training.products.performance import agent_snapshots, quantile, snapshots


def row(**changes):
    plain = {
        "agent_id": "coder",
        "category": "coding",
        "tool_selected": "read_file",
        "tool_parameters": {"path": "a"},
        "latency_ms": 10.0,
        "outcome": None,
        "review": None,
        "teacher_tool": None,
        "teacher_parameters": None,
        "context": {},
    }
    return plain | changes


def outcome(success=True, took=5.0):
    return {"success": success, "result": "", "execution_time_ms": took}


def test_a_snapshot_adds_up_what_is_known():
    (found,) = agent_snapshots(
        [
            row(outcome=outcome(True), context={"usage": {"prompt_tokens": 7, "completion_tokens": 2}}),
            row(outcome=outcome(False, None), latency_ms=30.0),
            row(latency_ms=None),
        ]
    )
    assert found == {
        "agent_id": "coder",
        "decisions": 3,
        "succeeded": 1,
        "failed": 1,
        "unknown": 1,
        "success_rate": 0.5,
        "score": 0.5,
        "scored": 2,
        "latency_p50_ms": 10.0,
        "latency_p95_ms": 30.0,
        "execution_p50_ms": 5.0,
        "execution_p95_ms": 5.0,
        "total_time_ms": 45.0,
        "prompt_tokens": 7,
        "completion_tokens": 2,
    }


def test_what_nobody_recorded_is_none_and_not_zero():
    (found,) = agent_snapshots([row(latency_ms=None)])
    for name in ("success_rate", "score", "latency_p50_ms", "prompt_tokens"):
        assert found[name] is None


def test_values_of_a_wrong_type_are_left_out():
    (found,) = agent_snapshots([row(latency_ms="10", context={"usage": {"prompt_tokens": True}})])
    assert (found["latency_p50_ms"], found["prompt_tokens"]) == (None, None)


def test_groups_are_sorted_and_may_be_of_several_fields():
    rows = [row(agent_id="b"), row(agent_id="a"), row(agent_id="b", category="x"), row(agent_id="b")]
    found = snapshots(rows, ["agent_id", "category"])
    assert [(one["agent_id"], one["category"], one["decisions"]) for one in found] == [
        ("a", "coding", 1),
        ("b", "coding", 2),
        ("b", "x", 1),
    ]


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [([], 0.5, None), ([3], 0.95, 3), ([4, 1, 3, 2], 0.5, 2), (list(range(1, 101)), 0.95, 95)],
)
def test_quantiles_are_values_that_occurred(values, share, expected):
    assert quantile(values, share) == expected
