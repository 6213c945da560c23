"""A view of the log as it stood at a time or at an event."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from training.events import EventLogError
from training.events.views import LogView, given_moment, last_sequence, moment_of

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def hours(log, make):
    """Events of 12, 13, 11 and 14 o'clock, in this order: the clock went back once."""
    times = [NOON + timedelta(hours=hour) for hour in (0, 1, -1, 2)]
    return [
        log.append(replace(make(n, "ab"[n % 2]), timestamp=time.isoformat())) for n, time in enumerate(times)
    ]


def test_without_an_end_it_is_the_log(log, hours):
    view = LogView(log)
    assert list(view.read()) == hours
    assert list(view.read(newest_first=True, limit=2)) == hours[:1:-1]
    assert list(view.notices) == []


@pytest.mark.parametrize("end", [0, 1, 3, 4, 99])
def test_up_to_an_event(log, hours, end):
    view = LogView(log, until=end)
    assert list(view.read()) == hours[:end]
    assert list(view.read(newest_first=True)) == hours[:end][::-1]
    assert last_sequence(view) == min(end, 4)
    assert [view.get(event.event_id) is not None for event in hours] == [n < end for n in range(4)]


def test_up_to_a_time_goes_by_each_event_s_own(log, hours):
    view = LogView(log, until=NOON)
    assert list(view.read()) == [hours[0], hours[2]]
    assert list(view.read(limit=1, newest_first=True)) == [hours[2]]
    assert view.get(hours[1].event_id) is None and view.get(hours[2].event_id) == hours[2]
    assert view.get("unknown") is None


def test_its_filters_are_those_of_the_log(log, hours):
    view = LogView(log, until=3)
    assert list(view.read(aggregate_id="b")) == [hours[1]]
    assert list(view.read(after=1)) == hours[1:3]
    assert list(view.read(event_type="OTHER")) == []


def test_a_time_that_is_none_had_happened(log, make):
    event = log.append(replace(make(), timestamp="long ago"))
    assert list(LogView(log, until=NOON).read()) == [event]


def test_it_tells_of_what_it_reads_and_no_more(log, hours):
    told = []
    view = LogView(log, until=2, on_event=lambda event: told.append(event.sequence))
    assert [event.sequence for event in view.read()] == [1, 2] == told


def test_it_takes_no_events_and_leaves_the_log_open(log, make):
    view = LogView(log)
    for attempt in (lambda: view.append(make()), lambda: view.append_many([make()])):
        with pytest.raises(EventLogError, match="takes no events"):
            attempt()
    view.close()
    assert log.append(make()).sequence == 1


def test_moments():
    assert moment_of("2030-01-01T12:00:00+00:00") == NOON == moment_of("2030-01-01T12:00:00")
    assert moment_of("2030-01-01T14:00:00+02:00") == NOON
    assert moment_of("yesterday") is None
    assert given_moment("2030-01-01T12:00:00Z") == NOON
    assert given_moment(NOON.astimezone(timezone(timedelta(hours=5)))) == NOON
    for bad, said in (("2030-01-01", "no zone; append Z"), ("noon", "is no ISO 8601 time")):
        with pytest.raises(EventLogError, match=said):
            given_moment(bad)


def test_an_empty_log_has_no_last_sequence(log):
    assert last_sequence(log) == 0
