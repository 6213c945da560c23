"""The EventLog contract, over every kind of log there is."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from training.events import EventLog, EventLogError, VersionConflict
from training.events.ids import new_event
from training.events.views import LogView


def test_append_gives_version_and_sequence(any_log, make):
    stored = [any_log.append(make(n, aggregate)) for n, aggregate in enumerate("abab")]
    assert [event.version for event in stored] == [1, 1, 2, 2]
    assert [event.sequence for event in stored] == [1, 2, 3, 4]


def test_append_returns_what_a_reader_gets(any_log, reopen, make):
    event = make(data={"tuple": (1, 2), "text": "ü", "nested": {"list": [None, True, 1.5]}}, causation_id="c")
    stored = any_log.append(event)
    assert [stored] == list(any_log.read()) == list(reopen().read())
    assert stored.data == {"tuple": [1, 2], "text": "ü", "nested": {"list": [None, True, 1.5]}}
    assert (stored.event_id, stored.timestamp) == (event.event_id, event.timestamp)


def test_caller_may_change_its_data_after_append(any_log, make):
    data = {"list": [1]}
    stored = any_log.append(make(data=data))
    data["list"].append(2)
    assert stored.data == {"list": [1]}


def test_append_many_numbers_within_the_batch(any_log, make):
    stored = any_log.append_many([make(1, "a"), make(2, "b"), make(3, "a")])
    assert [(event.sequence, event.version) for event in stored] == [(1, 1), (2, 1), (3, 2)]
    assert any_log.append_many([]) == []


def test_append_many_is_all_or_none(any_log, make):
    with pytest.raises(EventLogError):
        any_log.append_many([make(1), make(data={"bad": float("nan")})])
    assert list(any_log.read()) == []


def test_read_filters(any_log, make):
    any_log.append(make(1, "a", correlation_id="s1"))
    any_log.append(make(2, "b", correlation_id="s2", event_type="MODEL_TRAINED"))
    any_log.append(make(3, "a", correlation_id="s2", event_type="DECISION_REVIEWED"))

    def numbers(**filters: object) -> list[int]:
        return [event.data["n"] for event in any_log.read(**filters)]

    assert numbers() == [1, 2, 3]
    assert numbers(event_type="MODEL_TRAINED") == [2]
    assert numbers(event_type=["MODEL_TRAINED", "DECISION_REVIEWED"]) == [2, 3]
    assert numbers(event_type=[]) == []
    assert numbers(aggregate_id="a") == [1, 3]
    assert numbers(aggregate_id="a", newest_first=True) == [3, 1]
    assert numbers(aggregate_id="a", after=1) == [3]
    assert numbers(aggregate_id="none") == []
    assert numbers(correlation_id="s2") == [2, 3]
    assert numbers(after=1) == [2, 3]
    assert numbers(limit=2) == [1, 2]
    assert numbers(limit=2, newest_first=True) == [3, 2]
    assert numbers(limit=0) == []
    assert numbers(correlation_id="s2", event_type="DECISION_REVIEWED", aggregate_id="a") == [3]


@pytest.fixture
def timed(any_log) -> EventLog:
    """Six events at these hours of a day: the clock goes back once; the last one is dated by no time."""
    start = datetime(2030, 1, 1, tzinfo=UTC)
    for number, hour in enumerate((0, 1, 2, 1, 4)):
        moment = start + timedelta(hours=hour)
        event = new_event("T", "ab"[number % 2], "x", {"n": number})
        any_log.append(replace(event, timestamp=moment.isoformat()))
    any_log.append(replace(new_event("T", "b", "x", {"n": 5}), timestamp="long ago"))
    return any_log


@pytest.mark.parametrize(
    ("which", "found"),
    [
        ({"until": 3}, [0, 1, 2]),
        ({"until": 99}, [0, 1, 2, 3, 4, 5]),
        ({"until": 0}, []),
        ({"after": 4, "until": 2}, []),
        ({"after": 2, "until": 4}, [2, 3]),
        ({"until": 4, "newest_first": True, "limit": 2}, [3, 2]),
        ({"until": 4, "aggregate_id": "b"}, [1, 3]),
        ({"as_of": "2030-01-01T01:30:00Z"}, [0, 1, 3, 5]),
        ({"as_of": "2030-01-01T01:00:00Z"}, [0, 1, 3, 5]),
        ({"as_of": datetime(2030, 1, 1, 2, tzinfo=UTC), "newest_first": True}, [5, 3, 2, 1, 0]),
        ({"as_of": "2030-01-01T01:30:00+01:00", "aggregate_id": "a"}, [0]),
        ({"as_of": "2031-01-01T00:00:00Z", "until": 4, "limit": 2}, [0, 1]),
        ({"as_of": "2030-01-01T01:30:00Z", "newest_first": True, "limit": 2}, [5, 3]),
        ({"as_of": "2030-01-01T01:30:00Z", "after": 1, "until": 4}, [1, 3]),
        ({"as_of": "1999-01-01T00:00:00Z", "until": 5}, []),
    ],
    ids=str,
)
def test_the_log_as_of_a_time_or_a_sequence(timed, which, found):
    assert [event.data["n"] for event in timed.read(**which)] == found
    assert [event.data["n"] for event in LogView(timed).read(**which)] == found


@pytest.mark.parametrize("wrong", ["2030-01-01T01:30:00", "2030-01-01", "yesterday"])
def test_a_time_that_cannot_be_placed_is_one_line(any_log, wrong):
    with pytest.raises(EventLogError, match=r"no zone|no ISO 8601 time") as said:
        list(any_log.read(as_of=wrong))
    assert "\n" not in str(said.value)


def test_the_version_of_an_aggregate(any_log, reopen, make):
    assert any_log.version_of("a") == 0 == any_log.version_of("a\0")
    for aggregate in "aba":
        any_log.append(make(0, aggregate))
    assert [any_log.version_of(name) for name in "abc"] == [2, 1, 0]
    assert reopen().version_of("a") == 2
    assert any_log.append(make(1, "a"), expected_version=any_log.version_of("a")).version == 3


def test_get_by_id(any_log, reopen, make):
    stored = any_log.append(make(1))
    assert any_log.get(stored.event_id) == stored == reopen().get(stored.event_id)
    assert any_log.get("unknown") is None


def test_two_open_logs_see_each_other(any_log, reopen, make):
    other = reopen()
    any_log.append(make(1))
    assert [event.sequence for event in other.read()] == [1]
    assert other.append(make(2)).sequence == 2
    assert any_log.append(make(3)).version == 3
    assert [event.data["n"] for event in other.read()] == [1, 2, 3]


def test_threads_append_without_gaps(any_log, make):
    def append_some() -> None:
        for number in range(15):
            any_log.append(make(number))

    threads = [threading.Thread(target=append_some) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [event.sequence for event in any_log.read()] == list(range(1, 61))
    assert [event.version for event in any_log.read()] == list(range(1, 61))


def test_closed_log_says_so(any_log, make):
    any_log.close()
    any_log.close()
    with pytest.raises(EventLogError, match="closed"):
        any_log.append(make())
    with pytest.raises(EventLogError, match="closed"):
        list(any_log.read())


def test_a_healthy_log_has_no_notices(any_log, reopen, make):
    any_log.append(make())
    assert list(any_log.notices) == [] == list(reopen().notices)


def test_I11_a_clock_that_goes_back_does_not_change_the_order(any_log):
    start = datetime(2030, 1, 1, tzinfo=UTC)
    clocks = [lambda step=step: start - timedelta(hours=step) for step in range(3)]
    stored = [any_log.append(new_event("T", "a", "x", {}, clock=clock)) for clock in clocks]
    assert stored[0].timestamp > stored[2].timestamp
    assert list(any_log.read()) == stored
    assert sorted(event.event_id for event in stored) == [event.event_id for event in stored]


def test_I12_the_same_event_id_is_written_once(any_log, reopen, make):
    first = any_log.append(make(1, event_id="same"))
    assert any_log.append(make(2, event_id="same")) == first
    assert reopen().append(make(3, event_id="same"), expected_version=0) == first
    both = any_log.append_many([make(4, event_id="new"), make(5, event_id="new"), make(6, event_id="same")])
    assert [event.data["n"] for event in both] == [4, 4, 1]
    assert [event.data["n"] for event in any_log.read()] == [1, 4]


def test_I13_a_wrong_expected_version_is_refused(any_log, reopen, make):
    any_log.append(make(1), expected_version=0)
    reopen().append(make(2), expected_version=1)
    for wrong in (0, 1, 3):
        with pytest.raises(VersionConflict, match=f"at version 2, not {wrong}"):
            any_log.append(make(3), expected_version=wrong)
    assert any_log.append(make(3), expected_version=2).version == 3
    assert len(list(any_log.read())) == 3


@pytest.mark.parametrize(
    "data",
    [
        {"x": float("nan")},
        {"x": [float("inf")]},
        {"x": b"bytes"},
        {"x": {1, 2}},
        {1: "number as a key"},
        {"x": 1 << 70},
        {"x": "a" * (10 * 1024 * 1024 + 1)},
        {"x": object()},
    ],
    ids=["nan", "inf", "bytes", "set", "key", "integer", "10MB", "object"],
)
def test_I14_what_cannot_be_stored_is_refused_before_the_file_is_touched(any_log, make, data):
    any_log.append(make(1))
    with pytest.raises(EventLogError) as refused:
        any_log.append(make(data=data))
    assert "\n" not in str(refused.value)
    assert any_log.append(make(2)).sequence == 2


def test_I14_deep_nesting_is_refused(any_log, make):
    deep: dict[str, object] = {}
    for _ in range(5000):
        deep = {"x": deep}
    with pytest.raises(EventLogError, match="nested deeper"):
        any_log.append(make(data=deep))


def test_I14_surrogates_and_nul_are_stored_and_read_back(any_log, reopen, make):
    any_log.append(make(data={"nul": "a\0b", "surrogate": "a\udc80b", "\ud800": 1, "lines": "a\nb\r\u2028"}))
    (event,) = reopen().read()
    assert event.data == {"nul": "a\0b", "surrogate": "a\\udc80b", "\\ud800": 1, "lines": "a\nb\r\u2028"}


@pytest.mark.parametrize("field", ["event_type", "aggregate_id", "aggregate_type", "event_id", "timestamp"])
def test_an_event_needs_its_envelope(any_log, make, field):
    with pytest.raises(EventLogError, match=field):
        any_log.append(replace(make(), **{field: ""}))


def test_I15_unknown_types_and_newer_schemas_come_back_as_they_are(any_log, reopen, make):
    stored = any_log.append(replace(make(event_type="FROM_THE_FUTURE"), schema_version=99))
    (read,) = reopen().read(event_type="FROM_THE_FUTURE")
    assert read == stored
    assert (read.event_type, read.schema_version) == ("FROM_THE_FUTURE", 99)


def test_I19_secrets_are_not_written(any_log, folder, make):
    secret = "ghp_" + "a1B2" * 9
    stored = any_log.append(make(data={"text": f"token is {secret}", "password": "hunter2"}))
    assert stored.data["text"] == "token is [redacted:github-token]"
    assert stored.data["redacted"] == {"github-token": 1, "password": 1}
    for path in folder.rglob("*"):
        assert path.is_dir() or (
            secret.encode() not in path.read_bytes() and b"hunter2" not in path.read_bytes()
        )
