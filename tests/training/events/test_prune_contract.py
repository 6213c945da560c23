"""Pruning, over every kind of log there is: what goes, what stays, what is known of it afterwards."""

from dataclasses import replace

import pytest

from training.events import EventLogError, EventType
from training.events.base import Event
from training.events.decisions import DecisionRecorder, history
from training.events.ids import new_event
from training.events.projections import Follower
from training.events.views import LogView

EVER = "2100-01-01T00:00:00Z"


@pytest.fixture
def stored(any_log, make) -> list[Event]:
    """Twelve events of three aggregates, an hour apart; every third one is a DRIFT_DETECTED."""
    made = []
    for number in range(12):
        kind = "DRIFT_DETECTED" if number % 3 == 0 else "AGENT_TOOL_SELECTED"
        event = make(number, "abc"[number % 3], event_type=kind, data={"n": number, "word": f"word{number}"})
        made.append(replace(event, timestamp=f"2030-01-01T{number:02}:00:00+00:00"))
    return [event for start in range(0, 12, 4) for event in any_log.append_many(made[start : start + 4])]


def numbers(log, **which: object) -> list[int]:
    return [event.data["n"] for event in log.read(**which)]


def test_by_type(any_log, reopen, stored):
    done = any_log.prune(types=["DRIFT_DETECTED"])
    assert (done.events, done.by_type, done.cited) == (4, {"DRIFT_DETECTED": 4}, 0)
    assert isinstance(done.freed, int)
    kept = [event for event in stored if event.event_type != "DRIFT_DETECTED"]
    for log in (any_log, reopen()):
        assert list(log.read()) == kept == list(log.read(newest_first=True))[::-1]
        assert log.get(stored[0].event_id) is None and log.get(stored[1].event_id) == stored[1]
        assert list(log.read(event_type="DRIFT_DETECTED")) == list(log.read(aggregate_id="a")) == []
        assert list(log.read(limit=2)) == kept[:2]
        assert (log.verify().events, log.verify().damages, list(log.notices)) == (8, (), [])


def test_by_age_by_size_and_by_all_of_it(any_log, stored):
    assert any_log.prune(before="2030-01-01T02:00:00+01:00").events == 1
    assert numbers(any_log, limit=1) == [1]
    assert any_log.prune(before="2030-01-01T06:00:00Z", types=["DRIFT_DETECTED"]).events == 1
    assert numbers(any_log) == [1, 2, 4, 5, 6, 7, 8, 9, 10, 11]
    assert any_log.prune(max_bytes=1 << 30).events == 0
    assert any_log.prune(max_bytes=0, types=["AGENT_TOOL_SELECTED"]).events == 8
    assert numbers(any_log) == [6, 9]


def test_the_oldest_go_until_the_log_is_small_enough(any_log, stored):
    sizes = any_log.prune(max_bytes=1 << 30)
    assert sizes.events == 0 == sizes.freed
    done = any_log.prune(max_bytes=12 * 250)
    assert 0 < done.events < 12
    assert numbers(any_log) == list(range(done.events, 12))


def test_a_rule_that_says_nothing_and_a_time_without_a_zone_are_refused(any_log, stored):
    for rule in ({}, {"before": "2030-01-01T00:00:00"}):
        with pytest.raises(EventLogError, match=r"give a time|no zone"):
            any_log.prune(**rule)
    assert numbers(any_log) == list(range(12)) and any_log.pruned() == []


def test_an_event_that_is_dated_by_no_time_has_no_age(any_log, make):
    odd = any_log.append(replace(make(), timestamp="long ago"))
    assert any_log.prune(before=EVER).events == 0
    assert any_log.prune(types=[odd.event_type]).events == 1


def test_what_was_pruned_is_known(any_log, reopen, stored):
    any_log.prune(types=["DRIFT_DETECTED"], keep_cited=stored[3].event_id.__eq__)
    any_log.prune(before="2030-01-01T02:00:00Z", force=True)
    first, second = reopen().pruned()
    assert first == {
        "at": first["at"],
        "before": None,
        "types": ["DRIFT_DETECTED"],
        "max_bytes": None,
        "forced": False,
        "events": 3,
        "by_type": {"DRIFT_DETECTED": 3},
        "cited": 1,
        "sequences": [[1, 1], [7, 7], [10, 10]],
    }
    assert (second["before"], second["forced"]) == ("2030-01-01T02:00:00+00:00", True)
    assert second["sequences"] == [[2, 2]]


def test_pruning_again_finds_nothing_more(any_log, stored):
    assert any_log.prune(before=EVER).events == 12
    again = any_log.prune(before=EVER)
    assert (again.events, again.by_type, again.freed, len(any_log.pruned())) == (0, {}, 0, 1)


def test_I12_I13_numbers_versions_and_ids_go_on(any_log, reopen, stored, make):
    any_log.prune(before=EVER)
    for log in (any_log, reopen()):
        again = log.append(stored[4])
        assert (again.sequence, again.version, dict(again.data)) == (5, 2, {})
        assert [log.version_of(name) for name in "abc"] == [4, 4, 4]
    assert any_log.append(make(1, "a"), expected_version=4).version == 5
    assert any_log.append(make(2, "new")).sequence == 14
    assert [event.sequence for event in reopen().read()] == [13, 14]


def test_what_is_cited_stays_unless_it_is_forced(any_log, stored):
    cited = {stored[3].event_id, stored[4].event_id}
    done = any_log.prune(before=EVER, keep_cited=cited.__contains__)
    assert (done.events, done.cited) == (10, 2)
    assert list(any_log.read()) == stored[3:5]
    forced = any_log.prune(types=["DRIFT_DETECTED"], keep_cited=cited.__contains__, force=True)
    assert (forced.events, forced.cited) == (1, 0)
    assert list(any_log.read()) == [stored[4]]


def test_what_the_record_of_a_dataset_or_model_names_stays_though_nobody_asks(any_log, stored):
    data = {"dataset_id": "d1", "event_ids": [stored[1].event_id, stored[2].event_id]}
    curated = any_log.append(new_event(EventType.TRAINING_DATA_CURATED, "d1", "dataset", data))
    trained = any_log.append(
        new_event(EventType.MODEL_TRAINED, "m1", "model", {"n": {"from": (stored[5].event_id,)}})
    )
    for _ in range(2):
        any_log.prune(before=EVER)
        assert list(any_log.read()) == [stored[1], stored[2], stored[5], curated, trained]
    assert any_log.prune(types=["MODEL_TRAINED"]).events == 1
    assert any_log.prune(before=EVER, force=True).events == 4
    assert list(any_log.read()) == []


def test_a_log_open_elsewhere_sees_it(any_log, reopen, stored):
    other = reopen()
    reading = other.read()
    assert next(reading) == stored[0]
    any_log.prune(types=["DRIFT_DETECTED"])
    assert numbers(other) == [1, 2, 4, 5, 7, 8, 10, 11]
    assert {event.data["n"] for event in reading} >= {1, 2, 4, 5, 7, 8, 10, 11}


def test_decisions_of_which_a_part_was_pruned(any_log):
    recorder = DecisionRecorder(any_log, "s")
    selections = []
    for _ in range(2):
        selections.append(recorder.selected(context={}, tools_available=[], tool_selected="x"))
        recorder.completed(selections[-1], success=True, result="long")
    any_log.prune(types=["AGENT_TOOL_COMPLETED"])
    assert [row["outcome"] for row in history(any_log)] == [None, None]
    assert recorder.completed(selections[0], success=False, result="again").version == 2
    assert [row["outcome"] for row in history(any_log)] == [None, None]
    any_log.prune(types=["AGENT_TOOL_SELECTED"])
    assert history(any_log) == []


class Delivered:
    name = "delivered"

    def __init__(self) -> None:
        self.numbers: list[int] = []

    def apply(self, event: Event) -> None:
        self.numbers.append(event.data["n"])

    def clear(self) -> None:
        self.numbers.clear()


def test_a_projection_passes_over_it(any_log, stored, tmp_path):
    table = Delivered()
    Follower(any_log, table, tmp_path).catch_up(until=5)
    any_log.prune(before="2030-01-01T07:00:00Z")
    follower = Follower(any_log, table, tmp_path)
    assert (follower.position, follower.catch_up()) == (5, 5)
    assert table.numbers == [0, 1, 2, 3, 4, 7, 8, 9, 10, 11]
    assert follower.rebuild() == 5 and table.numbers == [7, 8, 9, 10, 11]


def test_the_log_as_it_stood_lacks_it_too(any_log, stored):
    any_log.prune(types=["DRIFT_DETECTED"])
    assert numbers(any_log, until=5) == [1, 2, 4]
    assert numbers(LogView(any_log, until="2030-01-01T05:00:00Z")) == [1, 2, 4, 5]
