"""Filters and figures over decisions, and the audit form."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from training.events.audit import COLUMNS, audit
from training.events.decisions import DecisionRecorder, review, rows
from training.events.figures import period_of, redactions, statistics
from training.events.matching import OUTCOMES, DecisionFilter, outcomes_of
from training.events.views import LogView

START = datetime(2030, 1, 4, 10, tzinfo=UTC)  # a Friday


@pytest.fixture(autouse=True)
def in_a_zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Etc/GMT-3")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def decided(log):
    """Five decisions on five days: done, failed and corrected, refused, unknown, done and rated."""
    agents = {name: DecisionRecorder(log, f"session-{name}", name, "tests") for name in ("coder", "tester")}
    made = []

    def choose(agent, tool, request, **more):
        day = START + timedelta(days=len(made))
        made.append(
            agents[agent].selected(
                context={"request": request},
                tools_available=[{"name": tool}],
                tool_selected=tool,
                timestamp=day.isoformat(),
                **more,
            )
        )
        return made[-1]

    first = choose("coder", "read_file", "Read the Config", confidence=0.9, latency_ms=10)
    agents["coder"].completed(first, success=True, result="text", execution_time_ms=4)
    second = choose(
        "tester", "run_shell", "run it", tool_parameters={"command": "make Ärger"}, confidence=0.5
    )
    agents["tester"].completed(second, success=False, result={"error": ["deep inside"]})
    agents["tester"].reviewed(second, verdict="good")
    agents["tester"].reviewed(
        second,
        verdict="corrected",
        corrected_tool="run_tests",
        corrected_parameters={"target": "x"},
        reason="hm",
    )
    third = choose("coder", "run_shell", "remove all", reasoning="they asked for it")
    agents["coder"].reviewed(third, verdict="refused", reason="too much")
    choose("coder", "read_file", "look", latency_ms=30)
    fifth = choose("coder", "read_file", "look again")
    agents["coder"].completed(fifth, success=True, result=None, execution_time_ms=8)
    agents["coder"].reviewed(fifth, verdict="good")
    return [event.event_id for event in made]


def test_outcomes(log, decided):
    found = [outcomes_of(row) for row in rows(log)][::-1]
    assert found == [{"done"}, {"failed", "corrected"}, {"refused"}, {"unknown"}, {"done"}]
    assert set().union(*found) == set(OUTCOMES)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, [0, 1, 2, 3, 4]),
        ({"tool": "run_shell"}, [1, 2]),
        ({"agent_id": "tester"}, [1]),
        ({"session_id": "session-coder"}, [0, 2, 3, 4]),
        ({"tool_prefix": "RUN_"}, [1, 2]),
        ({"tool_prefix": "un"}, []),
        ({"outcome": "done"}, [0, 4]),
        ({"outcome": "failed"}, [1]),
        ({"outcome": "corrected"}, [1]),
        ({"outcome": "refused"}, [2]),
        ({"outcome": "unknown"}, [3]),
        ({"since": START + timedelta(days=3)}, [3, 4]),
        ({"until": START + timedelta(days=3)}, [0, 1, 2]),
        ({"since": START + timedelta(days=1), "until": START + timedelta(days=2)}, [1]),
        ({"text": "config"}, [0]),
        ({"text": "ÄRGER"}, [1]),
        ({"text": "deep INSIDE"}, [1]),
        ({"text": "asked for"}, [2]),
        ({"text": "too much"}, [2]),
        ({"text": "run_tests"}, [1]),
        ({"text": "nowhere"}, []),
        ({"text": "look", "outcome": "done"}, [4]),
    ],
)
def test_a_filter_finds_what_fulfils_all_of_it(log, decided, wanted, found):
    rows_found = [row["event_id"] for row in DecisionFilter(**wanted).rows(log)]
    assert rows_found == [decided[place] for place in found][::-1]


def test_a_decision_without_a_time_is_in_no_span(log, decided):
    from dataclasses import replace

    event = replace(log.get(decided[0]), event_id="odd", aggregate_id="odd", timestamp="someday")
    log.append(event)
    assert "odd" in [row["event_id"] for row in DecisionFilter().rows(log)]
    assert "odd" not in [row["event_id"] for row in DecisionFilter(since=START).rows(log)]


def test_statistics(log, decided):
    found = statistics(rows(log))
    counts = ("decisions", "succeeded", "failed", "unknown", "refused", "corrected")
    assert [found[name] for name in counts] == [5, 2, 1, 2, 1, 1]
    assert (found["success_rate"], found["refusal_rate"], found["correction_rate"]) == (2 / 3, 0.2, 0.2)
    assert (found["confidence"], found["latency_ms"], found["execution_time_ms"]) == (0.7, 20, 6)
    assert (found["sessions"], found["reviews"]) == (2, {"good": 1, "refused": 1, "corrected": 1})
    assert (found["first"][:10], found["last"][:10]) == ("2030-01-04", "2030-01-08")
    tools = {entry["tool"]: [entry[name] for name in counts] for entry in found["tools"]}
    assert tools == {"read_file": [3, 2, 0, 1, 0, 0], "run_shell": [2, 0, 1, 1, 1, 1]}
    assert [entry["tool"] for entry in found["tools"]] == ["read_file", "run_shell"]
    assert [(entry["agent"], entry["decisions"]) for entry in found["agents"]] == [
        ("coder", 4),
        ("tester", 1),
    ]
    assert found["agents"][1]["correction_rate"] == 1.0 and found["agents"][1]["refusal_rate"] == 0
    assert "over_time" not in found


def test_statistics_of_nothing():
    found = statistics([], "day")
    assert found["decisions"] == 0 and found["over_time"] == found["tools"] == found["agents"] == []
    assert found["success_rate"] is found["refusal_rate"] is found["confidence"] is found["first"] is None


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("day", [(f"2030-01-0{day}", 1) for day in range(4, 9)]),
        ("week", [("2030-W01", 3), ("2030-W02", 2)]),
    ],
)
def test_over_time(log, decided, by, expected):
    found = statistics(rows(log), by)["over_time"]
    assert [(entry["period"], entry["decisions"]) for entry in found] == expected
    assert found[0]["success_rate"] == (1.0 if by == "day" else 0.5)


def test_how_an_agent_s_accuracy_moved_over_time(log, decided):
    """Of the coder: done, refused, unknown, done and rated good; two reviews come later."""
    weeks = statistics(rows(log, agent_id="coder"), "week")["over_time"]
    assert [(week["period"], week["judged"], week["accuracy"]) for week in weeks] == [
        ("2030-W01", 2, 0.5),
        ("2030-W02", 1, 1.0),
    ]
    review(log, decided[0], verdict="bad")
    review(log, decided[3], verdict="good")
    weeks = statistics(rows(log, agent_id="coder"), "week")["over_time"]
    assert [(week["judged"], week["accuracy"]) for week in weeks] == [(2, 0.0), (2, 1.0)]
    assert statistics(rows(log))["accuracy"] == 0.4
    assert statistics([])["accuracy"] is None


def test_periods_are_the_reader_s():
    assert period_of("2030-01-04T22:30:00+00:00", "day") == "2030-01-05"
    assert period_of("2029-12-31T10:00:00+00:00", "week") == "2030-W01"
    assert period_of("someday", "day") == "no time"


def test_as_of_an_event_what_came_after_is_not_known(log, decided):
    """The log holds: selection, outcome; selection, outcome, two reviews; ..."""
    assert statistics(rows(LogView(log, until=1)))["unknown"] == 1
    as_of = {end: statistics(rows(LogView(log, until=end))) for end in (4, 5, 6)}
    assert [as_of[end]["reviews"] for end in (4, 5, 6)] == [{}, {"good": 1}, {"corrected": 1}]
    assert [as_of[end]["corrected"] for end in (4, 5, 6)] == [0, 0, 1]


def test_redactions_by_kind(log, make):
    log.append(make(data={"text": "ghp_" + "a1B2" * 9, "password": "hunter2"}))
    log.append(make(data={"password": "hunter3"}))
    log.append(make(data={"redacted": "not by us"}))
    assert redactions(log.read()) == {
        "events": 3,
        "with_redactions": 2,
        "redacted": 3,
        "kinds": [
            {"kind": "password", "redacted": 2, "events": 2},
            {"kind": "github-token", "redacted": 1, "events": 1},
        ],
    }
    assert redactions([]) == {"events": 0, "with_redactions": 0, "redacted": 0, "kinds": []}


def test_the_audit_form(log, decided):
    told = []
    found = list(audit(log, DecisionFilter(), told.append))[::-1]
    assert [line["event_id"] for line in found] == decided and len(told) == len(list(log.read()))
    assert all(list(line) == list(COLUMNS) for line in found)
    second = found[1]
    by_id = {event.event_id: event for event in log.read()}
    assert by_id[second["outcome_event_id"]].data["success"] is False
    assert [by_id[one].data["verdict"] for one in second["review_event_ids"]] == ["good", "corrected"]
    del second["outcome_event_id"], second["review_event_ids"]
    assert second == {
        "timestamp": "2030-01-05T10:00:00.000000+00:00",
        "session_id": "session-tester",
        "agent_id": "tester",
        "category": "tests",
        "request": "run it",
        "tool": "run_shell",
        "parameters": {"command": "make Ärger"},
        "reasoning": "",
        "confidence": 0.5,
        "model": "",
        "verdict": "corrected",
        "reason": "hm",
        "corrected_tool": "run_tests",
        "corrected_parameters": {"target": "x"},
        "outcome": "failed",
        "result": {"error": ["deep inside"]},
        "latency_ms": None,
        "execution_time_ms": None,
        "event_id": decided[1],
    }
    unknown = found[3]
    assert (unknown["outcome"], unknown["verdict"], unknown["outcome_event_id"]) == ("unknown", None, None)
    assert unknown["review_event_ids"] == []


def test_the_audit_form_of_some_decisions(log, decided):
    found = list(audit(log, DecisionFilter(outcome="refused")))
    assert [(line["event_id"], line["verdict"], line["reason"]) for line in found] == [
        (decided[2], "refused", "too much")
    ]
    assert len(found[0]["review_event_ids"]) == 1
