"""Keeping a log small: events that nobody needs are pruned.

Invariant: of a pruned event its envelope stays in the place of its record, with the record's hash, so that
sequence, versions and chain go on and what was removed is known; ``pruned.jsonl`` says when and why, and is
written first. What a dataset or a model cites is kept unless it is forced. Reading goes on as before.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from training.events import codec
from training.events.base import EventLogError
from training.events.packing import changing
from training.events.sealed import indexed
from training.events.segments import pack
from training.events.sidecar import build
from training.events.storage import JournalStorage
from training.events.tail import REMOVED
from training.events.views import moment_of

MANIFEST = "pruned.jsonl"


@dataclass(frozen=True)
class Rule:
    """What may go: events older than ``before`` and of these ``types`` (None: any), or the oldest ones beyond
    ``max_bytes`` of records. What ``keep_cited`` says yes to, by its event id, stays unless ``force``.
    """

    before: datetime | None = None
    types: Collection[str] | None = None
    max_bytes: int | None = None
    keep_cited: Callable[[str], bool] | None = None
    force: bool = False


@dataclass(frozen=True)
class Pruned:
    """How many events were removed, of which types; how many stayed because they are cited; bytes freed."""

    events: int
    by_type: dict[str, int]
    cited: int
    freed: int


def prune(storage: JournalStorage, folder: Path, rule: Rule) -> Pruned:
    """Remove what the rule names. Raises EventLogError where the log may not be written."""
    with changing(storage, folder):
        chosen, cited = _choose(storage, rule)
        if not chosen:
            return Pruned(0, {}, cited, 0)
        if chosen[-1] >= storage.index.first(storage.index.sealed + 1):
            storage.journal.rotate()
        by_type = dict(Counter(storage.index.kind(position) for position in chosen))
        before = _records_size(storage)
        _write_down(folder, rule, storage, chosen, by_type, cited)
        wanted = set(chosen)
        for number in range(1, storage.index.sealed + 1):
            first = storage.index.first(number)
            mine = [at for at in range(len(storage.index.sidecar(number))) if first + at in wanted]
            if mine:
                _rewrite(storage, number, mine)
        storage.journal.sealed.reload()
        storage.journal.rewritten()
        return Pruned(len(chosen), by_type, cited, before - _records_size(storage))


def pruned(folder: Path) -> list[dict[str, Any]]:
    """What was pruned so far, oldest first: when, by which rule, how many of which type, which sequences."""
    path = folder / MANIFEST
    return [orjson.loads(line) for line in path.read_bytes().splitlines()] if path.exists() else []


def _choose(storage: JournalStorage, rule: Rule) -> tuple[list[int], int]:
    """Positions of the events to remove, and how many stay because they are cited."""
    excess = None if rule.max_bytes is None else _records_size(storage) - rule.max_bytes
    chosen, cited = [], 0
    for position in storage.index.of_kinds(rule.types, range(len(storage.index))):
        if excess is not None and excess <= 0:
            break
        document = storage.document(position)
        if rule.before is not None and not _is_before(document["timestamp"], rule.before):
            continue
        if rule.keep_cited is not None and rule.keep_cited(document["event_id"]) and not rule.force:
            cited += 1
            continue
        chosen.append(position)
        if excess is not None:
            excess -= storage.index.place(position).length
    return chosen, cited


def _is_before(timestamp: str, limit: datetime) -> bool:
    """An event that is dated by no time has no age."""
    moment = moment_of(timestamp)
    return moment is not None and moment < limit


def _rewrite(storage: JournalStorage, number: int, places: list[int]) -> None:
    """Put the envelopes of the events at ``places`` of a segment where their records are."""
    sealed, old = storage.journal.sealed, storage.index.sidecar(number)
    file = sealed.file(number)
    whole, parts, at = file.read_at(0, file.size()), [], 0
    for place in places:
        start, end = old.offsets[place], old.offsets[place] + old.lengths[place]
        record = codec.decode(whole[start : end - 1])
        if record is None:
            raise EventLogError(f"{sealed.path(number)} is damaged at byte {start}; open the log again")
        parts += [whole[at:start], codec.encode_removed(record)]
        at = end
    plain = b"".join([*parts, whole[at:]])
    frames: list[int] = []
    content = plain
    if old.facts["frames"]:
        content, frames = pack(plain)
    tail, damages = indexed(_Memory(plain), sealed.path(number), old.sequences[0] - 1, old.facts["sequence"])
    facts = {name: old.facts[name] for name in ("segment", "sequence", "digest")}
    facts |= {"size": len(content), "plain_size": len(plain), "frames": frames}
    facts["damages"] = [astuple(damage) for damage in damages]
    facts["removed"] = sum(1 for kind in tail.kinds if kind == REMOVED)
    sealed.rewrite(number, content, build(tail, facts))


class _Memory:
    """Records in memory, read like a segment's."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def size(self) -> int:
        return len(self._content)

    def read_at(self, offset: int, length: int) -> bytes:
        return self._content[offset : offset + length]

    def close(self) -> None:
        """Nothing to release."""


def _records_size(storage: JournalStorage) -> int:
    sealed = range(1, storage.index.sealed + 1)
    sizes = [int(storage.index.sidecar(number).facts["plain_size"]) for number in sealed]
    return sum(sizes) + sum(storage.index.tail.lengths)


def _write_down(
    folder: Path, rule: Rule, storage: JournalStorage, chosen: list[int], by_type: dict[str, int], cited: int
) -> None:
    sequences = [storage.index.place(position).sequence for position in chosen]
    entry = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "before": rule.before and rule.before.isoformat(),
        "types": sorted(rule.types) if rule.types is not None else None,
        "max_bytes": rule.max_bytes,
        "forced": rule.force,
        "events": len(chosen),
        "by_type": by_type,
        "cited": cited,
        "sequences": list(_runs(sequences)),
    }
    path = folder / MANIFEST
    known = path.read_bytes() if path.exists() else b""
    storage.journal.sealed.write(path, known + orjson.dumps(entry) + b"\n")


def _runs(sequences: list[int]) -> Iterator[tuple[int, int]]:
    """``[1, 2, 3, 7]`` as ``(1, 3), (7, 7)``."""
    start = last = sequences[0]
    for sequence in sequences[1:]:
        if sequence != last + 1:
            yield start, last
            start = sequence
        last = sequence
    yield start, last
