"""A log moved to another place: copied in batches, then both proved equal.

Invariant: events keep their ids, so a move that was interrupted goes on where it was and nothing is written
twice. Nothing is said to be equal that was not read from both logs and compared byte by byte.
"""

import heapq
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any, Protocol, runtime_checkable

from training.events.base import Event, EventLog, EventLogError
from training.events.codec import FIRST_PREVIOUS, encode, payload, to_document
from training.events.views import last_sequence

BATCH_EVENTS, BATCH_BYTES = 1000, 8 << 20

Progress = Callable[[str, int], None]
"""Told the step ("copying", "proving") and how many events of it are done."""


@runtime_checkable
class Restoring(Protocol):
    """A log that can hold events under the numbers that they had elsewhere, holes included."""

    def restore(self, events: Sequence[Event], removed: Collection[str] = ()) -> list[Event]: ...

    def remember(self, entries: Sequence[dict[str, Any]]) -> None: ...

    def removed(self, after: int = 0) -> Iterator[Event]: ...


@runtime_checkable
class Pruned(Protocol):
    """A log of which events may have been pruned, and that knows their envelopes."""

    def removed(self, after: int = 0) -> Iterator[Event]: ...

    def pruned(self) -> list[dict[str, Any]]: ...


class Hole(EventLogError):
    """An event that is missing in the source, where the target numbers without holes."""


@dataclass(frozen=True)
class Moved:
    """``events`` are in both logs, ``copied`` of them now; ``more`` are in the target alone.

    ``head`` is the last hash of a chain over the events, computed for each log and the same for both.
    ``numbered`` is false where the target gave the events numbers of its own.
    """

    events: int
    copied: int
    more: int
    head: str
    numbered: bool


def move(source: EventLog, target: EventLog, progress: Progress, *, force: bool = False) -> Moved:
    """Copy what ``target`` lacks of ``source``, and prove both equal.

    The target is empty or holds a beginning of the source. With ``force`` it may hold other events, and the
    source may have holes that the target cannot keep: then the events get new numbers behind those that are
    there. Raises EventLogError, also where the proof fails.
    """
    at = last_sequence(target)
    if not _related(source, target, at):
        if not force:
            raise EventLogError(
                "the target holds other events than the source; move to an empty one, or give --force to "
                "put the source's events behind them"
            )
        return _move_behind(source, target, at, progress)
    try:
        copied = _copy_numbered(source, target, at, progress)
    except Hole:
        if not force:
            raise
        return _move_behind(source, target, at, progress)
    events, more, head = _prove(source.read(), target.read(), progress)
    if isinstance(source, Pruned) and isinstance(target, Restoring):
        _prove(source.removed(), target.removed(), _untold)
        target.remember(source.pruned())
    return Moved(events, copied, more, head, numbered=True)


def _move_behind(source: EventLog, target: EventLog, before: int, progress: Progress) -> Moved:
    """Copy with numbers that the target gives, and prove everything but the numbers."""
    for batch in _batches(source.read(), progress):
        target.append_many(batch)
    known = (target.get(event.event_id) for event in source.read())
    found = (event for event in known if event is not None)
    events, _, head = _prove(map(_unnumbered, source.read()), map(_unnumbered, found), progress)
    held = sum(1 for _ in target.read())
    return Moved(events, last_sequence(target) - before, held - events, head, numbered=False)


def _related(source: EventLog, target: EventLog, at: int) -> bool:
    """Whether the first and the last event of the target that the source may hold are the source's."""
    end = min(at, last_sequence(source))
    if at == 0:
        return True
    first, last = _at(target, 0), _at(target, end - 1)
    return end > 0 and first is not None and first == _at(source, 0) and last == _at(source, end - 1)


def _at(log: EventLog, after: int) -> Event | None:
    return next(log.read(after=after, limit=1), None)


def _copy_numbered(source: EventLog, target: EventLog, at: int, progress: Progress) -> int:
    if isinstance(target, Restoring):
        return _restore(source, target, at, progress)
    copied = 0
    for batch in _batches(source.read(after=at), progress):
        _check_gapless(batch, at)
        target.append_many(batch)
        at = batch[-1].sequence
        copied += len(batch)
    return copied


def _restore(source: EventLog, target: Restoring, at: int, progress: Progress) -> int:
    """Copy events, and the envelopes of those that were pruned, whose numbers are not given again."""
    gone = source.removed(after=at) if isinstance(source, Pruned) else iter(())
    removed: set[str] = set()
    copied = 0
    together = heapq.merge(source.read(after=at), _noted(gone, removed), key=lambda event: event.sequence)
    for batch in _batches(together, progress):
        target.restore(batch, removed)
        copied += sum(event.event_id not in removed for event in batch)
    return copied


def _noted(events: Iterable[Event], ids: set[str]) -> Iterator[Event]:
    for event in events:
        ids.add(event.event_id)
        yield event


def _untold(step: str, done: int) -> None:
    """Of envelopes no progress is told."""


def _check_gapless(batch: Sequence[Event], at: int) -> None:
    """A log in a folder numbers events itself: the numbers are the same only where none is missing."""
    for expected, event in enumerate(batch, at + 1):
        if event.sequence != expected:
            raise Hole(
                f"the source has no event {expected} (pruned or damaged), and a log in a folder numbers "
                "without holes; move it to PostgreSQL, or give --force to number the events anew"
            )


def _batches(events: Iterable[Event], progress: Progress) -> Iterator[list[Event]]:
    batch: list[Event] = []
    size = done = 0
    for event in events:
        batch.append(event)
        size += len(payload(to_document(event)))
        if len(batch) >= BATCH_EVENTS or size >= BATCH_BYTES:
            yield batch
            done += len(batch)
            progress("copying", done)
            batch, size = [], 0
    if batch:
        yield batch
        progress("copying", done + len(batch))


def _prove(ours: Iterable[Event], theirs: Iterable[Event], progress: Progress) -> tuple[int, int, str]:
    """Compare two logs event by event: how many both have, how many more the second has, the chain's head."""
    events = more = 0
    heads = FIRST_PREVIOUS, FIRST_PREVIOUS
    for one, other in zip_longest(ours, theirs):
        if one is None:
            more += 1
            continue
        if other is None:
            raise EventLogError(f"the target lacks event {one.event_id}; move again to copy what is missing")
        pair = payload(to_document(one)), payload(to_document(other))
        if pair[0] != pair[1]:
            raise EventLogError(f"event {one.sequence} ({one.event_id}) differs between the two logs")
        heads = encode(pair[0], heads[0])[1], encode(pair[1], heads[1])[1]
        events += 1
        if events % BATCH_EVENTS == 0:
            progress("proving", events)
    progress("proving", events)
    return events, more, heads[0].decode()


def _unnumbered(event: Event) -> Event:
    return replace(event, sequence=0, version=0)
