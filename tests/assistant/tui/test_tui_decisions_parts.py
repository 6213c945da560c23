"""What the decisions panel is made of, without the application: pages, rows, records, corrections, files."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from assistant.decision_lines import new_file, write_decisions
from assistant.reviewing import Correction, Reviewer, problem_of, takes
from assistant.tui.call_json import from_json, json_text
from assistant.tui.decision_pages import DecisionPages, Stopped
from assistant.tui.decision_text import COLUMNS, decision_row, local
from tools.registry import builtin_registry
from training.events import EventLog, EventLogError, open_log
from training.events.decisions import DecisionRecorder
from training.events.matching import DecisionFilter

ROW: dict[str, Any] = {
    "event_id": "e",
    "timestamp": "2026-01-02T03:04:05Z",
    "tool_selected": "\x1b[2Jx",
    "tool_parameters": {"path": "\x9b31m", "n": 1},
    "agent_id": "[/]a",
    "confidence": None,
    "outcome": None,
    "review": {"verdict": "refused"},
    "context": {"request": "a\nb\u202e"},
}


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EventLog]:
    opened = open_log(tmp_path / "events")
    yield opened
    opened.close()


def decide(log: EventLog, tool: str = "read_file", **changes: Any) -> str:
    given: dict[str, Any] = {
        "context": {"request": "look"}, "tools_available": [{"name": tool}],
        "tool_parameters": {"path": "a.py"}, **changes,
    }  # fmt: skip
    recorder = DecisionRecorder(log, "session-1")
    event = recorder.selected(tool_selected=tool, **given)
    recorder.completed(event, success=True, result="text", execution_time_ms=3)
    return event.event_id


def read(pages: DecisionPages, size: int) -> tuple[list[str], bool]:
    found: list[str] = []
    ended = pages.read(size, lambda rows: found.extend(row["event_id"] for row in rows))
    return found, ended


def test_pages_follow_each_other_newest_first(log: EventLog) -> None:
    ids = [decide(log) for _ in range(5)][::-1]
    pages = DecisionPages(log, DecisionFilter())
    assert read(pages, 2) == (ids[:2], False)
    decide(log)  # what comes meanwhile belongs to the next reading
    assert read(pages, 2) == (ids[2:4], False)
    assert read(pages, 2) == (ids[4:], True)
    assert read(pages, 2) == ([], True)


def test_a_page_reads_no_more_than_it_shows(log: EventLog) -> None:
    for _ in range(50):
        decide(log)
    pages = DecisionPages(log, DecisionFilter())
    assert pages.watched.how_far() == "0 of 0 events read"
    read(pages, 3)
    assert pages.watched.how_far() == "6 of 100 events read"


def test_a_stopped_reading_ends_at_the_next_event(log: EventLog) -> None:
    for _ in range(5):
        decide(log)
    pages = DecisionPages(log, DecisionFilter(tool="none"))
    pages.watched.stop()
    with pytest.raises(Stopped):
        read(pages, 2)
    assert pages.watched.seen == 1


def test_a_row_of_the_table_is_inert() -> None:
    row = decision_row(ROW)
    when = local(ROW["timestamp"], "%y-%m-%d %H:%M")
    shown = (when, "x", 'path="" n=1', "", "not run", "refused", "said -0.3", "", "[/]a", "a\\nb\\u202e")
    assert row.cells == shown and len(shown) == len(COLUMNS)
    odd = decision_row(
        {
            **ROW,
            "timestamp": "\x1b[2Jnever",
            "context": [],
            "tool_parameters": None,
            "confidence": 0,
            "review": None,
            "outcome": {"success": True, "execution_time_ms": 1500},
        }
    )
    assert odd.cells == ("never", "x", "", "0%", "done", "", "", "1.5 s", "[/]a", "")


@pytest.mark.parametrize(
    ("outcome", "verdict", "cells", "tones"),
    [
        ({"success": True}, None, ("done", ""), {4: "good"}),
        ({"success": False}, "bad", ("failed", "bad"), {4: "bad", 5: "bad"}),
        (None, "good", ("unknown", "good"), {4: "muted", 5: "good"}),
        (None, "refused", ("not run", "refused"), {4: "muted", 5: "bad"}),
        ({"success": True}, "[/]odd", ("done", "[/]odd"), {4: "good"}),
    ],
)
def test_outcome_and_review_have_a_tone(
    outcome: Any, verdict: str | None, cells: tuple[str, str], tones: dict[int, str]
) -> None:
    row = decision_row({**ROW, "outcome": outcome, "review": verdict and {"verdict": verdict}})
    assert row.cells[4:6] == cells
    assert {place: tone for place, tone in row.tones if place in (4, 5)} == tones


async def test_ratings_and_corrections_come_back_with_the_row(log: EventLog) -> None:
    event_id = decide(log)
    reviewer = Reviewer(log, builtin_registry())
    for verdict in ("good", "bad"):
        row = await reviewer.rate(event_id, verdict)
        assert row is not None and row["review"]["verdict"] == verdict
    for _ in range(2):
        row = await reviewer.correct(event_id, Correction("git_diff", {"path": "b"}))
    assert row is not None
    assert row["review"] == {
        "verdict": "corrected",
        "corrected_tool": "git_diff",
        "corrected_parameters": {"path": "b"},
        "reason": "",
    }
    with pytest.raises(EventLogError, match="no decision"):
        await reviewer.rate("nowhere", "good")


async def test_a_key_that_is_held_down_records_one_review(log: EventLog) -> None:
    event_id = decide(log)
    reviewer = Reviewer(log, builtin_registry())
    for verdict in ("good", "good", "bad", "good"):
        await reviewer.rate(event_id, verdict)
    said = [event.data["verdict"] for event in log.read(event_type="DECISION_REVIEWED")]
    assert said == ["good", "bad", "good"]


def test_a_correction_names_a_known_tool_with_arguments_that_it_takes(log: EventLog) -> None:
    own = {"type": "object", "properties": {"amount": {"type": "number"}}, "required": ["amount"]}
    offered = [{"name": "transfer", "parameters": own}, {"name": "check"}, {"name": "read_file"}, "odd"]
    known = Reviewer(log, builtin_registry()).known({"tools_available": offered})
    assert problem_of("transfer", {"amount": 3}, known) is None
    assert "must be a number" in str(problem_of("transfer", {"amount": "3"}, known))
    assert problem_of("check", {"anything": 1}, known) is None
    assert "`path` is missing" in str(problem_of("read_file", {}, known))
    assert problem_of("answer", {"text": "x"}, known) is None
    assert "there is no tool reed_file; there are transfer" in str(problem_of("reed_file", {}, known))
    assert takes(known["read_file"]) == "takes path, start_line?, end_line?"
    assert (takes({}), takes(None)) == ("takes no arguments", "")


@pytest.mark.parametrize("arguments", [{}, {"a": "é"}, {"a": "\u202e", "b": [1]}])
def test_json_to_edit_goes_there_and_back(arguments: dict[str, Any]) -> None:
    assert from_json(json_text(arguments)) == arguments
    assert "\u202e" not in json_text(arguments)


@pytest.mark.parametrize("text", ["", "[1]", "{", '"x"'])
def test_json_that_is_no_object_is_an_error(text: str) -> None:
    with pytest.raises(ValueError):
        from_json(text)


def test_decisions_are_written_oldest_first(log: EventLog, tmp_path: Path) -> None:
    ids = [decide(log) for _ in range(3)]
    target = tmp_path / "out.jsonl"
    assert write_decisions(DecisionFilter().rows(log), target) == 3
    assert [orjson.loads(line)["event_id"] for line in target.read_bytes().splitlines()] == ids


def test_a_name_says_how_decisions_are_written(log: EventLog, tmp_path: Path) -> None:
    decide(log, context={"request": "=1+1"}, reasoning="=1+1")
    assert write_decisions(DecisionFilter().rows(log), tmp_path / "out.csv") == 1
    head, row = (tmp_path / "out.csv").read_text(encoding="utf-8").splitlines()
    assert head.startswith("event_id,timestamp,session_id,agent_id") and "'=1+1" in row


def test_a_file_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"
    target.write_text("mine")
    with pytest.raises(FileExistsError):
        write_decisions([], target)
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "nowhere")
    with pytest.raises(FileExistsError):
        write_decisions([], link)
    with pytest.raises(FileExistsError), new_file(tmp_path / "late") as file:
        file.write(b"x")
        (tmp_path / "late").write_text("somebody else's")
    assert target.read_text() == "mine" and (tmp_path / "late").read_text() == "somebody else's"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["late", "link", "out.jsonl"]


def test_a_writing_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def rows() -> Iterator[dict[str, Any]]:
        yield {"a": 1}
        raise EventLogError("damaged")

    with pytest.raises(EventLogError):
        write_decisions(rows(), tmp_path / "out.jsonl")
    assert list(tmp_path.iterdir()) == []
