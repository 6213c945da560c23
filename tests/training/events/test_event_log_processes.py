"""The log between processes: kills, locks, limits and permissions of a real system."""

import os
import random
import resource
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.rounds import rounds
from tests.training.children import run_child, start_child
from tests.training.events.test_event_log_faults import Faults
from training.events import EventLogError, VersionConflict
from training.events.ids import new_event
from training.events.journal import SEGMENT, Journal
from training.events.log import TinyEventLog


def test_I03_a_real_limit_on_the_file_size(folder, make):
    log = TinyEventLog(folder)
    log.append(make(1))
    log.close()

    def grow() -> None:
        limit = (folder / SEGMENT).stat().st_size + 5000
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        limited = TinyEventLog(folder)
        said = ""
        try:
            limited.append(make(2, data={"text": "x" * 6000}))
        except EventLogError as error:
            said = str(error)
        assert "File too large" in said
        limited.append(make(3))

    assert run_child(grow) == 0
    log = TinyEventLog(folder)
    assert [event.data["n"] for event in log.read()] == [1, 3]
    assert log.verify().damages == ()
    log.close()


def append_some(folder: Path, name: str, count: int) -> None:
    log = TinyEventLog(folder)
    for number in range(count):
        log.append(new_event("T", "shared" if number % 2 else name, "x", {"writer": name, "n": number}))
    log.close()


@pytest.mark.slow
def test_I05_two_processes_never_interleave(folder):
    children = [start_child(lambda name=name: append_some(folder, name, 200)) for name in ("one", "two")]
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0]
    log = TinyEventLog(folder)
    events = list(log.read())
    assert [event.sequence for event in events] == list(range(1, 401))
    shared = [event.version for event in events if event.aggregate_id == "shared"]
    assert shared == list(range(1, 201))
    for name in ("one", "two"):
        assert [event.data["n"] for event in events if event.data["writer"] == name] == list(range(200))
    assert not log.notices and log.verify().damages == ()
    log.close()


def count_up(folder: Path, rounds: int) -> None:
    """Add to a shared counter as one does with expected versions: read, append, and once more where late."""
    log = TinyEventLog(folder, segment_bytes=4000)
    done = 0
    while done < rounds:
        version = max((event.version for event in log.read(aggregate_id="counter")), default=0)
        try:
            log.append(new_event("T", "counter", "x", {"value": version + 1}), expected_version=version)
            done += 1
        except VersionConflict:
            continue
    log.close()


@pytest.mark.slow
def test_I13_many_processes_with_expected_versions(folder):
    children = [start_child(lambda: count_up(folder, 12)) for _ in range(5)]
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * 5
    log = TinyEventLog(folder)
    events = list(log.read(aggregate_id="counter"))
    assert (
        [event.version for event in events] == [event.data["value"] for event in events] == list(range(1, 61))
    )
    assert log.verify().damages == ()
    log.close()


def test_threads_that_wait_for_each_other_share_a_sync(folder, make):
    faults = Faults()
    log = TinyEventLog(folder, open_file=faults.open)
    before, stored = faults.counts["sync"], []
    with log.db.storage.journal.exclusive():
        threads = [
            threading.Thread(target=lambda n=n: stored.append(log.append(make(n, f"a{n}")))) for n in range(6)
        ]
        for thread in threads:
            thread.start()
        while len(log.db.storage._waiting) < 6:
            time.sleep(0.001)
    for thread in threads:
        thread.join()
    assert (
        sorted(event.sequence for event in stored) == list(range(1, 7))
        and faults.counts["sync"] == before + 1
    )
    assert list(log.read()) == sorted(stored, key=lambda event: event.sequence)
    log.close()


@pytest.mark.parametrize(("sync", "expected"), [("always", 3), ("group", 3), ("never", 0)])
def test_the_setting_says_when_an_append_is_durable(folder, make, sync, expected):
    TinyEventLog(folder).close()
    faults = Faults()
    log = TinyEventLog(folder, sync=sync, open_file=faults.open)
    before = faults.counts["sync"]
    for number in range(3):
        log.append(make(number))
    assert faults.counts["sync"] - before == expected
    log.close()


def test_a_failed_sync_is_told_to_all_that_shared_it(folder, make):
    TinyEventLog(folder).close()
    faults = Faults(fail_sync=1)
    log = TinyEventLog(folder, open_file=faults.open)
    said: list[str] = []

    def append(number: int) -> None:
        try:
            log.append(make(number))
        except EventLogError as error:
            said.append(str(error))

    with log.db.storage.journal.exclusive():
        threads = [threading.Thread(target=append, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        while len(log.db.storage._waiting) < 4:
            time.sleep(0.001)
    for thread in threads:
        thread.join()
    assert len(said) == 4 and all("not recorded" in line for line in said)
    log.close()
    again = TinyEventLog(folder)
    assert list(again.read()) == []
    again.close()


def test_I05_a_fork_of_the_log_is_refused(log, make):
    log.append(make(1))

    def use() -> None:
        with pytest.raises(EventLogError, match="opened by another process"):
            log.append(make(2))

    assert run_child(use) == 0
    assert log.append(make(3)).sequence == 2


def test_I05_a_fork_closes_a_log_that_a_thread_was_using(log, make):
    held, let_go = threading.Event(), threading.Event()

    def hold() -> None:
        with log.db.storage.journal.exclusive():
            held.set()
            let_go.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(10)
    assert run_child(log.close) == 0
    let_go.set()
    thread.join()
    assert log.append(make(1)).sequence == 1


def test_I06_a_killed_holder_leaves_no_lock(folder, make):
    log = TinyEventLog(folder, lock_timeout_s=0.05)
    ready, told = os.pipe()

    def hold() -> None:
        journal = Journal(folder, lambda *_: None)
        with journal.exclusive():
            os.write(told, b"x")
            signal.pause()

    child = start_child(hold)
    assert os.read(ready, 1) == b"x"
    try:
        with pytest.raises(EventLogError, match="another process has held"):
            log.append(make(1))
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    assert log.append(make(1)).sequence == 1
    log.close()


def acknowledging(folder: Path, pipe: int) -> None:
    log = TinyEventLog(folder, segment_bytes=100_000)
    for number in range(10_000):
        data = {"text": "x" * random.randint(0, 3000)}
        batch = [new_event("T", f"a{number % 3}", "x", data) for _ in range(1 + number % 3)]
        stored = log.append_many(batch)
        os.write(pipe, "".join(event.event_id + "\n" for event in stored).encode())


@pytest.mark.parametrize("kills", [8, pytest.param(rounds(80, 300), marks=pytest.mark.slow)])
def test_I01_what_was_acknowledged_survives_kill_9(folder, kills):
    dice = random.Random(7)
    acknowledged: set[str] = set()
    for _ in range(kills):
        reading, writing = os.pipe()
        child = start_child(lambda: acknowledging(folder, writing))  # noqa: B023
        os.close(writing)
        with os.fdopen(reading) as acks:
            lines = [acks.readline() for _ in range(dice.randint(1, 8))]
            os.kill(child, signal.SIGKILL)
            lines += acks.readlines()
        os.waitpid(child, 0)
        acknowledged |= {line.strip() for line in lines if line.endswith("\n")}
    log = TinyEventLog(folder)
    events = list(log.read())
    assert len(acknowledged) > 2 * kills
    assert acknowledged <= {event.event_id for event in events}
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    for aggregate in ("a0", "a1", "a2"):
        versions = [event.version for event in log.read(aggregate_id=aggregate)]
        assert versions == list(range(1, len(versions) + 1))
    assert log.verify().damages == ()
    log.close()


def as_nobody(body: Callable[[], None], folder: Path) -> int:
    def dropped() -> None:
        os.chdir(folder.parent)
        if os.getuid() == 0:
            os.setgid(65534)
            os.setuid(65534)
        body()

    folder.parent.chmod(0o755)
    return run_child(dropped)


def test_I10_a_log_that_may_only_be_read_is_read(filled, make):
    for path in filled.iterdir():
        path.chmod(0o444)
    filled.chmod(0o555)

    def use() -> None:
        log = TinyEventLog(Path("log"))
        assert len(list(log.read())) == 4
        with pytest.raises(EventLogError, match="may not be written by this user") as said:
            log.append(make(5))
        assert "\n" not in str(said.value)

    try:
        assert as_nobody(use, filled) == 0
    finally:
        filled.chmod(0o755)


def test_I10_no_permission_is_one_clear_line(filled, make):
    filled.chmod(0o500 if os.getuid() == 0 else 0)

    def use() -> None:
        with pytest.raises(EventLogError, match="cannot be opened: Permission denied") as said:
            TinyEventLog(Path("log"))
        assert "\n" not in str(said.value)

    try:
        assert as_nobody(use, filled) == 0
    finally:
        filled.chmod(0o755)


def test_I10_a_file_in_the_way_is_one_clear_line(tmp_path):
    (tmp_path / "log").write_text("")
    with pytest.raises(EventLogError, match="name a folder"):
        TinyEventLog(tmp_path / "log")
