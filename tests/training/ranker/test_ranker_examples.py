"""What decisions teach the ranker, and what they do not."""

import json
from pathlib import Path
from typing import Any

import pytest

from tools.protocol.calls import ANSWER
from tools.registry import builtin_registry
from training.labels.label import WEAK
from training.ranker.examples import (
    APPROVED,
    CORRECTED,
    LATER_IN_TURN,
    MOST_WEIGHT,
    REFUSED,
    TAUGHT,
    UNCONTESTED,
    examples_of,
)
from training.ranker.seed import seed_examples

DONE = {"success": True, "result": "", "execution_time_ms": 1.0}
FAILED = {**DONE, "success": False}


def row(request: str = "show it", tool: str = "read_file", **columns: Any) -> dict[str, Any]:
    offered = [{"name": "read_file"}, {"name": "list_files"}]
    given = {
        "tool_selected": tool,
        "tool_parameters": {"path": "a"},
        "tools_available": offered,
        "outcome": DONE,
        "session_id": "s",
        "after": {"followed": True, "against": "", "proof": ""},
    }
    return {"context": {"request": request}, **given, **columns}


def review(verdict: str, tool: str | None = None) -> dict[str, Any]:
    return {"verdict": verdict, "corrected_tool": tool, "corrected_parameters": None, "reason": ""}


@pytest.mark.parametrize(
    ("columns", "right", "wrong"),
    [
        ({}, {"read_file": UNCONTESTED}, {}),
        ({"review": review("approved")}, {"read_file": UNCONTESTED}, {}),
        ({"review": review("good")}, {"read_file": APPROVED}, {}),
        ({"review": review("refused")}, {}, {"read_file": REFUSED * WEAK}),
        ({"review": review("bad"), "outcome": FAILED}, {}, {"read_file": REFUSED}),
        (
            {"review": review("corrected", "list_files")},
            {"list_files": CORRECTED},
            {"read_file": CORRECTED},
        ),
        ({"review": review("corrected", "read_file")}, {"read_file": CORRECTED}, {}),
        ({"outcome": FAILED, "teacher_tool": "list_files"}, {"list_files": TAUGHT}, {}),
        (
            {"context": {"request": "show it", "turn": [{}, {}]}, "review": review("good")},
            {"read_file": APPROVED * LATER_IN_TURN},
            {},
        ),
    ],
)
def test_what_a_decision_says(
    columns: dict[str, Any], right: dict[str, float], wrong: dict[str, float]
) -> None:
    (example,) = examples_of([row(**columns)])
    assert (example.right, example.wrong, example.group) == (right, wrong, "s")


@pytest.mark.parametrize(
    "columns",
    [
        {"outcome": FAILED},
        {"outcome": None},
        {"tools_available": [{"name": "read_file"}]},
        {"context": {"request": "show it", "selection": {"offered": ["read_file"]}}},
        {"context": {}},
        {"context": None},
        {"context": {"request": "  "}},
    ],
)
def test_a_decision_that_says_nothing_is_no_example(columns: dict[str, Any]) -> None:
    assert examples_of([row(**columns)]) == []


def test_the_same_request_is_one_example_of_bounded_weight() -> None:
    (example,) = examples_of([row("Show  it", review=review("good")), *[row("show it")] * 50])
    assert example.right == {"read_file": MOST_WEIGHT}


def test_where_both_were_said_the_heavier_side_stands() -> None:
    refused = [row(review=review("bad"))] * 2
    (example,) = examples_of([*refused, row()])
    assert (example.right, example.wrong) == ({}, {"read_file": 2 * REFUSED})


def test_the_seed_has_a_balanced_share_of_requests_for_every_tool() -> None:
    examples = seed_examples()
    weights = dict.fromkeys((*builtin_registry().names(), ANSWER), 0.0)
    for example in examples:
        weights[example.best] += sum(example.right.values())
    assert set(weights) == {*builtin_registry().names(), ANSWER}
    assert min(weights.values()) > 60 and max(weights.values()) < 3 * min(weights.values())
    assert not any("{path}" in example.request for example in examples)


def test_no_seed_request_is_one_that_judges() -> None:
    """Also the short ones, and what the fillings make: the ranker is measured on these."""
    seed = {plain(example.request) for example in seed_examples()}
    for file in (Path(__file__).parents[3] / "benchmarks" / "requests").glob("*.jsonl"):
        for line in file.read_text("utf-8").splitlines():
            case = json.loads(line)
            asked = case.get("request") or case["messages"][-1]["content"]
            assert plain(asked) not in seed, asked


def plain(text: str) -> str:
    return " ".join(text.casefold().split()).strip(" ?.!")
