"""Compressing and pruning: reading is the same, the chain goes on, what was removed is known."""

import gzip
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.training.events.test_event_log_faults import Died, Faults
from training.events import EventLogError
from training.events.base import Event
from training.events.log import TinyEventLog
from training.events.segments import BLOCK, PackedFile, numbers, pack, packed_path, plain_path, sidecar_path

SMALL = 1500


@pytest.fixture
def reopen(folder: Path) -> Iterator[Callable[..., TinyEventLog]]:
    opened: list[TinyEventLog] = []

    def open_again(**options: object) -> TinyEventLog:
        values = {"segment_bytes": SMALL, "sync": "never", **options}
        opened.append(TinyEventLog(folder, **values))  # type: ignore[arg-type]
        return opened[-1]

    yield open_again
    for log in opened:
        log.close()


@pytest.fixture
def stored(reopen, make) -> list[Event]:
    """Thirty events of three aggregates and two types; each says a secret word of its number."""
    log = reopen()
    found = []
    for number in range(30):
        kind = "MODEL_TRAINED" if number % 3 == 0 else "AGENT_TOOL_SELECTED"
        found.append(
            log.append(make(number, "abc"[number % 3], event_type=kind, data={"w": f"word{number}"}))
        )
    log._written = False  # closing compresses nothing then
    log.close()
    return found


def test_blocks_are_read_by_offset(tmp_path):
    data = os.urandom(BLOCK) + b"abc" * BLOCK + b"end"
    content, frames = pack(data)
    path = tmp_path / "events-000001.jsonl.gz"
    path.write_bytes(content)
    assert gzip.decompress(content) == data
    for given in (frames, ()):
        file = PackedFile(path, given)
        assert list(file.frames) == frames and file.size() == len(data)
        for offset, length in ((0, 5), (BLOCK - 3, 6), (BLOCK * 2, BLOCK), (len(data) - 3, 100), (3, 0)):
            assert file.read_at(offset, length) == data[offset : offset + length]
        file.close()


def test_a_compressed_log_reads_the_same(stored, folder, reopen, make):
    log = reopen()
    done = log.compress(keep=1)
    assert done == numbers(folder)[:-2]
    assert all(
        packed_path(folder, number).exists() and not plain_path(folder, number).exists() for number in done
    )
    assert list(log.read()) == stored and log.compress() == []
    again = reopen()
    assert list(again.read()) == stored and not again.notices
    assert again.verify().events == 30 and again.verify().damages == ()
    assert log.append(make(1)).sequence == again.append(make(2)).sequence - 1
    for number in done:
        sidecar_path(folder, number).unlink()
    assert list(reopen().read(limit=30)) == stored


def test_a_log_open_elsewhere_follows_compressing_and_pruning(stored, reopen):
    one, other = reopen(), reopen()
    assert list(other.read(limit=3)) == stored[:3]
    one.compress(keep=0)
    assert list(other.read()) == stored
    one.prune(types=["MODEL_TRAINED"])
    assert list(other.read()) == [event for event in stored if event.event_type != "MODEL_TRAINED"]


def test_a_log_open_elsewhere_follows_pruning_where_no_sidecar_is_left(folder, reopen, make):
    one, other = reopen(), reopen()
    for number in range(30):  # so that `other` has made the sidecars itself, and read none
        other.append(make(number, event_type="TWO"))
    one.prune(types=["TWO"])
    for number in numbers(folder)[:-1]:
        sidecar_path(folder, number).unlink()
    assert list(other.read()) == []
    assert len(list(other.removed())) == 30


def test_I05_a_writer_that_was_away_finds_the_end_behind_compressed_segments(reopen, make):
    away, log = reopen(), reopen()
    first = [away.append(make(0, name)) for name in "abc"]
    stored = [log.append(make(number, "abc"[number % 3])) for number in range(30)]
    log.compress(keep=0)
    assert len(log.db.storage.index._layout[0]) > 4
    assert away.append(make(99, "a"), expected_version=11).sequence == 34
    assert [away.version_of(name) for name in "abc"] == [12, 11, 11]
    assert list(away.read())[:-1] == [*first, *stored] == list(log.read())[:-1]


def test_I08_a_damaged_compressed_segment_is_named(stored, folder, reopen):
    log = reopen()
    log.compress(keep=0)
    log.close()
    path = packed_path(folder, 1)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 16
    path.write_bytes(content)
    log = reopen()
    with pytest.raises(EventLogError, match="damaged"):
        list(log.read())
    log.close()
    log = reopen()
    lost = {number for damage in log.verify().damages for number in range(damage.first, damage.last + 1)}
    assert lost and {event.sequence for event in log.read()} == {event.sequence for event in stored} - lost
    assert any(path.name in notice for notice in log.notices)


def test_pruning_by_type_removes_the_data_and_nothing_else(stored, folder, reopen, make):
    log = reopen()
    done = log.prune(types=["MODEL_TRAINED"])
    assert (done.events, done.by_type, done.cited) == (10, {"MODEL_TRAINED": 10}, 0)
    assert done.freed != 0
    kept = [event for event in stored if event.event_type != "MODEL_TRAINED"]
    everything = b"".join(path.read_bytes() for path in folder.glob("events-*"))
    for event in stored:
        assert (event.data["w"].encode() + b'"' in everything) == (event in kept)
    for opened in (log, reopen()):
        assert list(opened.read()) == kept == list(opened.read(newest_first=True))[::-1]
        assert opened.get(stored[0].event_id) is None and opened.get(stored[1].event_id) == stored[1]
        assert opened.verify().damages == () and opened.verify().events == 20 and not opened.notices
        assert len(opened.db) == 20 == len(opened.db.all())
        assert opened.db.get(doc_id=1) is None
    (entry,) = log.pruned()
    assert entry["events"] == 10 and entry["types"] == ["MODEL_TRAINED"]
    assert entry["sequences"] == [[number, number] for number in range(1, 31, 3)]


def test_pruning_compressed_segments(stored, folder, reopen):
    log = reopen()
    log.compress(keep=0)
    log.prune(types=["MODEL_TRAINED"])
    assert not plain_path(folder, 1).exists()
    expected = [event for event in stored if event.event_type != "MODEL_TRAINED"]
    for opened in (log, reopen()):
        assert list(opened.read()) == expected
        assert opened.verify().damages == ()


@pytest.mark.slow
def test_I08_a_flipped_bit_in_what_stands_for_a_pruned_event_is_named(stored, folder, reopen):
    log = reopen()
    log.prune(types=["MODEL_TRAINED"])
    log.close()
    path = plain_path(folder, 1)
    content = path.read_bytes()
    at = content.index(b'"removed"')
    for offset in range(at - 60, content.index(b"\n", at), 5):
        path.write_bytes(content[:offset] + bytes([content[offset] ^ 1]) + content[offset + 1 :])
        log = reopen()
        assert log.verify().damages, offset
        log.close()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["tear_write", "fail_sync", "fail_rename"])
def test_I01_compressing_and_pruning_may_end_anywhere(stored, folder, reopen, tmp_path, kind):
    import shutil

    kept = [event for event in stored if event.event_type != "MODEL_TRAINED"]
    for place in range(1, 40):
        copy = tmp_path / f"{kind}{place}"
        shutil.copytree(folder, copy)
        faults = Faults(**{kind: place}, die=True)
        log = TinyEventLog(copy, open_file=faults.open, segment_bytes=SMALL, sync="never")
        ended = False
        try:
            log.compress(keep=2)
            log.prune(types=["MODEL_TRAINED"])
        except Died:
            ended = True
        log.close()
        after = TinyEventLog(copy, segment_bytes=SMALL, sync="never")
        found = list(after.read())
        assert [event for event in found if event.event_type != "MODEL_TRAINED"] == kept
        assert all(event in stored for event in found) and after.verify().damages == ()
        after.prune(types=["MODEL_TRAINED"])
        assert list(after.read()) == kept
        after.close()
        shutil.rmtree(copy)
        if not ended:
            break
    else:
        pytest.fail("the faults did not cover all of it")
    assert place > 5
