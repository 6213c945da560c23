"""First questions are recognised in many wordings, and ordinary requests are left to the student."""

import json
from pathlib import Path

import pytest

from assistant.agent.questions.recognise import recognise

REQUESTS = Path(__file__).with_name("requests.jsonl")
OTHERS = Path(__file__).parents[4] / "benchmarks" / "requests"
SUBJECTS = ("explain", "where", "define")


@pytest.mark.parametrize(("split", "recall"), [("dev", 0.98), ("held_out", 0.88)])
def test_precision_and_recall_on_labelled_requests(split: str, recall: float) -> None:
    rows = [row for row in map(json.loads, REQUESTS.read_text().splitlines()) if row["split"] == split]
    right = hits = asked = 0
    for row in rows:
        found = recognise(row["request"])
        wanted = (row["kind"], row["subject"] if row["kind"] in SUBJECTS else "")
        hits += found is not None
        asked += bool(row["kind"])
        right += found is not None and (found.kind, found.subject) == wanted
    assert len(rows) > 300
    assert right / hits >= 0.98, f"{right} of {hits}"
    assert right / asked >= recall, f"{right} of {asked}"


@pytest.mark.parametrize(
    ("request_", "subject"),
    [
        ("where is sails defined?", "sails"),
        ("wo ist sails definiert?", "sails"),
        ("where is the function sails implemented", "sails"),
        ("where is it defined?", None),
        ("where are you defined?", None),
        ("where is the class declared?", None),
        ("where is python", None),
    ],
)
def test_any_word_may_be_a_name_that_is_asked_to_be_defined(request_: str, subject: str | None) -> None:
    found = recognise(request_)
    assert (found.subject if found else None) == subject


@pytest.mark.parametrize(
    ("request_", "kind"),
    [
        ("did you write it?", "session"),
        ("did you really delete a1.txt?", "session"),
        ("did that work?", "session"),
        ("which file did you create?", "session"),
        ("how many tests failed?", "passed"),
        ("which tests failed?", "passed"),
        ("all tests pass now, right?", "passed"),
        ("did you know that python is a snake?", None),
        ("do the tests pass?", None),
        ("how many tests are there?", None),
    ],
)
def test_what_was_done_is_asked_of_the_record(request_: str, kind: str | None) -> None:
    found = recognise(request_)
    assert (found.kind if found else None) == kind


@pytest.mark.parametrize("name", ["plain", "hard", "paraphrases", "restraint", "other_tools"])
def test_requests_of_the_benchmarks_keep_their_tool(name: str) -> None:
    tools = {"changed": "git_diff", "where": "search_files", "explain": "read_file"}
    for line in (OTHERS / f"{name}.jsonl").read_text().splitlines():
        row = json.loads(line)
        found = recognise(row.get("request", ""))
        if found is not None:
            assert tools.get(found.kind) in {one["tool"] for one in row["expected"]}, row["request"]


def test_what_is_long_or_has_several_subjects_is_no_first_question() -> None:
    assert recognise("what does this project do? " * 10) is None
    assert recognise("what does this project do?\nTraceback (most recent call last):") is None
    assert recognise("explain a.py and b.py") is None
