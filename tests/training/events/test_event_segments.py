"""Segments: full ones are sealed, known by their sidecars, and read like the one that is written to."""

import json
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.training.events.test_event_log_faults import Died, Faults, play
from training.events import EventLogError
from training.events.base import Event
from training.events.journal import SEGMENT
from training.events.log import TinyEventLog
from training.events.segments import numbers, plain_path, sidecar_path

SMALL = 1500
"""Bytes: about five events of these tests to a segment."""


@pytest.fixture
def open_small(folder: Path) -> Iterator[Callable[..., TinyEventLog]]:
    opened: list[TinyEventLog] = []

    def open_again(**options: object) -> TinyEventLog:
        opened.append(TinyEventLog(folder, segment_bytes=SMALL, **{"sync": "never", **options}))  # type: ignore[arg-type]
        return opened[-1]

    yield open_again
    for log in opened:
        log.close()


@pytest.fixture
def many(open_small, make) -> list[Event]:
    """Forty events in several segments, the log closed."""
    log = open_small()
    stored = []
    for number in range(40):
        kind = "MODEL_TRAINED" if number % 4 == 0 else "AGENT_TOOL_SELECTED"
        stored.append(
            log.append(make(number, "abc"[number % 3], event_type=kind, correlation_id=f"s{number % 5}"))
        )
    log.close()
    return stored


def test_full_segments_are_sealed_and_read_on(many, folder, open_small):
    assert len(numbers(folder)) > 4
    assert all(sidecar_path(folder, number).exists() for number in numbers(folder)[:-1])
    assert not sidecar_path(folder, numbers(folder)[-1]).exists()
    log = open_small()
    assert list(log.read()) == many
    assert list(log.read(newest_first=True)) == many[::-1]
    assert not log.notices and log.verify().events == 40 and log.verify().damages == ()


def test_lookups_cross_the_segments(many, open_small):
    log = open_small()
    assert [log.get(event.event_id) for event in many] == many
    assert log.get("unknown") is None
    for field, value in (("aggregate_id", "b"), ("correlation_id", "s3"), ("event_type", "MODEL_TRAINED")):
        wanted = [event for event in many if getattr(event, field) == value]
        assert list(log.read(**{field: value})) == wanted
        assert list(log.read(**{field: value}, newest_first=True, limit=3)) == wanted[::-1][:3]
        assert list(log.read(**{field: value}, after=20)) == [e for e in wanted if e.sequence > 20]
        assert list(log.read(**{field: value}, until=20)) == [e for e in wanted if e.sequence <= 20]


def test_I13_versions_and_ids_go_on_over_the_segments(many, open_small, make):
    log = open_small()
    assert log.append(make(99, "a")).version == 15
    assert log.append(many[3]) == many[3]
    assert log.append(make(1, "b"), expected_version=13).version == 14
    assert [event.sequence for event in log.read()] == list(range(1, 43))


def test_opening_reads_only_sidecars_and_the_last_segment(many, folder, open_small):
    faults = Faults()
    log = open_small(open_file=faults.open)
    assert faults.counts["read"] <= 2 * plain_path(folder, numbers(folder)[-1]).stat().st_size
    assert log.append(many[0]) == many[0]


@pytest.mark.parametrize("harm", ["missing", "stale", "cut", "empty", "text", "flipped"])
def test_I17_a_sidecar_is_made_again_from_the_records(many, folder, open_small, harm):
    path = sidecar_path(folder, 2)
    whole = path.read_bytes()
    if harm == "missing":
        path.unlink()
    elif harm == "stale":
        shutil.copy(sidecar_path(folder, 3), path)
    else:
        flipped = whole[:-20] + bytes([whole[-20] ^ 4]) + whole[-19:]
        path.write_bytes({"cut": whole[:-9], "empty": b"", "text": b"x\ny", "flipped": flipped}[harm])
    log = open_small()
    assert list(log.read()) == many and not log.notices
    assert path.read_bytes() == whole


@pytest.mark.slow
def test_I08_a_flipped_bit_in_any_byte_of_a_sidecar_changes_nothing(many, folder, open_small):
    path = sidecar_path(folder, 1)
    whole = path.read_bytes()
    for offset in range(0, len(whole), 7):
        path.write_bytes(whole[:offset] + bytes([whole[offset] ^ 1 << offset % 8]) + whole[offset + 1 :])
        log = open_small()
        assert list(log.read(limit=6)) == many[:6]
        log.close()
        assert path.read_bytes() == whole


def test_I08_damage_in_a_sealed_segment_is_an_error_then_named_at_every_open(many, folder, open_small):
    path = plain_path(folder, 2)
    content = path.read_bytes()
    broken = content.replace(b'"n":6', b'"n":9', 1)
    assert broken != content
    path.write_bytes(broken)
    log = open_small()
    with pytest.raises(EventLogError, match="damaged; open it again"):
        list(log.read())
    log.close()
    for _ in range(2):
        log = open_small()
        assert list(log.read()) == [event for event in many if event.data["n"] != 6]
        (notice,) = log.notices
        assert "event 7" in notice and path.name in notice
        assert [(damage.first, damage.last) for damage in log.verify().damages] == [(7, 7)]
        log.close()


def test_I08_a_verification_has_all_damaged_segments_read_anew(many, folder, open_small):
    lost = [min(sequences_of(plain_path(folder, number))) for number in (2, 4, 6)]
    for number, sequence in zip((2, 4, 6), lost, strict=True):
        path = plain_path(folder, number)
        path.write_bytes(path.read_bytes().replace(b'"n":%d}' % (sequence - 1), b'"n":%d}' % sequence, 1))
    log = open_small()
    found = [(damage.first, damage.last) for damage in log.verify().damages]
    assert found == [(sequence, sequence) for sequence in lost]
    log.close()
    log = open_small()
    assert list(log.read()) == [event for event in many if event.sequence not in lost]
    assert len(log.notices) == 3


def test_I09_a_missing_or_emptied_segment_is_an_error(many, folder, open_small):
    path = plain_path(folder, 2)
    content = path.read_bytes()
    path.unlink()
    with pytest.raises(EventLogError, match=r"events-000002.jsonl is missing.*backup"):
        open_small()
    path.write_bytes(b"")
    with pytest.raises(EventLogError, match=r"events-000002.jsonl is empty.*backup"):
        open_small()
    path.write_bytes(content)
    plain_path(folder, numbers(folder)[-1]).unlink()
    with pytest.raises(EventLogError, match="is missing"):
        open_small()


def test_I09_a_shortened_sealed_segment_says_what_is_lost(many, folder, open_small):
    path = plain_path(folder, 2)
    os.truncate(path, path.stat().st_size - 5)
    log = open_small()
    assert "(event" in log.notices[0] and path.name in log.notices[0]
    lost = {number for damage in log.verify().damages for number in range(damage.first, damage.last + 1)}
    assert {event.sequence for event in many} - {event.sequence for event in log.read()} == lost != set()


def test_I05_a_log_open_elsewhere_follows_the_rotation(folder, open_small, make):
    one, other = open_small(), open_small()
    for number in range(30):
        (one, other)[number % 2].append(make(number))
        assert len(list(one.read())) == len(list(other.read())) == number + 1
    assert len(numbers(folder)) > 3
    assert list(one.read()) == list(other.read())
    assert other.verify().damages == ()


def test_a_reader_without_write_permission_needs_no_sidecar(many, folder):
    from training.events.index import Index
    from training.events.journal import Journal

    sidecar_path(folder, 1).unlink()
    index = Index()
    journal = Journal(folder, index=index, writable=False)
    assert len(index) == 40 and not sidecar_path(folder, 1).exists()
    journal.close()


def test_a_sidecar_of_the_segment_written_to_is_not_used(many, folder, open_small, make):
    last = numbers(folder)[-1]
    shutil.copy(sidecar_path(folder, 1), sidecar_path(folder, last))
    log = open_small()
    assert list(log.read()) == many
    assert log.append(make(41)).sequence == 41


def test_the_first_segment_keeps_its_name(many, folder):
    assert plain_path(folder, 1).name == SEGMENT == "events-000001.jsonl"


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["tear_write", "fail_sync", "fail_rename", "tear_in_place"])
@pytest.mark.parametrize("die", [False, True], ids=["error", "kill"])
@pytest.mark.parametrize("keep", [0.5, 1.0])
def test_I01_rotation_may_fail_or_end_at_any_step(tmp_path, make, kind, die, keep):
    for place in range(1, 60):
        folder = tmp_path / f"log{place}"
        TinyEventLog(folder).close()
        faults = Faults(**{kind: place}, die=die, keep=keep)
        log = TinyEventLog(folder, open_file=faults.open, segment_bytes=900)
        scenario = [make(number, "ab"[number % 2]) for number in range(10)]
        acknowledged, said = play(log, [[event] for event in scenario])
        with suppress(Died):
            log.close()
        after = TinyEventLog(folder, segment_bytes=900)
        events = list(after.read())
        assert acknowledged <= {event.event_id for event in events}
        assert [event.sequence for event in events] == list(range(1, len(events) + 1))
        assert after.verify().damages == ()
        assert len(after.append_many(scenario)) == 10 == len(list(after.read()))
        after.close()
        if not said and len(acknowledged) == 10 and faults.counts[kind.partition("_")[2]] < place:
            break
    else:
        pytest.fail("the faults did not cover all of it")
    assert place > 3


@pytest.mark.slow
def test_I05_threads_read_while_others_seal_segments(open_small, make):
    """Readers meet files that are being closed, and never see but whole events, in order."""
    log = open_small()
    failed: list[BaseException] = []
    stop = threading.Event()

    def look() -> None:
        try:
            while not stop.is_set():
                found = [event.sequence for event in log.read()]
                assert found == list(range(1, len(found) + 1))
                newest = next(log.read(newest_first=True), None)
                assert newest is None or log.get(newest.event_id) == newest
        except BaseException as error:  # noqa: BLE001
            failed.append(error)

    readers = [threading.Thread(target=look) for _ in range(3)]
    for reader in readers:
        reader.start()
    for number in range(400):
        log.append(make(number, "abc"[number % 3]))
    log.compress(keep=0)
    log.prune(types=["NONE"])
    stop.set()
    for reader in readers:
        reader.join()
    assert failed == []
    assert len(list(log.read())) == 400 and log.verify().damages == ()


@pytest.mark.slow
def test_a_log_that_is_closed_while_it_is_read_says_so(open_small, make):
    for _ in range(20):
        log = open_small()
        log.append_many([make(number) for number in range(20)])
        said: list[str] = []

        def look(log: TinyEventLog = log, said: list[str] = said) -> None:
            try:
                while True:
                    list(log.read())
            except EventLogError as error:
                said.append(str(error))

        reader = threading.Thread(target=look)
        reader.start()
        time.sleep(0.005)
        log.close()
        reader.join(10)
        assert not reader.is_alive() and len(said) == 1 and "\n" not in said[0]


@pytest.mark.slow
@pytest.mark.parametrize(("number", "other"), [(3, 2), (2, 3), (2, 5)])
@pytest.mark.parametrize("sidecars", [True, False])
def test_I08_a_segment_with_the_content_of_another_gives_no_event_twice(
    many, folder, open_small, make, number, other, sidecars
):
    lost = sequences_of(plain_path(folder, number))
    shutil.copy(plain_path(folder, other), plain_path(folder, number))
    for one in numbers(folder) if not sidecars else [number]:
        sidecar_path(folder, one).unlink(missing_ok=True)
    for _ in range(2):
        log = open_small()
        assert list(log.read()) == [event for event in many if event.sequence not in lost]
        assert any(f"is the content of segment {other}" in notice for notice in log.notices)
        named = {place for damage in log.verify().damages for place in range(damage.first, damage.last + 1)}
        assert named == lost
        log.close()


def test_I08_the_last_segment_with_the_content_of_another_goes_on(many, folder, open_small, make):
    last = numbers(folder)[-1]
    other = plain_path(folder, 2).read_bytes()
    plain_path(folder, last).write_bytes(other.ljust(plain_path(folder, last).stat().st_size, b"\n"))
    log = open_small()
    assert any("is the content of segment 2" in notice for notice in log.notices)
    stored = log.append(make(99, "a"))
    assert (stored.sequence, stored.version) == (41, 15)
    log.close()
    log = open_small()
    assert list(log.read())[-1] == stored and log.get(stored.event_id) == stored


def sequences_of(path: Path) -> set[int]:
    """The events that lie in a segment."""
    return {json.loads(line)["event"]["sequence"] for line in path.read_bytes().splitlines()[1:]}
