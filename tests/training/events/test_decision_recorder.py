"""Decisions are recorded in three steps and come back as one row each."""

import pytest

from training.events import EventLogError, EventType
from training.events.base import Event
from training.events.decisions import DecisionRecorder, find_row, history, review, rows
from training.events.ids import new_event

ROW = [
    "event_id", "timestamp", "session_id", "agent_id", "category", "context", "tools_available",
    "tool_selected", "tool_parameters", "reasoning", "confidence", "model", "latency_ms", "outcome", "review",
    "teacher_model", "teacher_tool", "teacher_parameters", "teacher_confidence", "after",
]  # fmt: skip


@pytest.fixture
def recorder(log) -> DecisionRecorder:
    return DecisionRecorder(log, "session-1")


def select(recorder: DecisionRecorder, tool: str = "read_file", **changes: object) -> Event:
    values = {
        "context": {"request": "where is parse_config?"},
        "tools_available": [{"name": "read_file"}, {"name": "answer"}],
        "tool_selected": tool,
        "tool_parameters": {"path": "a.py"},
        "reasoning": "look",
        "confidence": 0.9,
        "model": "m",
        "latency_ms": 12.5,
        "alternatives": [("answer", 0.1)],
    }
    return recorder.selected(**{**values, **changes})  # type: ignore[arg-type]


def test_the_three_events_of_a_decision(log, recorder):
    selection = select(recorder)
    outcome = recorder.completed(selection, success=True, result="text", execution_time_ms=3.0)
    review = recorder.reviewed(selection, verdict="corrected", corrected_tool="search_files", reason="x")
    assert [event.event_type for event in log.read()] == [
        EventType.AGENT_TOOL_SELECTED,
        EventType.AGENT_TOOL_COMPLETED,
        EventType.DECISION_REVIEWED,
    ]
    assert [event.version for event in (selection, outcome, review)] == [1, 2, 3]
    assert {event.aggregate_id for event in (selection, outcome, review)} == {selection.event_id}
    assert {event.aggregate_type for event in (selection, outcome, review)} == {"decision"}
    assert outcome.causation_id == review.causation_id == selection.event_id
    assert {event.correlation_id for event in log.read()} == {"session-1"}
    assert selection.data["alternatives"] == [["answer", 0.1]]


def test_a_selection_names_its_cause(recorder):
    assert select(recorder, causation_id="the review").causation_id == "the review"


def test_each_decision_is_an_aggregate_of_its_own(recorder):
    first, second = select(recorder), select(recorder)
    assert first.aggregate_id != second.aggregate_id
    assert (first.version, second.version) == (1, 1)


def test_a_row_joins_selection_outcome_and_review(log, recorder):
    selection = select(recorder, teacher={"teacher_model": "t", "teacher_tool": "answer"})
    recorder.completed(selection, success=False, result="no such file", execution_time_ms=3.0)
    recorder.reviewed(selection, verdict="refused", reason="not that")
    (row,) = history(log)
    assert list(row) == ROW
    assert row == {
        "event_id": selection.event_id,
        "timestamp": selection.timestamp,
        "session_id": "session-1",
        "agent_id": "coder",
        "category": "coding",
        "context": {"request": "where is parse_config?"},
        "tools_available": [{"name": "read_file"}, {"name": "answer"}],
        "tool_selected": "read_file",
        "tool_parameters": {"path": "a.py"},
        "reasoning": "look",
        "confidence": 0.9,
        "model": "m",
        "latency_ms": 12.5,
        "outcome": {"success": False, "result": "no such file", "execution_time_ms": 3.0},
        "review": {
            "verdict": "refused",
            "corrected_tool": None,
            "corrected_parameters": None,
            "reason": "not that",
        },
        "teacher_model": "t",
        "teacher_tool": "answer",
        "teacher_parameters": None,
        "teacher_confidence": None,
        "after": {"followed": False, "against": "", "proof": ""},
    }


def test_I16_a_selection_without_outcome_is_unknown(log, recorder):
    selection = select(recorder)
    assert history(log)[0]["outcome"] is None
    row = find_row(log, selection.event_id)
    assert row is not None and row["outcome"] is None and row["review"] is None


def test_a_selection_has_one_outcome(log, recorder):
    selection = select(recorder)
    first = recorder.completed(selection, success=True, result="first")
    assert recorder.completed(selection, success=False, result="second") == first
    assert history(log)[0]["outcome"]["result"] == "first"
    assert len(list(log.read())) == 2


def test_the_latest_review_counts(log, recorder):
    selection = select(recorder)
    recorder.reviewed(selection, verdict="refused")
    latest = recorder.reviewed(
        selection, verdict="corrected", corrected_tool="answer", corrected_parameters={"text": "x"}
    )
    assert history(log)[0]["review"]["verdict"] == "corrected"
    assert history(log) == [find_row(log, latest.event_id)]
    assert history(log)[0]["review"]["corrected_parameters"] == {"text": "x"}


def test_filters_and_limit(log):
    first = DecisionRecorder(log, "s1", "coder")
    second = DecisionRecorder(log, "s2", "tester", "testing")
    ids = [select(first, "a").event_id, select(second, "b").event_id, select(first, "b").event_id]

    def found(**filters: object) -> list[str]:
        return [row["event_id"] for row in history(log, **filters)]

    assert found() == ids
    assert found(limit=2) == ids[1:]
    assert found(tool="b") == ids[1:]
    assert found(tool="b", limit=1) == ids[2:]
    assert found(session_id="s1") == [ids[0], ids[2]]
    assert found(agent_id="tester") == found(category="testing") == [ids[1]]
    assert found(tool="none") == []
    assert [row["event_id"] for row in rows(log)] == ids[::-1]


def test_rows_are_read_as_they_are_asked_for(log, recorder):
    for _ in range(5):
        select(recorder)
    walking = rows(log)
    newest = next(walking)
    select(recorder)
    assert [newest["event_id"], *(row["event_id"] for row in walking)] == [
        row["event_id"] for row in history(log)
    ][-2::-1]


def test_find_row_by_any_event_of_the_decision(log, recorder):
    selection = select(recorder)
    outcome = recorder.completed(selection, success=True, result="")
    assert find_row(log, outcome.event_id) == find_row(log, selection.event_id) == history(log)[0]
    assert find_row(log, "unknown") is None
    other = log.append(new_event(EventType.MODEL_TRAINED, "m", "model", {}))
    assert find_row(log, other.event_id) is None


def test_decisions_that_share_an_aggregate_have_a_row_each(log):
    """As where an agent's author takes the agent for the aggregate; a second outcome changes nothing."""

    def add(kind: EventType, cause: str | None = None, **data: object) -> Event:
        return log.append(new_event(kind, "the agent", "agent", data, cause))

    one, two = (add(EventType.AGENT_TOOL_SELECTED, tool_selected=tool) for tool in "xy")
    outcome = add(EventType.AGENT_TOOL_COMPLETED, one.event_id, success=True)
    add(EventType.AGENT_TOOL_COMPLETED, one.event_id, success=False)
    said = add(EventType.DECISION_REVIEWED, two.event_id, verdict="good")
    first, second = history(log)
    assert (first["outcome"]["success"], first["review"], second["outcome"]) == (True, None, None)
    assert find_row(log, one.event_id) == find_row(log, outcome.event_id) == first
    assert find_row(log, two.event_id) == find_row(log, said.event_id) == second
    stray = add(EventType.AGENT_TOOL_COMPLETED, "nothing", success=True)
    assert find_row(log, stray.event_id) is None


def test_I15_a_selection_of_another_schema_still_makes_a_row(log):
    bare = new_event(EventType.AGENT_TOOL_SELECTED, "d", "decision", {"tool_selected": "x", "new_column": 1})
    log.append(bare)
    log.append(new_event("SOMETHING_NEW", "d", "decision", {}, bare.event_id))
    log.append(new_event(EventType.AGENT_TOOL_COMPLETED, "d", "decision", {}, bare.event_id))
    (row,) = history(log)
    assert list(row) == ROW
    assert row["tool_selected"] == "x" and row["context"] == {} and row["confidence"] is None
    assert row["outcome"] == {"success": None, "result": None, "execution_time_ms": None}


def test_I19_a_secret_in_the_arguments_is_not_recorded(log, recorder):
    key = "hf_" + "aB3" * 12
    selection = select(recorder, tool_parameters={"command": f"curl -H 'X: {key}'"}, context={"request": key})
    assert selection.data["redacted"] == {"huggingface-token": 2}
    row = history(log)[0]
    assert row["tool_parameters"] == {"command": "curl -H 'X: [redacted:huggingface-token]'"}
    assert row["context"] == {"request": "[redacted:huggingface-token]"}


def test_a_decision_of_the_log_is_reviewed_by_its_id(log, recorder):
    selection = select(recorder)
    recorder.completed(selection, success=True, result="text")
    event = review(log, selection.event_id, verdict="good")
    assert (event.event_type, event.version) == (EventType.DECISION_REVIEWED, 3)
    assert (event.aggregate_id, event.causation_id) == (selection.event_id, selection.event_id)
    assert event.correlation_id == "session-1"
    given = {"corrected_tool": "search_files", "corrected_parameters": {"pattern": "x"}, "reason": "why"}
    review(log, selection.event_id, verdict="corrected", **given)
    assert history(log)[0]["review"] == {"verdict": "corrected", **given}


def test_only_a_decision_can_be_reviewed(log, recorder):
    outcome = recorder.completed(select(recorder), success=True, result="text")
    for event_id in ("nowhere", outcome.event_id):
        with pytest.raises(EventLogError, match="no decision"):
            review(log, event_id, verdict="good")
    assert len(list(log.read())) == 2
