"""What nobody thought of: programs killed while others write, compress and prune; harm done to any file.

The dice are thrown with a fixed seed; what failed says with which one.
"""

import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.rounds import rounds
from tests.training.children import start_child
from training.events import EventLogError
from training.events.base import Event
from training.events.ids import new_event
from training.events.journal import Journal
from training.events.log import TinyEventLog

pytestmark = pytest.mark.slow


def opened(folder: Path) -> TinyEventLog:
    return TinyEventLog(folder, segment_bytes=20_000, quiet_s=0.01, lock_timeout_s=60)


def writer(folder: Path, pipe: int) -> None:
    dice, log = random.Random(), opened(folder)
    while True:
        kinds = dice.choices(["GO", "STAY"], k=dice.choice([1, 1, 2, 5]))
        text = {"text": "x" * dice.randrange(600)}
        stored = log.append_many([new_event(kind, f"a{dice.randrange(5)}", "x", text) for kind in kinds])
        columns = ((e.event_id, e.event_type, e.sequence, e.aggregate_id, e.version) for e in stored)
        lines = (" ".join(map(str, one)) + "\n" for one in columns)
        os.write(pipe, "".join(lines).encode())
        if dice.random() < 0.02:
            time.sleep(0.03)


def keeper(folder: Path, pipe: int) -> None:
    dice, log = random.Random(), opened(folder)
    while True:
        log.compress(keep=0)
        if dice.random() < 0.5:
            log.prune(types=["GO"])
        if dice.random() < 0.2:
            assert log.verify().damages == ()


class Child:
    """A process that acknowledges what it wrote through a pipe, line by line."""

    def __init__(self, body: Callable[[Path, int], None], folder: Path) -> None:
        self._body, self._folder = body, folder
        self.lines: list[list[str]] = []
        self.start()

    def start(self) -> None:
        reading, writing = os.pipe()
        self._id = start_child(lambda: self._body(self._folder, writing))
        os.close(writing)
        os.set_blocking(reading, False)
        self._pipe, self._rest = os.fdopen(reading, "rb"), b""

    def drain(self) -> None:
        *lines, self._rest = (self._rest + (self._pipe.read() or b"")).split(b"\n")
        self.lines += [line.decode().split() for line in lines]

    def kill(self) -> int:
        """The signal that it ended by."""
        os.kill(self._id, signal.SIGKILL)
        ended = os.waitpid(self._id, 0)[1]
        self.drain()
        self._pipe.close()
        return ended


def test_I01_I05_kill_9_while_others_write_compress_and_prune(folder):
    dice = random.Random(11)
    opened(folder).close()
    children = [Child(body, folder) for body in (writer, writer, keeper)]
    kills, wanted = 0, rounds(60, 200)
    while kills < wanted or sum(len(child.lines) for child in children) <= 2 * wanted:
        kills += 1
        time.sleep(dice.uniform(0.01, 0.1))
        for child in children:
            child.drain()
        child = dice.choice(children)
        assert child.kill() == signal.SIGKILL, "it had ended by itself"
        child.start()
    assert [child.kill() for child in children] == [signal.SIGKILL] * 3
    acknowledged = [line for child in children for line in child.lines]
    assert len(acknowledged) > 2 * wanted
    log = opened(folder)
    events = {event.event_id: event for event in log.read()}
    for event_id, kind, *numbers in acknowledged:
        event = events.get(event_id)
        assert event is not None or kind == "GO"
        assert event is None or [str(event.sequence), event.aggregate_id, str(event.version)] == numbers
    found = log.verify()
    assert (found.damages, found.notices, found.events) == ((), (), len(events))
    log.close()
    envelopes: list[dict[str, object]] = []
    Journal(folder, lambda document, *_: envelopes.append(document)).close()
    assert [one["sequence"] for one in envelopes] == list(range(1, len(envelopes) + 1))
    for number in range(5):
        versions = [one["version"] for one in envelopes if one["aggregate_id"] == f"a{number}"]
        assert versions == list(range(1, len(versions) + 1))


def flip(content: bytearray, at: int, dice: random.Random) -> None:
    content[at] ^= 1 << dice.randrange(8)


def blank(content: bytearray, at: int, dice: random.Random) -> None:
    some = content[at : at + dice.choice([1, 16, 512])]
    content[at : at + len(some)] = bytes(len(some))


def cut(content: bytearray, at: int, dice: random.Random) -> None:
    del content[at:]


def take_out(content: bytearray, at: int, dice: random.Random) -> None:
    del content[at : at + dice.randrange(1, 400)]


def put_in(content: bytearray, at: int, dice: random.Random) -> None:
    content[at:at] = dice.randbytes(dice.randrange(1, 60))


def double(content: bytearray, at: int, dice: random.Random) -> None:
    content[at:at] = content[at : at + dice.randrange(1, 400)]


def add(content: bytearray, at: int, dice: random.Random) -> None:
    content += dice.randbytes(dice.randrange(1, 300))


def empty(content: bytearray, at: int, dice: random.Random) -> None:
    content.clear()


HARM = {change.__name__: change for change in (flip, blank, cut, take_out, put_in, double, add, empty)}


@pytest.fixture
def varied(folder: Path) -> tuple[Path, dict[str, Event]]:
    """A closed log with compressed, pruned, plain and open segments, and the events that are in it."""
    log = TinyEventLog(folder, segment_bytes=3000, sync="never")
    for number in range(60):
        data = {"n": number, "t": "x" * (number % 7) * 20}
        kind = "KEEP" if number % 3 else "GO"
        log.append(new_event(kind, f"{'abc'[number % 3]}{number // 20}", "x", data, correlation_id="s"))
    log.compress(keep=2)
    log.prune(types=["GO"])
    log.append(new_event("KEEP", "a9", "x", {"n": 60}))
    log.close()
    log = TinyEventLog(folder, create=False)
    events = {event.event_id: event for event in log.read()}
    log.close()
    return folder, events


def harm(folder: Path, dice: random.Random) -> list[tuple[str, str]]:
    """Do one to three things to files of a log; what was done."""
    done = []
    for _ in range(dice.choice([1, 1, 1, 2, 3])):
        path = dice.choice(sorted(path for path in folder.iterdir() if path.is_file()))
        kind = dice.choice([*HARM, "remove", "swap"])
        content = bytearray(path.read_bytes())
        if kind == "remove":
            path.unlink()
        elif kind == "swap":
            path.write_bytes(dice.choice(sorted(folder.glob("events-*"))).read_bytes())
        elif content:
            HARM[kind](content, dice.randrange(len(content)), dice)
            path.write_bytes(content)
        done.append((path.name, kind))
    return done


def usable(folder: Path) -> TinyEventLog | None:
    """The log, opened until it can be read; None where it says that it cannot be."""
    for _ in range(12):
        log = TinyEventLog(folder, segment_bytes=3000, sync="never", quiet_s=3600)
        try:
            list(log.read())
            return log
        except EventLogError:
            log.close()
    return None


def check(folder: Path, events: dict[str, Event]) -> None:
    head = folder / "head"
    without_head = not head.exists() or not head.stat().st_size
    """Then the person has said that what cannot be read is not missed."""
    try:
        log = usable(folder)
    except EventLogError as error:  # it was emptied, cut or taken away, which is said in one line
        assert "\n" not in str(error)
        return
    assert log is not None, "it stays unreadable"
    found = {event.event_id: event for event in log.read()}
    assert all(events.get(event_id) == event for event_id, event in found.items())
    lost = {number for damage in log.verify().damages for number in range(damage.first, damage.last + 1)}
    gone = {event.sequence for event in events.values() if event.event_id not in found}
    assert gone <= lost or without_head
    assert log.notices or not gone
    added = [log.append(new_event("KEEP", name, "x", {"new": 1})) for name in ("a0", "c2", "z")]
    assert added[0].sequence > max(event.sequence for event in events.values()) or without_head
    log.close()
    again = usable(folder)
    assert again is not None
    after = list(again.read())
    assert [event for event in after if event.data.get("new")] == added
    assert len({(event.aggregate_id, event.version) for event in after}) == len(after)
    assert [event.sequence for event in after] == sorted({event.sequence for event in after})
    again.close()


def test_I07_I08_I09_harm_to_any_file_is_damage_that_is_named_or_an_error(varied, tmp_path):
    folder, events = varied
    for seed in range(200):
        copy = tmp_path / "copy"
        shutil.copytree(folder, copy)
        done = harm(copy, random.Random(seed))
        try:
            check(copy, events)
        except BaseException:
            sys.stderr.write(f"seed {seed}: {done}\n")
            raise
        shutil.rmtree(copy)
