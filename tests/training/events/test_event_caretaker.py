"""Old segments are compressed without anyone asking, while nobody appends; a kill leaves the log whole."""

import gzip
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.training.children import run_child
from tests.training.events.test_event_log_faults import Faults, FaultyFile
from training.events import EventLogError
from training.events.base import Event
from training.events.log import TinyEventLog
from training.events.packing import finish, packing
from training.events.segments import BLOCK, numbers, packed_path, plain_path, sidecar_path

SMALL = 1500
NEVER = 3600.0


@pytest.fixture
def reopen(folder: Path) -> Iterator[Callable[..., TinyEventLog]]:
    opened: list[TinyEventLog] = []

    def open_again(quiet_s: float = NEVER, **options: object) -> TinyEventLog:
        values = {"segment_bytes": SMALL, "sync": "never", **options}
        opened.append(TinyEventLog(folder, quiet_s=quiet_s, **values))  # type: ignore[arg-type]
        return opened[-1]

    yield open_again
    for log in opened:
        log.close()


def fill(log: TinyEventLog, make: Callable[..., Event], count: int = 20) -> list[Event]:
    return [log.append(make(number, "abc"[number % 3])) for number in range(count)]


@pytest.fixture
def sealed(reopen, make, folder: Path) -> list[Event]:
    """Twenty events in several plain segments, as a program leaves them that was killed."""
    log = reopen()
    stored = fill(log, make)
    log._written = False
    log.close()
    assert packed(folder) == [] and len(numbers(folder)) > 3
    return stored


def packed(folder: Path) -> list[int]:
    return [number for number in numbers(folder) if not plain_path(folder, number).exists()]


def old(folder: Path) -> list[int]:
    """All but the segment that is written to and the newest sealed one."""
    return numbers(folder)[:-2]


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_quiet_log_compresses_what_is_old(sealed, folder, reopen):
    log = reopen(quiet_s=0.0)
    until(lambda: packed(folder) == old(folder))
    assert list(log.read()) == sealed == list(reopen().read())
    assert [log.get(event.event_id) for event in sealed] == sealed
    assert log.verify().damages == () and not log.notices
    assert not list(folder.glob(".*"))


@pytest.mark.slow
def test_one_quiet_time_is_enough_for_all_that_is_old(sealed, folder, reopen):
    started, each = time.monotonic(), 4.0
    reopen(quiet_s=each)
    until(lambda: packed(folder) == old(folder))
    assert time.monotonic() - started < each * len(old(folder))


def test_a_segment_that_is_sealed_later_follows(reopen, make, folder):
    log = reopen(quiet_s=0.0)
    stored = fill(log, make)
    until(lambda: packed(folder) == old(folder) != [])
    more = fill(log, make)
    until(lambda: packed(folder) == old(folder))
    assert list(log.read()) == [*stored, *more]


@pytest.mark.slow
def test_while_events_come_nothing_is_compressed(sealed, folder, reopen, make):
    log = reopen(quiet_s=0.3)
    for _ in range(15):
        log.append(make())
        time.sleep(0.01)
    assert packed(folder) == []
    until(lambda: packed(folder) == old(folder))


@pytest.mark.slow
def test_events_of_another_process_disturb_the_quiet_too(sealed, folder, reopen, make):
    log, other = reopen(quiet_s=0.3), reopen()
    for _ in range(15):
        other.append(make())
        time.sleep(0.01)
    assert packed(folder) == []
    until(lambda: set(packed(folder)) >= {1, 2})
    assert list(log.read()) == list(other.read())


def test_a_program_that_was_never_quiet_compresses_one_segment_as_it_ends(reopen, make, folder):
    log = reopen()
    stored = fill(log, make)
    log.close()
    assert packed(folder) == [1]
    for expected in ([1], [1, 2]):
        log = reopen()
        assert list(log.read())[: len(stored)] == stored
        log.close()
        assert packed(folder) == expected
        log = reopen()
        log.append(make())
        log.close()
    assert packed(folder) == [1, 2, 3]


def test_closing_does_not_wait_for_the_quiet(sealed, folder, reopen):
    log = reopen()
    started = time.monotonic()
    log.close()
    assert time.monotonic() - started < NEVER / 60 and packed(folder) == []
    assert "log upkeep" not in [thread.name for thread in threading.enumerate()]


def test_a_log_that_may_only_be_read_is_left_alone(sealed, folder, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)
    log = TinyEventLog(folder, quiet_s=0.0, segment_bytes=SMALL)
    assert list(log.read()) == sealed
    log.close()
    assert packed(folder) == []


def test_the_log_takes_events_while_a_segment_is_compressed(reopen, make, folder):
    log = reopen(segment_bytes=3 * BLOCK)
    for _ in range(2):
        log.append_many([make(number, data={"text": os.urandom(30_000).hex()}) for number in range(15)])
    log.append(make())
    steps = packing(log.db.storage, folder, 1)
    for _ in range(3):
        next(steps)
        assert log.append(make()).version
    assert plain_path(folder, 1).exists() and not packed_path(folder, 1).exists()
    assert finish(steps) and packed(folder) == [1]
    assert [event.sequence for event in log.read()] == list(range(1, 35))
    assert log.verify().damages == ()


def test_giving_up_leaves_nothing_behind(sealed, folder, reopen):
    log = reopen()
    steps = packing(log.db.storage, folder, 1)
    next(steps)
    assert list(folder.glob(".*"))
    steps.close()
    assert not list(folder.glob(".*")) and plain_path(folder, 1).exists()


def test_of_two_that_compress_a_segment_one_does_it(sealed, folder, reopen):
    one, other = reopen(), reopen()
    steps = packing(one.db.storage, folder, 1)
    next(steps)
    assert not finish(packing(other.db.storage, folder, 1))
    assert finish(steps)
    assert not finish(packing(other.db.storage, folder, 1))
    assert other.compress(keep=0) and list(one.read()) == sealed == list(other.read())


def test_a_segment_that_is_pruned_meanwhile_stays_plain(sealed, folder, reopen):
    log = reopen()
    steps = packing(log.db.storage, folder, 1)
    next(steps)
    log.prune(before=sealed[2].timestamp)
    assert not finish(steps)
    assert packed(folder) == [] and not packed_path(folder, 1).exists()
    assert list(log.read()) == sealed[2:] and log.verify().damages == ()


def test_what_a_kill_left_of_compressing_does_not_keep_what_is_pruned(sealed, folder, reopen):
    packed_path(folder, 1).write_bytes(gzip.compress(plain_path(folder, 1).read_bytes()))
    log = reopen()
    assert list(log.read()) == sealed
    log.prune(before="2100-01-01T00:00:00Z")
    assert not packed_path(folder, 1).exists()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["tear_write", "fail_sync", "fail_rename", "tear_in_place"])
@pytest.mark.parametrize("keep", [0.0, 0.5, 1.0])
def test_I01_a_disk_that_fails_at_any_step_of_the_upkeep_leaves_the_log_whole(
    sealed, folder, reopen, make, tmp_path, kind, keep
):
    """Compressing and pruning, by the caretaker's own steps: what fails is said, and done the next time."""
    kept = [event for event in sealed if event.aggregate_id != "a"]
    ids = {event.event_id for event in kept}
    for place in range(1, 80):
        copy = tmp_path / f"{kind}{place}"
        shutil.copytree(folder, copy)
        faults = Faults(**{kind: place}, keep=keep)
        said = ""
        try:
            log = TinyEventLog(copy, open_file=faults.open, segment_bytes=SMALL, quiet_s=NEVER)
            log.compress()
            log.prune(types=["AGENT_TOOL_SELECTED"], keep_cited=lambda event_id: event_id in ids)
            log.append(make(99))
        except EventLogError as error:
            said = str(error)
        log.close()
        after = TinyEventLog(copy, segment_bytes=SMALL, quiet_s=NEVER)
        found = [event for event in after.read() if event.data.get("n") != 99]
        assert [event for event in found if event.aggregate_id != "a"] == kept
        assert all(event in sealed for event in found) and after.verify().damages == ()
        assert after.compress() is not None and after.append(make(100)).version
        after.close()
        assert not list(copy.glob(".*"))
        shutil.rmtree(copy)
        if not said and not log.notices:
            break
    else:
        pytest.fail("the faults did not cover all of it")
    assert place > 3


class Killing(Faults):
    """A kill in the place of an error."""

    def open(self, path: Path, writable: bool, in_place: bool = False) -> FaultyFile:
        return KilledFile(self, path, writable, in_place)


class KilledFile(FaultyFile):
    def _fail(self, number: int) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["tear_write", "fail_sync", "fail_rename"])
def test_I01_a_kill_at_any_step_of_the_upkeep_leaves_the_log_whole(sealed, folder, reopen, tmp_path, kind):
    kept = [event for event in sealed if event.aggregate_id != "a"]
    ids = {event.event_id for event in kept}
    for place in range(1, 80):
        copy = tmp_path / f"{kind}{place}"
        shutil.copytree(folder, copy)

        def work(copy: Path = copy, place: int = place) -> None:
            log = TinyEventLog(copy, open_file=Killing(**{kind: place}).open, segment_bytes=SMALL)
            log.compress()
            log.prune(types=["AGENT_TOOL_SELECTED"], keep_cited=lambda event_id: event_id in ids)

        killed = run_child(work) == signal.SIGKILL
        after = TinyEventLog(copy, segment_bytes=SMALL, sync="never")
        found = list(after.read())
        assert [event for event in found if event.aggregate_id != "a"] == kept
        assert all(event in sealed for event in found) and after.verify().damages == ()
        assert not list(copy.glob(".*"))
        after.compress()
        assert list(after.read()) == found
        assert all(sidecar_path(copy, number).exists() for number in numbers(copy)[:-1])
        after.close()
        shutil.rmtree(copy)
        if not killed:
            break
    else:
        pytest.fail("the kills did not cover all of it")
    assert place > 5
