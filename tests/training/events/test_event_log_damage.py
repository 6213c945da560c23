"""A journal whose bytes were changed behind its back: cut, flipped, taken out, forged, emptied."""

import json
import os
from contextlib import closing
from pathlib import Path

import pytest

from training.events import EventLogError, VersionConflict
from training.events.chain import out_of_order
from training.events.codec import FIRST_PREVIOUS, decode, encode
from training.events.journal import SEGMENT, Journal
from training.events.log import TinyEventLog


def put_byte(path: Path, offset: int, byte: int) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(bytes([byte]))


def lines_of(folder: Path) -> list[bytes]:
    return (folder / SEGMENT).read_bytes().splitlines(keepends=True)


@pytest.mark.parametrize("tail", [b"\0" * 40, b'{"sum":"', b"garbage\nmore\n", b"\xff" * 9 + b"\n"])
def test_I07_garbage_at_the_end_is_cut_off_kept_and_said(filled, make, tail):
    journal = filled / SEGMENT
    whole = journal.read_bytes()
    journal.write_bytes(whole + tail)
    log = TinyEventLog(filled)
    assert journal.read_bytes() == whole
    (notice,) = log.notices
    assert "no acknowledged event is lost" in notice and str(filled / "aside") in notice
    (kept,) = (filled / "aside").iterdir()
    assert kept.read_bytes() == tail
    assert log.append(make(5)).sequence == 5
    log.close()
    again = TinyEventLog(filled)
    assert not again.notices
    again.close()


def test_I07_another_process_mends_the_end_before_it_appends(filled, make):
    log = TinyEventLog(filled)
    with (filled / SEGMENT).open("ab") as journal:
        journal.write(b'{"sum":"half a record')
    assert log.append(make(5)).sequence == 5
    assert "never finished" in log.notices[0]
    assert log.verify().damages == ()
    log.close()


def test_I07_a_batch_cut_at_any_byte_is_taken_back_whole(filled, make):
    journal = filled / SEGMENT
    before, head = journal.read_bytes(), (filled / "head").read_bytes()
    log = TinyEventLog(filled)
    log.append_many([make(5), make(6)])
    log.close()
    batch = journal.read_bytes()[len(before) :]
    (filled / "head").write_bytes(head)
    for length in range(len(batch), -1, -1):
        os.truncate(journal, len(before) + length)
        found: list[int] = []
        read_only = Journal(filled, lambda document, *_: found.append(document["sequence"]), writable=False)  # noqa: B023
        assert found == ([1, 2, 3, 4, 5, 6] if length == len(batch) else [1, 2, 3, 4])
        assert bool(read_only.notices) == (0 < length < len(batch))
        read_only.close()


@pytest.mark.slow
def test_I08_a_flipped_bit_in_any_byte_is_never_a_silent_change(filled):
    journal = filled / SEGMENT
    whole = journal.read_bytes()
    originals = [record.document for line in lines_of(filled)[1:] if (record := decode(line[:-1]))]
    assert len(originals) == 4
    for offset, byte in enumerate(whole):
        put_byte(journal, offset, byte ^ 1 << offset % 8)
        found: list[dict[str, object]] = []
        opened = Journal(filled, lambda document, *_: found.append(document), writable=False)  # noqa: B023
        assert opened.notices, f"byte {offset} changed and nothing was said"
        assert all(document in originals for document in found)
        lost = {number for damage in opened.damages for number in range(damage.first, damage.last + 1)}
        assert {document["sequence"] for document in originals if document not in found} == lost
        assert len(lost) <= 2
        opened.close()
        put_byte(journal, offset, byte)


def test_I08_a_flipped_bit_in_the_head_loses_nothing(filled, make):
    head = (filled / "head").read_bytes()
    for offset in range(len(head)):
        (filled / "head").write_bytes(head[:offset] + bytes([head[offset] ^ 1]) + head[offset + 1 :])
        found: list[int] = []
        opened = Journal(filled, lambda document, *_: found.append(document["sequence"]), writable=False)  # noqa: B023
        assert found == [1, 2, 3, 4]
        assert opened.notices or head[offset : offset + 1].isspace()
        opened.close()


def test_I08_a_damaged_record_is_kept_aside_named_and_appended_after(filled, make):
    journal, lines = filled / SEGMENT, lines_of(filled)
    broken = lines[2].replace(b'"n":2', b'"n":9')
    journal.write_bytes(b"".join([*lines[:2], broken, *lines[3:]]))
    log = TinyEventLog(filled)
    assert [event.data["n"] for event in log.read()] == [1, 3, 4]
    (notice,) = log.notices
    assert "event 2" in notice
    (kept,) = (filled / "aside").iterdir()
    assert kept.read_bytes() == broken and str(kept) in notice
    assert log.append(make(5)).sequence == 5
    log.close()
    again = TinyEventLog(filled)
    assert [event.data["n"] for event in again.read()] == [1, 3, 4, 5]
    assert len(again.notices) == 1 and len(list((filled / "aside").iterdir())) == 1
    again.close()


@pytest.mark.parametrize("end", [b"", b"x"], ids=["no newline", "another byte"])
def test_I08_the_last_acknowledged_record_is_damaged_not_torn(filled, make, end):
    journal = filled / SEGMENT
    whole = journal.read_bytes()
    journal.write_bytes(whole[:-1].replace(b'"n":4', b'"n":7') + (end or b"\n"))
    log = TinyEventLog(filled)
    assert "event 4" in log.notices[0]
    assert log.append(make(5)).sequence == 5
    log.close()
    again = TinyEventLog(filled)
    assert [event.sequence for event in again.read()] == [1, 2, 3, 5]
    assert [(damage.first, damage.last) for damage in again.verify().damages] == [(4, 4)]
    again.close()


def damaged(folder: Path, *numbers: int) -> None:
    """Change a letter in the records of ``filled`` with these numbers, and in the names that are in them."""
    lines = lines_of(folder)
    for number in numbers:
        for name in (b"aggregate_id", b"event_type"):
            lines[number] = lines[number].replace(b'"%b":"' % name, b'"%b":"?' % name)[:-2] + b"\n"
    (folder / SEGMENT).write_bytes(b"".join(lines))


@pytest.mark.parametrize("sealed", [False, True], ids=["tail", "sealed"])
def test_I08_I13_a_version_that_was_lost_is_not_given_again(filled, make, sealed):
    """``filled`` has a1 b1 a2 b2: of b the last one is lost, of a the last one and one of many."""
    log = TinyEventLog(filled)
    lost = [log.append(make(n, "cd"[n % 2])) for n in range(3)]
    if sealed:
        with log.db.storage.journal.exclusive():
            log.db.storage.journal.rotate()
    log.close()
    damaged(filled, 3, 4, 5, 6, 7)
    for sidecar in filled.glob("*.index"):
        sidecar.unlink()
    log = TinyEventLog(filled)
    assert [(event.aggregate_id, event.version) for event in log.read()] == [("a", 1), ("b", 1)]
    assert [log.version_of(name) for name in "abcde"] == [2, 2, 2, 1, 0]
    with pytest.raises(VersionConflict, match="at version 2, not 1"):
        log.append(make(9, "a"), expected_version=1)
    assert log.append(make(9, "a"), expected_version=2).version == 3
    assert [event.version for event in log.append_many([make(9, name) for name in "bbc"])] == [3, 4, 3]
    log.close()
    again = TinyEventLog(filled)
    assert again.append(lost[1]).version == 2
    assert [again.append(make(9, name)).version for name in "abcde"] == [4, 5, 4, 3, 1]
    again.close()


@pytest.mark.parametrize("harm", ["missing", "empty", "odd", "flipped"])
def test_I08_damage_of_the_versions_costs_nothing_but_what_they_are_for(filled, make, harm):
    path = filled / "versions"
    whole = path.read_bytes()
    flipped = bytes(byte ^ 4 for byte in whole)
    if harm == "missing":
        path.unlink()
    else:
        path.write_bytes({"empty": b"", "odd": whole[:-3], "flipped": flipped}[harm])
    log = TinyEventLog(filled)
    assert [event.version for event in log.read()] == [1, 1, 2, 2] and not log.notices
    assert log.append(make(5)).version == 3
    log.close()
    damaged(filled, 4)
    log = TinyEventLog(filled)
    assert log.append(make(6, "b")).version == 2
    log.close()


def test_I08_records_taken_out_or_doubled_are_said(filled):
    journal, lines = filled / SEGMENT, lines_of(filled)
    journal.write_bytes(b"".join([*lines[:2], *lines[3:], b"\n" * len(lines[2])]))
    log = TinyEventLog(filled)
    assert "taken out" in log.notices[0] and "event 2" in log.notices[0]
    log.close()
    journal.write_bytes(b"".join([*lines[:3], lines[1], *lines[3:]]))
    log = TinyEventLog(filled)
    assert "copy of an earlier record" in log.notices[0]
    assert [event.sequence for event in log.read()] == [1, 2, 3, 4]
    log.close()


def test_I08_a_forged_record_breaks_the_chain(filled):
    journal, lines = filled / SEGMENT, lines_of(filled)
    second = decode(lines[2][:-1])
    assert second is not None
    forged = json.dumps({**second.document, "data": {"n": 99}}).encode()
    line, _ = encode(forged, second.previous, second.index, second.count)
    journal.write_bytes(b"".join([*lines[:2], line, *lines[3:]]).ljust(len(b"".join(lines)), b"\n"))
    log = TinyEventLog(filled)
    assert "does not follow" in log.notices[0] and "event 3" in log.notices[0]
    log.close()


def test_I08_damage_after_the_open_is_an_error_not_an_event(filled, make):
    log = TinyEventLog(filled)
    content = (filled / SEGMENT).read_bytes()
    with (filled / SEGMENT).open("r+b") as journal:
        journal.write(content.replace(b'"n":2', b'"n":9'))
    with pytest.raises(EventLogError, match="damaged"):
        list(log.read())
    log.close()


def test_I09_a_shortened_log_goes_on_only_when_its_head_is_removed(filled, make):
    journal, lines = filled / SEGMENT, lines_of(filled)
    journal.write_bytes(b"".join(lines[:-1]))
    with pytest.raises(EventLogError, match=f"remove {filled / 'head'} to go on"):
        TinyEventLog(filled)
    (filled / "head").unlink()
    log = TinyEventLog(filled)
    assert [event.sequence for event in log.read()] == [1, 2, 3]
    assert log.append(make(5)).sequence == 4
    log.close()


@pytest.mark.parametrize("what", ["empty", "shorter", "missing"])
def test_I09_a_log_that_lost_events_is_an_error_not_a_new_log(filled, make, what):
    journal = filled / SEGMENT
    content = journal.read_bytes()
    open_before = TinyEventLog(filled)
    if what == "missing":
        journal.unlink()
    else:
        journal.write_bytes(b"" if what == "empty" else content[: len(content) // 2])
    with pytest.raises(
        EventLogError, match=f"(is|was) .*{'' if what == 'missing' else what}.*backup"
    ) as said:
        TinyEventLog(filled)
    assert "\n" not in str(said.value)
    with pytest.raises(EventLogError, match="backup"):
        open_before.append(make(5))
    open_before.close()
    journal.write_bytes(content)
    restored = TinyEventLog(filled)
    assert len(list(restored.read())) == 4
    restored.close()


def test_I15_a_newer_format_is_refused(filled):
    lines = lines_of(filled)
    header, _ = encode(b'{"format":2,"sequence":0}', FIRST_PREVIOUS)
    (filled / SEGMENT).write_bytes(header + b"".join(lines[1:]))
    (filled / "head").unlink()
    with pytest.raises(EventLogError, match="newer version"):
        TinyEventLog(filled)


def test_the_folder_belongs_to_its_owner(log, folder):
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.name for path in folder.iterdir()} == {SEGMENT, "head", "lock", "versions"}
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("added", [b"\0" * 30, b"x", b'{"sum":"', b"more\nlines\n"])
def test_I08_bytes_that_were_put_in_cost_one_event_and_no_other(filled, make, added):
    """What was acknowledged lies behind the head's end then, and is not torn for that."""
    journal, head = filled / SEGMENT, (filled / "head").read_bytes()
    whole = journal.read_bytes()
    for offset in range(0, len(whole), 97):
        journal.write_bytes(whole[:offset] + added + whole[offset:])
        log = TinyEventLog(filled, sync="never")
        found = [event.sequence for event in log.read()]
        lost = {number for damage in log.verify().damages for number in range(damage.first, damage.last + 1)}
        assert set(found) | lost == {1, 2, 3, 4} and len(lost) <= 1 and log.notices
        assert log.append(make(5)).sequence == 5
        log.close()
        again = TinyEventLog(filled, sync="never")
        assert [event.sequence for event in again.read()] == [*found, 5]
        again.close()
        journal.write_bytes(whole)
        (filled / "head").write_bytes(head)


def test_I08_with_a_damaged_head_no_end_is_cut_off(filled, make):
    journal, head = filled / SEGMENT, filled / "head"
    content = journal.read_bytes()[:-1].replace(b'"n":4', b'"n":7') + b"\n"
    journal.write_bytes(content)
    head.write_bytes(b"?" + head.read_bytes()[1:])
    log = TinyEventLog(filled)
    assert [event.sequence for event in log.read()] == [1, 2, 3]
    assert journal.read_bytes() == content and len(log.notices) == 2
    assert not any("no acknowledged event is lost" in notice for notice in log.notices)
    assert log.append(make(5)).sequence == 5
    log.close()


@pytest.mark.parametrize("moved", [1, 2, 3, 4])
@pytest.mark.parametrize("to", [1, 2, 3, 4, 5])
def test_I08_a_displaced_record_hides_no_other(filled, make, moved, to):
    journal, lines = filled / SEGMENT, lines_of(filled)
    line = lines.pop(moved)
    if (place := to if to <= moved else to - 1) == moved:
        return
    journal.write_bytes(b"".join([*lines[:place], line, *lines[place:]]))
    log = TinyEventLog(filled)
    found = [event.data["n"] for event in log.read()]
    others = [number for number in (1, 2, 3, 4) if number != moved]
    is_neighbour = abs(place - moved) == 1  # of two that changed places, either may be the displaced one
    assert len(found) >= 3 and (is_neighbour or set(others) <= set(found)) and found == sorted(found)
    assert log.notices and any("displaced" in one or "copy" in one for one in log.notices)
    assert any(line in kept.read_bytes() for kept in (filled / "aside").iterdir()) or is_neighbour
    assert log.append(make(5)).sequence == 5
    log.close()
    again = TinyEventLog(filled)
    assert [event.data["n"] for event in again.read()] == [*found, 5]
    again.close()


def test_I08_a_block_of_displaced_records_hides_no_other(tmp_path, make):
    folder = tmp_path / "log"
    with closing(TinyEventLog(folder)) as log:
        log.append_many([make(number) for number in range(1, 41)])
    lines = lines_of(folder)
    block, rest = lines[31:36], lines[:31] + lines[36:]
    (folder / SEGMENT).write_bytes(b"".join(rest[:5] + block + rest[5:]))
    with closing(TinyEventLog(folder)) as log:
        found = [event.data["n"] for event in log.read()]
        assert found == [*range(1, 31), *range(36, 41)]
        assert {number for one in log.verify().damages for number in range(one.first, one.last + 1)} == {
            *range(31, 36)
        }


def test_out_of_order_keeps_the_longest_run():
    def places(*sequences: int) -> set[int]:
        return out_of_order(enumerate(sequences))

    assert places(1, 2, 3) == set()
    assert places(9, 4, 5, 6) == {0}
    assert places(4, 9, 5, 8, 6, 7) == {1, 3}
    assert places() == set()
