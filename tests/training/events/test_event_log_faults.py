"""The journal over a file that tears the k-th write or fails the k-th sync."""

import errno
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from training.events import EventLogError
from training.events.base import Event
from training.events.files import JournalFile
from training.events.journal import SEGMENT
from training.events.log import TinyEventLog


class Died(BaseException):
    """The process ended here."""


@dataclass
class Faults:
    """Which operation goes wrong, counted from 1, and what was done so far."""

    tear_write: int = 0
    tear_in_place: int = 0
    keep: float = 0.5
    fail_sync: int = 0
    fail_rename: int = 0
    fail_cut: bool = False
    die: bool = False
    counts: Counter[str] = field(default_factory=Counter)
    synced: int = 0
    dead: bool = False

    def open(self, path: Path, writable: bool, in_place: bool = False) -> "FaultyFile":
        return FaultyFile(self, path, writable, in_place)


class FaultyFile(JournalFile):
    def __init__(self, faults: Faults, path: Path, writable: bool, in_place: bool) -> None:
        super().__init__(path, writable, in_place)
        self._faults = faults

    def append(self, data: bytes) -> None:
        self._count("write")
        if self._faults.counts["write"] == self._faults.tear_write:
            super().append(data[: int(len(data) * self._faults.keep)])
            self._fail(errno.ENOSPC)
        super().append(data)
        self._faults.counts["bytes"] += len(data)

    def write_at(self, offset: int, data: bytes) -> None:
        self._count("in_place")
        if self._faults.counts["in_place"] == self._faults.tear_in_place:
            super().write_at(offset, data[: int(len(data) * self._faults.keep)])
            self._fail(errno.EIO)
        super().write_at(offset, data)

    def sync(self) -> None:
        self._count("sync")
        if self._faults.counts["sync"] == self._faults.fail_sync:
            self._fail(errno.EIO)
        super().sync()
        self._faults.synced = self.size()

    def cut(self, size: int) -> None:
        self._count("cut")
        if self._faults.fail_cut:
            self._fail(errno.EIO)
        super().cut(size)

    def rename(self, source: Path, target: Path) -> None:
        self._count("rename")
        fails = self._faults.counts["rename"] == self._faults.fail_rename
        if not fails or self._faults.keep == 1.0:  # then it is the sync of the folder that fails
            super().rename(source, target)
        if fails:
            self._fail(errno.EIO)

    def read_at(self, offset: int, length: int) -> bytes:
        self._faults.counts["read"] += length
        return super().read_at(offset, length)

    def _count(self, operation: str) -> None:
        if self._faults.dead:
            raise Died
        self._faults.counts[operation] += 1

    def _fail(self, number: int) -> None:
        if self._faults.die:
            self._faults.dead = True
            raise Died
        raise OSError(number, os.strerror(number))


def batches(make) -> list[list[Event]]:
    return [[make(1)], [make(2, "b")], [make(3), make(4, "b"), make(5)], [make(6)]]


def play(log: TinyEventLog, scenario: list[list[Event]]) -> tuple[set[str], list[str]]:
    """Append batch after batch: the ids acknowledged, and what was said of the others."""
    acknowledged: set[str] = set()
    said: list[str] = []
    for batch in scenario:
        try:
            acknowledged |= {event.event_id for event in log.append_many(batch)}
        except EventLogError as error:
            said.append(str(error))
        except Died:
            break
    return acknowledged, said


def check(folder: Path, scenario: list[list[Event]], acknowledged: set[str]) -> None:
    """After any fault: what was acknowledged is there, batches are whole or absent, numbers have no gaps."""
    with_log = TinyEventLog(folder)
    events = list(with_log.read())
    present = {event.event_id for event in events}
    assert acknowledged <= present
    for batch in scenario:
        assert len({event.event_id for event in batch} & present) in (0, len(batch))
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    for aggregate in "ab":
        versions = [event.version for event in events if event.aggregate_id == aggregate]
        assert versions == list(range(1, len(versions) + 1))
    stored = with_log.append_many([event for batch in scenario for event in batch])
    assert sorted(event.sequence for event in stored) == list(range(1, 7))
    assert with_log.verify().damages == ()
    with_log.close()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["tear_write", "fail_sync"])
@pytest.mark.parametrize("die", [False, True], ids=["error", "kill"])
@pytest.mark.parametrize("keep", [0.0, 0.3, 0.999, 1.0])
def test_I01_every_write_and_sync_may_fail_or_be_the_last(tmp_path, make, kind, die, keep):
    for place in range(1, 6):
        folder, scenario = tmp_path / f"log{place}", batches(make)
        TinyEventLog(folder).close()
        log = TinyEventLog(folder, open_file=Faults(**{kind: place}, keep=keep, die=die).open)
        acknowledged, _ = play(log, scenario)
        log.close()
        check(folder, scenario, acknowledged)


@pytest.mark.slow
@pytest.mark.parametrize("die", [False, True], ids=["error", "kill"])
@pytest.mark.parametrize("keep", [0.0, 0.3, 0.999, 1.0])
def test_I01_every_write_of_the_head_and_the_versions_may_fail_or_be_the_last(tmp_path, make, die, keep):
    for place in range(1, 9):
        folder, scenario = tmp_path / f"log{place}", batches(make)
        TinyEventLog(folder).close()
        faults = Faults(tear_in_place=place, keep=keep, die=die)
        log = TinyEventLog(folder, open_file=faults.open)
        acknowledged, said = play(log, scenario)
        assert faults.counts["in_place"] >= place
        assert die or all("\n" not in line and str(folder) in line for line in said)
        read = {event.event_id for event in log.read()} if not die else set()
        assert die or read == acknowledged
        log.close()
        check(folder, scenario, acknowledged)


def test_I01_the_faults_do_happen(tmp_path, make):
    for place in range(1, 5):
        TinyEventLog(tmp_path / f"log{place}").close()
        faults = Faults(tear_write=place, die=True)
        log = TinyEventLog(tmp_path / f"log{place}", open_file=faults.open)
        acknowledged, _ = play(log, batches(make))
        log.close()
        assert len(acknowledged) == [0, 1, 2, 5][place - 1]
        again = TinyEventLog(tmp_path / f"log{place}")
        assert "never finished" in again.notices[0]
        again.close()


def test_I02_what_was_never_synced_may_be_dropped(tmp_path, make):
    for place in range(1, 5):
        folder, scenario = tmp_path / f"log{place}", batches(make)
        TinyEventLog(folder).close()
        faults = Faults(fail_sync=place, die=True)
        log = TinyEventLog(folder, open_file=faults.open)
        faults.synced = (folder / SEGMENT).stat().st_size
        acknowledged, _ = play(log, scenario)
        log.close()
        os.truncate(folder / SEGMENT, faults.synced)
        check(folder, scenario, acknowledged)


def test_I02_what_a_killed_writer_left_whole_is_synced_before_it_counts(filled, make):
    head = (filled / "head").read_bytes()
    log = TinyEventLog(filled)
    left = log.append(make(5))
    log.close()
    (filled / "head").write_bytes(head)
    faults = Faults()
    log = TinyEventLog(filled, open_file=faults.open)
    assert faults.synced == (filled / SEGMENT).stat().st_size
    assert log.append(left) == left
    log.close()
    os.truncate(filled / SEGMENT, faults.synced - 1)
    with pytest.raises(EventLogError, match="shorter than what was recorded"):
        TinyEventLog(filled)


def test_I03_a_full_disk_leaves_no_partial_record_and_the_log_goes_on(folder, make):
    TinyEventLog(folder).close()
    log = TinyEventLog(folder, open_file=Faults(tear_write=2).open)
    log.append(make(1))
    size = (folder / SEGMENT).stat().st_size
    with pytest.raises(EventLogError, match=r"No space left.*nothing was recorded"):
        log.append(make(2))
    assert (folder / SEGMENT).stat().st_size == size
    assert log.append(make(3)).sequence == 2
    assert [event.data["n"] for event in log.read()] == [1, 3]
    log.close()


def test_I04_after_a_failed_sync_the_log_takes_nothing_until_it_is_opened_again(folder, make):
    TinyEventLog(folder).close()
    faults = Faults(fail_sync=2)
    log = TinyEventLog(folder, open_file=faults.open)
    log.append(make(1))
    with pytest.raises(EventLogError, match="did not confirm a write"):
        log.append(make(2))
    syncs = faults.counts["sync"]
    with pytest.raises(EventLogError, match="takes no more events"):
        log.append(make(2))
    assert faults.counts["sync"] == syncs
    assert [event.data["n"] for event in log.read()] == [1]
    log.close()
    again = TinyEventLog(folder)
    assert again.append(make(3)).sequence == 2
    again.close()


def test_I04_a_cut_that_fails_too_is_sorted_out_at_the_next_open(folder, make):
    TinyEventLog(folder).close()
    log = TinyEventLog(folder, open_file=Faults(tear_write=2, fail_cut=True).open)
    log.append(make(1))
    with pytest.raises(EventLogError, match="No space left"):
        log.append(make(2))
    with pytest.raises(EventLogError):
        log.append(make(3))
    log.close()
    again = TinyEventLog(folder)
    assert [event.data["n"] for event in again.read()] == [1]
    again.close()


@pytest.fixture
def counted(folder: Path) -> Iterator[tuple[TinyEventLog, Faults]]:
    faults = Faults()
    log = TinyEventLog(folder, open_file=faults.open)
    yield log, faults
    log.close()


def test_I18_an_append_costs_the_same_in_a_long_log(counted, make):
    log, faults = counted

    def cost() -> tuple[int, int, int]:
        before = dict(faults.counts)
        log.append(make(7, "fresh", event_id=f"{len(list(log.db.storage.index.sequences())):08d}"))
        after = faults.counts
        return (
            after["bytes"] - before["bytes"],
            after["read"] - before["read"],
            after["sync"] - before["sync"],
        )

    short = cost()
    log.append_many([make(number, f"a{number}") for number in range(5000)])
    long = cost()
    assert short[1:] == long[1:] and short[2] == 1
    assert abs(long[0] - short[0]) <= 8


def test_a_batch_is_synced_once(counted, make):
    log, faults = counted
    before = faults.counts["sync"]
    log.append_many([make(number) for number in range(50)])
    assert faults.counts["sync"] == before + 1
