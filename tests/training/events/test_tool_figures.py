"""Figures over tools: each counts what it concerns, and nothing else."""

from typing import Any

import pytest

from training.events.tool_figures import right_tool, tool_statistics

READ = {"name": "read_file"}
LIST = {"name": "list_files"}
Row = dict[str, Any]


def decided(tool: str = "read_file", took_ms: float | None = 10.0, **columns: Any) -> Row:
    outcome = {"success": True, "result": "one two three", "execution_time_ms": took_ms}
    row = {
        "session_id": "s",
        "tool_selected": tool,
        "tool_parameters": {},
        "tools_available": [READ, LIST],
        "context": {"request": "do it"},
        "outcome": outcome,
        "review": None,
        "after": {"followed": True, "against": "", "proof": ""},
    }
    return row | columns


def asked(prompt: int = 500, request: str = "do it", **selection: Any) -> Row:
    made = {"way": "all", "tools_tokens": 114, "schemas_tokens": 1114, "widened": False, **selection}
    return {"request": request, "selection": made, "usage": {"prompt_tokens": prompt}}


def review(verdict: str, tool: str | None = None) -> Row:
    return {"verdict": verdict, "corrected_tool": tool, "corrected_parameters": None, "reason": ""}


def test_an_empty_log_has_no_figures() -> None:
    found = tool_statistics([])
    assert (found["decisions"], found["calls"], found["success_rate"], found["tools"]) == (0, 0, None, [])
    assert found["selection"]["tokens_saved"] == 0 and found["ranker"]["top1"] is None


def test_times_and_success_are_of_calls_that_ran() -> None:
    failed = {"success": False, "result": "no", "execution_time_ms": 30.0}
    refused = {"success": False, "result": "the person refused this call", "execution_time_ms": 0.0}
    found = tool_statistics(
        [
            *(decided(took_ms=float(number)) for number in range(1, 20)),
            decided(outcome=failed),
            decided(outcome=refused, review=review("refused")),
            decided(outcome=None),
            decided("list_files", took_ms=5.0),
            decided("answer"),
        ]
    )
    read, listed = found["tools"]
    assert (read["tool"], read["decided"], read["calls"]) == ("read_file", 22, 20)
    assert (read["success_rate"], read["p50_ms"], read["p95_ms"]) == (0.95, 10.0, 19.0)
    assert (listed["calls"], listed["p95_ms"], listed["result_tokens_p50"]) == (1, 5.0, 3)
    assert (found["decisions"], found["decided"], found["calls"]) == (24, 23, 21)


def test_the_ranker_is_compared_with_what_was_right() -> None:
    ranked = ["read_file", "list_files", "git_diff"]
    found = tool_statistics(
        [
            decided(context=asked(ranked=ranked)),
            decided("list_files", context=asked(ranked=ranked)),
            decided(context=asked(ranked=ranked), review=review("corrected", "run_shell")),
            decided(context=asked(ranked=ranked), review=review("refused")),
            decided(context=asked(ranked=ranked), tools_available=[READ]),
            decided(context=asked(ranked=ranked), tools_available=[READ], review=review("good")),
            decided(context=asked()),
        ]
    )
    assert found["ranker"] == {"compared": 4, "top1": 0.5, "top3": 0.75}


def test_what_was_offered_and_the_tokens_it_saved() -> None:
    found = tool_statistics(
        [
            decided(context=asked(way="shortlist", ranked=["read_file"])),
            decided(context=asked(way="look", ranked=["read_file"], tools_tokens=40)),
            decided(context=asked(way="look", ranked=["x"]), review=review("corrected", "web_search")),
            decided(context=asked(ranked=["read_file"], widened=True), tools_available=[READ] * 13),
            decided(context=asked()),
        ]
    )["selection"]
    assert found["ways"] == {"look": 2, "shortlist": 1, "all": 1}
    assert (found["turns"], found["narrowed"], found["widened"]) == (4, 3, 1)
    assert found["offered_mean"] == (2 + 2 + 2 + 13) / 4
    assert found["bundles"] == {"used": 2, "hits": 1}
    assert found["tokens_saved"] == 4 * 1000 + 1074


def test_growth_is_between_a_call_and_the_decision_after_it_in_the_same_turn() -> None:
    oldest_first = [
        decided(context=asked(500)),
        decided("list_files", context=asked(530)),
        decided("answer", context=asked(545)),
        decided(context=asked(600, request="another turn")),
        decided("answer", context=asked(640, request="another turn"), session_id="other session"),
        decided(context=asked(700, request="compacted")),
        decided("answer", context=asked(300, request="compacted")),
    ]
    found = tool_statistics(reversed(oldest_first))["growth_per_call"]
    assert found == {"calls": 2, "p50": 15, "p95": 30, "beyond_result_p50": 12}


def test_several_calls_of_one_decision_are_no_growth_of_one() -> None:
    rows = [
        decided("answer", context=asked(600)),
        decided(context={"request": "do it"}),
        decided(context=asked(500)),
    ]
    assert tool_statistics(rows)["growth_per_call"]["calls"] == 0


@pytest.mark.parametrize(
    "columns",
    [
        {"context": None},
        {"context": {"selection": "?", "usage": 3}},
        {
            "context": {
                "selection": {"ranked": "read_file", "way": None, "schemas_tokens": "x"},
                "usage": {"a": 1},
            }
        },
        {"outcome": {"success": True, "result": None, "execution_time_ms": "fast"}},
        {"tools_available": None},
    ],
)
def test_what_other_programs_logged_is_passed_over(columns: Row) -> None:
    assert tool_statistics([decided(**columns)])["decisions"] == 1


@pytest.mark.parametrize(
    ("columns", "tool"),
    [
        ({}, "read_file"),
        ({"tools_available": [READ]}, None),
        ({"context": {"selection": {"offered": ["read_file"]}}}, None),
        ({"review": review("bad")}, None),
        ({"review": review("corrected", "list_files")}, "list_files"),
        ({"review": review("good"), "tools_available": []}, "read_file"),
    ],
)
def test_which_tool_was_right(columns: Row, tool: str | None) -> None:
    assert right_tool(decided(**columns)) == tool
