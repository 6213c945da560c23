"""A log moved: copied, proved equal, and refused where the target is another log."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from training.events import EventLog, EventLogError, open_log
from training.events import migration as moving
from training.events.incoming import unredacted
from training.events.migration import move

Open = Callable[[str], EventLog]
ON_POSTGRES = pytest.param("postgres", marks=pytest.mark.postgres)


def quiet(step: str, done: int) -> None:
    """Progress that nobody watches."""


@pytest.fixture
def opened(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Open]:
    """Opens a log by name, in a folder, or ``postgres``."""
    logs: list[EventLog] = []

    def open_one(name: str) -> EventLog:
        where = request.getfixturevalue("postgres_url") if name == "postgres" else tmp_path / name
        logs.append(open_log(where, redactor=unredacted))
        return logs[-1]

    yield open_one
    for log in logs:
        log.close()


@pytest.fixture
def source(opened: Open, make) -> EventLog:
    log = opened("source")
    log.append_many([make(number, f"a{number % 3}", correlation_id="s") for number in range(7)])
    log.append(
        make(data={"text": "ü\0\ud800", "float": 1e22, "password": "kept as it was"}, causation_id="c")
    )
    return log


def events_of(log: EventLog) -> list[object]:
    return list(log.read())


@pytest.mark.parametrize("where", ["target", ON_POSTGRES])
def test_a_move_keeps_every_field(source, opened, where):
    target = opened(where)
    moved = move(source, target, quiet)
    assert (moved.events, moved.copied, moved.more, moved.numbered) == (8, 8, 0, True)
    assert events_of(target) == events_of(source)
    assert target.verify().damages == ()
    assert events_of(target)[-1].data["password"] == "kept as it was"


@pytest.mark.postgres
def test_a_move_there_and_back(source, opened):
    there = move(source, opened("postgres"), quiet)
    back = move(opened("postgres"), opened("back"), quiet)
    assert events_of(opened("back")) == events_of(source)
    assert there.head == back.head


@pytest.mark.parametrize("where", ["target", ON_POSTGRES])
def test_an_interrupted_move_goes_on_where_it_was(source, opened, where, monkeypatch):
    monkeypatch.setattr(moving, "BATCH_EVENTS", 3)
    target = opened(where)

    def interrupt(step: str, done: int) -> None:
        if done == 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        move(source, target, interrupt)
    assert len(events_of(target)) == 6
    moved = move(source, target, quiet)
    assert (moved.events, moved.copied) == (8, 2)
    assert events_of(target) == events_of(source)
    assert move(source, target, quiet).copied == 0


def test_a_source_that_grew_is_moved_further(source, opened, make):
    target = opened("target")
    first = move(source, target, quiet)
    source.append(make(9))
    second = move(source, target, quiet)
    assert (second.events, second.copied) == (9, 1) and first.head != second.head


def test_a_target_that_grew_holds_more(source, opened, make):
    target = opened("target")
    move(source, target, quiet)
    target.append_many([make(20), make(21)])
    moved = move(source, target, quiet)
    assert (moved.events, moved.copied, moved.more) == (8, 0, 2)


def test_progress_is_told_for_both_steps(source, opened, monkeypatch):
    monkeypatch.setattr(moving, "BATCH_EVENTS", 3)
    told = []
    move(source, opened("target"), lambda step, done: told.append((step, done)))
    assert told == [
        ("copying", 3),
        ("copying", 6),
        ("copying", 8),
        ("proving", 3),
        ("proving", 6),
        ("proving", 8),
    ]


def test_large_events_make_small_batches(opened, make, monkeypatch):
    monkeypatch.setattr(moving, "BATCH_BYTES", 2000)
    log = opened("large")
    log.append_many([make(data={"text": "x" * 900}) for _ in range(5)])
    told = []
    move(log, opened("target"), lambda step, done: told.append((step, done)))
    assert [done for step, done in told if step == "copying"] == [2, 4, 5]


@pytest.mark.parametrize("where", ["target", ON_POSTGRES])
def test_an_unrelated_target_is_refused_and_untouched(source, opened, make, where):
    target = opened(where)
    target.append_many([make(100), make(101)])
    before = events_of(target)
    with pytest.raises(EventLogError, match=r"holds other events than the source; .*--force"):
        move(source, target, quiet)
    assert events_of(target) == before


def test_a_target_with_the_same_beginning_and_another_end_is_refused(source, opened, make):
    target = opened("target")
    for event in list(source.read())[:3]:
        target.append(event)
    target.append(make(50))
    with pytest.raises(EventLogError, match="holds other events"):
        move(source, target, quiet)


def test_an_empty_source_is_no_beginning_of_anything(opened, make):
    target = opened("target")
    assert move(opened("empty"), target, quiet).events == 0
    target.append(make())
    with pytest.raises(EventLogError, match="holds other events"):
        move(opened("empty"), target, quiet)


@pytest.mark.parametrize("where", ["target", ON_POSTGRES])
def test_force_puts_the_events_behind_and_proves_all_but_the_numbers(source, opened, make, where):
    target = opened(where)
    target.append_many([make(100, "own"), make(101, "a1")])
    moved = move(source, target, quiet, force=True)
    assert (moved.events, moved.copied, moved.more, moved.numbered) == (8, 8, 2, False)
    found = events_of(target)[2:]
    assert [replace(event, sequence=0, version=0) for event in found] == [
        replace(event, sequence=0, version=0) for event in source.read()
    ]
    assert [event.sequence for event in found] == list(range(3, 11))
    again = move(source, target, quiet, force=True)
    assert (again.events, again.copied, again.more) == (8, 0, 2)


def test_an_event_that_differs_is_named(source, opened):
    target = opened("target")
    first, second, third, *rest = source.read()
    target.append_many([first, replace(second, data={"n": 99}), third, *rest])
    with pytest.raises(EventLogError, match=rf"event 2 \({second.event_id}\) differs between the two logs"):
        move(source, target, quiet)


def test_numbers_that_are_equal_but_not_the_same_differ(opened, make):
    """1 and 1.0 are equal in Python and not in JSON."""
    source, target = opened("source of numbers"), opened("target")
    event = source.append(make(data={"n": 1}))
    target.append(replace(event, data={"n": 1.0}))
    assert events_of(source) == events_of(target)
    with pytest.raises(EventLogError, match="differs"):
        move(source, target, quiet)


@pytest.fixture
def pruned(source) -> EventLog:
    """The source without its first events."""
    done = source.prune(max_bytes=1500)
    assert 0 < done.events < 8
    return source


@pytest.mark.postgres
def test_a_pruned_log_keeps_its_numbers_on_postgres(pruned, opened, make):
    target = opened("postgres")
    moved = move(pruned, target, quiet)
    assert moved.numbered and events_of(target) == events_of(pruned)
    assert target.verify().damages == ()
    assert target.append(make()).sequence == 9


def test_a_pruned_log_gets_new_numbers_in_a_folder_only_by_force(pruned, opened):
    target = opened("target")
    with pytest.raises(EventLogError, match=r"has no event 1 .pruned or damaged.*--force"):
        move(pruned, target, quiet)
    assert events_of(target) == []
    moved = move(pruned, target, quiet, force=True)
    left = len(events_of(pruned))
    assert (moved.events, moved.copied, moved.more, moved.numbered) == (left, left, 0, False)


@pytest.mark.postgres
def test_what_was_pruned_moves_as_what_it_is(opened, make):
    """Its numbers are not given again, its id is known, and so is when it went."""
    source, target = opened("source"), opened("postgres")
    stored = source.append_many([make(number, f"a{number % 2}") for number in range(6)])
    source.prune(types=[stored[0].event_type], keep_cited=stored[2].event_id.__eq__)
    moved = move(source, target, quiet)
    assert (moved.events, moved.copied, move(source, target, quiet).copied) == (1, 1, 0)
    for log in (source, target):
        assert [event.sequence for event in log.removed()] == [1, 2, 4, 5, 6]
        assert [event.sequence for event in log.removed(after=4)] == [5, 6]
        assert (log.verify().events, log.verify().damages) == (1, ())
        assert [log.version_of(name) for name in ("a0", "a1")] == [3, 3]
        again = log.append(stored[5])
        assert (again.sequence, again.version, dict(again.data)) == (6, 3, {})
    assert list(target.removed()) == list(source.removed()) and target.pruned() == source.pruned()
    assert target.append(make(9, "a1")).version == 4
    assert target.verify().damages == ()
    with pytest.raises(EventLogError, match="pruned or damaged"):
        move(target, opened("back"), quiet)
