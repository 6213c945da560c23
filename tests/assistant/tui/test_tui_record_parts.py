"""The record of one decision as text: whole, in order, inert, and bounded."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.decision_chain import Chain, decision_of, find_chain
from assistant.tui.record_parts import TEXT_LIMIT, events, facts, texts
from training.events import EventLog, open_log
from training.events.base import EventType
from training.events.decisions import DecisionRecorder, review
from training.events.ids import new_event

HOSTILE = "\x1b[2J\x9b31m\u202e[/][@click=app.quit]x[/]\x1b]52;c;AAAA\x07"


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EventLog]:
    opened = open_log(tmp_path / "events")
    yield opened
    opened.close()


def decide(log: EventLog, *, success: bool | None = True, **changes: Any) -> str:
    given: dict[str, Any] = {
        "context": {"request": "look", "cwd": "/code"},
        "tools_available": [{"name": "read_file"}, {"name": "git_diff"}],
        "tool_selected": "read_file",
        "tool_parameters": {"path": "a.py", "all": None},
        "reasoning": "because",
        "confidence": 0.5,
        "alternatives": [("git_diff", 0.25)],
        "model": "m",
        "latency_ms": 12,
        **changes,
    }
    recorder = DecisionRecorder(log, "session-1", "tester", "coding")
    event = recorder.selected(**given)
    if success is not None:
        recorder.completed(event, success=success, result="the result", execution_time_ms=3)
    return event.event_id


def chain_of(log: EventLog, event_id: str) -> Chain:
    found = find_chain(log, event_id)
    assert found is not None
    return found


def told(chain: Chain) -> dict[str, str]:
    return {fact.name: fact.value.plain for fact in facts(chain)}


def order(chain: Chain) -> list[tuple[str, str]]:
    """The events with what is said of them, without their times."""
    return [(fact.name, fact.value.plain.partition("  ")[2]) for fact in events(chain)]


def test_the_facts_of_a_decision(log: EventLog) -> None:
    event_id = decide(
        log, teacher={"teacher_model": "t", "teacher_tool": "git_diff", "teacher_confidence": 0.9}
    )
    found = told(chain_of(log, event_id))
    assert found.pop("decided").endswith(event_id)
    assert found == {
        "request": "look",
        "call": 'read_file(path="a.py", all=null)',
        "outcome": "done, 3 ms",
        "label": "taught ±0.9: a teacher chose otherwise",
        "confidence": "50%, else git_diff 25%",
        "offered": "read_file, git_diff",
        "student": "m, 12 ms",
        "teacher": "t, git_diff(), 90%",
        "agent": "tester, coding",
        "session": "session-1",
    }


def test_the_whole_chain_in_order(log: EventLog) -> None:
    cause = decide(log, tool_selected="search_files", tool_parameters={})
    outcome = chain_of(log, cause).events[1]
    event_id = decide(log, causation_id=outcome.event_id)
    review(log, event_id, verdict="bad")
    given = {"corrected_tool": "git_diff", "corrected_parameters": {"path": "b"}, "reason": "so"}
    review(log, event_id, verdict="corrected", **given)
    found = chain_of(log, event_id)
    assert order(found) == [
        ("cause", "done, 3 ms  u opens it"),
        ("selection", 'read_file(path="a.py", all=null)'),
        ("outcome", "done, 3 ms"),
        ("review", "bad"),
        ("review", 'corrected to git_diff(path="b") because so'),
    ]
    assert told(found)["review"] == 'corrected to git_diff(path="b") because so'
    assert decision_of(found.cause) == cause
    assert [chain_of(log, event.event_id).row["event_id"] for event in found.events] == [event_id] * 4


def test_a_cause_that_is_no_decision_or_not_in_the_log_is_named(log: EventLog) -> None:
    trigger = log.append(new_event(EventType.DRIFT_DETECTED, "m", "model", {}))
    found = chain_of(log, decide(log, causation_id=trigger.event_id))
    assert order(found)[0] == ("cause", "DRIFT_DETECTED") and decision_of(found.cause) is None
    lost = chain_of(log, decide(log, causation_id="elsewhere"))
    assert events(lost)[0].value.plain == "elsewhere, which is not in this log"
    assert decision_of(lost.cause) is None


@pytest.mark.parametrize(
    ("success", "verdict", "says"),
    [
        (False, None, "failed, 3 ms"),
        (None, None, "unknown, no outcome was recorded"),
        (None, "refused", "not run"),
    ],
)
def test_what_came_of_it(log: EventLog, success: bool | None, verdict: str | None, says: str) -> None:
    event_id = decide(log, success=success)
    if verdict:
        review(log, event_id, verdict=verdict)
    assert told(chain_of(log, event_id))["outcome"] == says


def test_the_longer_texts(log: EventLog) -> None:
    found = dict(texts(chain_of(log, decide(log))))
    assert list(found) == ["Thought", "Arguments", "Result", "Context"]
    assert found["Context"] == '{\n  "cwd": "/code"\n}'
    bare = decide(log, success=None, reasoning="", tool_parameters={}, context={"request": "look"})
    assert not dict(texts(chain_of(log, bare)))


@pytest.mark.slow
def test_what_is_hostile_is_inert_and_what_is_huge_is_bounded(log: EventLog) -> None:
    event_id = decide(
        log,
        context={"request": HOSTILE, HOSTILE: [HOSTILE]},
        tools_available=[{"name": HOSTILE}, {"name": 7}, {}],
        tool_selected=HOSTILE,
        tool_parameters={HOSTILE: HOSTILE},
        reasoning=HOSTILE + "y" * 2_000_000,
        alternatives=[(HOSTILE, 0.1)],
        model=HOSTILE,
    )
    review(log, event_id, verdict=HOSTILE, reason=HOSTILE * 1000)
    found = chain_of(log, event_id)
    shown = [*told(found).values(), *(text for pair in order(found) for text in pair)]
    longer = dict(texts(found))
    for text in (*shown, *longer.values()):
        assert not set(text) & set("\x1b\x9b\u202e\x07")
    assert max(map(len, shown)) < 2200 and len(longer["Thought"]) < 2 * TEXT_LIMIT
    assert "characters left out" in longer["Thought"]


def test_alternatives_that_are_none_are_left_out(log: EventLog) -> None:
    event = new_event(
        EventType.AGENT_TOOL_SELECTED,
        "d",
        "decision",
        {"tool_selected": "x", "alternatives": ["odd", ["a"], ["b", "c"], ["git_diff", 0.5], 7]},
    )
    stored = log.append(event)
    assert chain_of(log, stored.event_id).alternatives == [("git_diff", 0.5)]
    assert find_chain(log, "nothing") is None
