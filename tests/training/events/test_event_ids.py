"""Ids sort as they were made; a new event is complete but for what the log gives."""

from datetime import UTC, datetime, timedelta, timezone
from threading import Thread
from uuid import UUID

from training.events.ids import new_event, outcome_id, uuid7


def test_ids_are_version_7_and_hold_the_time():
    moment = datetime.now(UTC) + timedelta(days=3650)
    value = UUID(uuid7(lambda: moment))
    assert value.version == 7 and value.variant == "specified in RFC 4122"
    assert abs((value.int >> 80) - int(moment.timestamp() * 1000)) <= 1


def test_ids_of_one_millisecond_sort():
    moment = datetime.now(UTC) + timedelta(days=3651)
    ids = [uuid7(lambda: moment) for _ in range(5000)]
    assert ids == sorted(ids) and len(set(ids)) == 5000


def test_ids_sort_when_the_clock_goes_back():
    start = datetime.now(UTC) + timedelta(days=3652)
    ids = [uuid7(lambda step=step: start - timedelta(seconds=step)) for step in range(100)]
    assert ids == sorted(ids)


def test_ids_of_threads_are_unique():
    ids: list[str] = []
    threads = [Thread(target=lambda: ids.extend([uuid7() for _ in range(500)])) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(ids)) == 4000


def test_the_timestamp_is_utc():
    east = datetime(2030, 6, 1, 12, 0, 0, 5, tzinfo=timezone(timedelta(hours=5)))
    event = new_event("T", "a", "x", {}, clock=lambda: east)
    assert event.timestamp == "2030-06-01T07:00:00.000005+00:00"
    assert (event.version, event.sequence) == (0, 0)


def test_a_selection_has_one_outcome_id():
    assert outcome_id("s") == outcome_id("s") != outcome_id("t")
