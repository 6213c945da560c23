"""Projections follow the log at least once and in order, resume, and can be built again; temporal reads."""

import os
import threading
import time
from pathlib import Path

import pytest

from tests.training.children import start_child
from training.events import EventLog, EventLogError
from training.events.base import Event
from training.events.log import TinyEventLog
from training.events.projections import Follower, wait_for


class Accuracy:
    """How many outcomes there were, and how many of them were good; kept in memory, as a test's table."""

    name = "accuracy"

    def __init__(self) -> None:
        self.last = 0
        self.outcomes: list[bool] = []
        self.delivered: list[int] = []
        self.fail_at = 0

    def apply(self, event: Event) -> None:
        if event.sequence == self.fail_at:
            raise OSError("the table's disk is full")
        self.delivered.append(event.sequence)
        if event.sequence > self.last:
            self.last = event.sequence
            self.outcomes.append(bool(event.data["n"] % 2))

    def clear(self) -> None:
        self.last = 0
        self.outcomes.clear()


@pytest.fixture
def table() -> Accuracy:
    return Accuracy()


@pytest.fixture
def ten(any_log, make) -> EventLog:
    any_log.append_many([make(number) for number in range(10)])
    return any_log


def test_events_come_once_and_in_order(ten, table, tmp_path, make):
    follower = Follower(ten, table, tmp_path / "positions")
    assert (follower.catch_up(), follower.position) == (10, 10)
    assert follower.catch_up() == 0
    ten.append(make(10))
    assert follower.catch_up() == 1
    assert table.delivered == list(range(1, 12))


def test_a_new_process_goes_on_where_the_last_one_was(ten, table, tmp_path, make):
    Follower(ten, table, tmp_path).catch_up(until=4)
    again = Follower(ten, table, tmp_path)
    assert again.position == 4
    assert again.catch_up() == 6
    assert table.delivered == list(range(1, 11))


def test_what_fails_comes_again(ten, table, tmp_path):
    table.fail_at = 6
    follower = Follower(ten, table, tmp_path)
    with pytest.raises(OSError, match="full"):
        follower.catch_up()
    assert follower.position == Follower(ten, table, tmp_path).position == 5
    table.fail_at = 0
    assert follower.catch_up() == 5
    assert table.delivered == list(range(1, 11))


def test_an_event_whose_position_was_not_stored_comes_again_and_changes_nothing(ten, table, tmp_path):
    follower = Follower(ten, table, tmp_path)
    follower.catch_up(until=4)
    position = (tmp_path / "accuracy.position").read_bytes()
    follower.catch_up()
    (tmp_path / "accuracy.position").write_bytes(position)
    whole = list(table.outcomes)
    assert Follower(ten, table, tmp_path).catch_up() == 6
    assert table.outcomes == whole and table.delivered[-6:] == [5, 6, 7, 8, 9, 10]


@pytest.mark.parametrize("harm", [None, b"", b"{}", b'{"sequence":"x","event_id":1}', b"\xff"])
def test_I17_a_projection_whose_position_is_lost_is_built_again_equal(ten, table, tmp_path, harm):
    Follower(ten, table, tmp_path).catch_up()
    whole, path = list(table.outcomes), tmp_path / "accuracy.position"
    path.unlink() if harm is None else path.write_bytes(harm)
    assert Follower(ten, table, tmp_path).catch_up() == 10
    assert table.outcomes == whole


def test_I17_a_projection_that_was_deleted_is_rebuilt_equal(ten, table, tmp_path):
    follower = Follower(ten, table, tmp_path)
    follower.catch_up()
    whole = list(table.outcomes)
    table.clear()
    assert follower.rebuild() == 10
    assert table.outcomes == whole
    assert follower.rebuild(until=3) == 3 and len(table.outcomes) == 3


def test_the_position_of_another_log_does_not_count(ten, table, tmp_path, make):
    Follower(ten, table, tmp_path / "p").catch_up()
    other = TinyEventLog(tmp_path / "other")
    other.append_many([make(number) for number in range(20)])
    assert Follower(other, table, tmp_path / "p").catch_up() == 20
    other.close()


def test_pruned_events_do_not_stop_a_projection(folder, table, tmp_path, make):
    log = TinyEventLog(folder, segment_bytes=900)
    for number in range(10):
        log.append(make(number))
    Follower(log, table, tmp_path).catch_up(until=5)
    log.prune(before=list(log.read())[7].timestamp)
    follower = Follower(log, table, tmp_path)
    assert follower.position == 5
    assert follower.catch_up() == 3
    assert table.delivered[-3:] == [8, 9, 10]
    log.close()


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "x" * 200])
def test_a_name_that_is_no_file_is_refused(ten, table, tmp_path, name):
    table.name = name
    with pytest.raises(EventLogError, match="name"):
        Follower(ten, table, tmp_path)


def test_a_follower_sees_appends_of_this_process_at_once(any_log, table, tmp_path, make):
    stop = threading.Event()
    thread = threading.Thread(target=Follower(any_log, table, tmp_path).run, args=(stop,))
    thread.start()
    for number in range(5):
        any_log.append(make(number))
    deadline = time.monotonic() + 10
    while len(table.delivered) < 5 and time.monotonic() < deadline:
        time.sleep(0.005)
    stop.set()
    thread.join(10)
    assert table.delivered == [1, 2, 3, 4, 5] and not thread.is_alive()


def test_waiting_sees_appends_of_another_process(log, folder, make):
    assert not wait_for(log, 0, 0.01)
    child = start_child(lambda: TinyEventLog(folder).append(make(1)))
    assert wait_for(log, 0, 10)
    os.waitpid(child, 0)
    assert not wait_for(log, 1, 0.01)


def test_how_a_figure_moved_over_time(ten, table, tmp_path):
    follower = Follower(ten, table, tmp_path)
    shares = []
    for until in (2, 5, 10):
        follower.rebuild(until=until)
        shares.append(sum(table.outcomes) / len(table.outcomes))
    assert shares == [0.5, 0.4, 0.5]


def test_positions_are_private(ten, table, tmp_path: Path):
    Follower(ten, table, tmp_path / "p").catch_up()
    (path,) = (tmp_path / "p").iterdir()
    assert path.stat().st_mode & 0o077 == 0 == path.parent.stat().st_mode & 0o077
