"""Pruning a log in a folder: segments are written anew, with the envelopes of the events that go.

Invariant: that of ``training.events.pruning``. ``pruned.jsonl``, which says when and why, is written first; a
segment is replaced whole, so that a prune that is cut short has removed some of it and damaged nothing.
"""

from dataclasses import astuple
from pathlib import Path
from typing import Any

import orjson

from training.events import codec
from training.events.base import EventLogError
from training.events.packing import changing
from training.events.pruning import Choice, Pruned, Rule
from training.events.sealed import indexed
from training.events.segments import pack
from training.events.sidecar import build
from training.events.storage import JournalStorage
from training.events.tail import REMOVED

MANIFEST = "pruned.jsonl"


def prune(storage: JournalStorage, folder: Path, rule: Rule) -> Pruned:
    """Remove what the rule names. Raises EventLogError where the log may not be written."""
    with changing(storage, folder):
        before = _records_size(storage)
        choice = Choice(rule, before)
        chosen = _choose(storage, rule, choice)
        if not chosen:
            return Pruned(0, {}, choice.cited, 0)
        if chosen[-1] >= storage.index.first(storage.index.sealed + 1):
            storage.journal.rotate()
        _write_down(storage, folder / MANIFEST, choice.entry())
        wanted = set(chosen)
        try:
            for number in range(1, storage.index.sealed + 1):
                first = storage.index.first(number)
                mine = [at for at in range(len(storage.index.sidecar(number))) if first + at in wanted]
                if mine:
                    _rewrite(storage, number, mine)
        finally:
            storage.journal.sealed.reload()
            storage.journal.rewritten()
        return Pruned(len(chosen), dict(choice.by_type), choice.cited, before - _records_size(storage))


def pruned(folder: Path) -> list[dict[str, Any]]:
    """What was pruned so far, oldest first: when, by which rule, how many of which type, which sequences."""
    path = folder / MANIFEST
    try:
        return [orjson.loads(line) for line in path.read_bytes().splitlines()] if path.exists() else []
    except (OSError, ValueError) as error:
        raise EventLogError(f"{path} cannot be read ({error}); put it back from a backup") from error


def _choose(storage: JournalStorage, rule: Rule, choice: Choice) -> list[int]:
    """Positions of the events to remove."""
    chosen = []
    for position in storage.index.of_kinds(rule.types, range(len(storage.index))):
        if choice.is_enough:
            break
        if choice.takes(storage.document(position), storage.index.place(position).length):
            chosen.append(position)
    return chosen


def _rewrite(storage: JournalStorage, number: int, places: list[int]) -> None:
    """Put the envelopes of the events at ``places`` of a segment where their records are."""
    sealed, old = storage.journal.sealed, storage.index.sidecar(number)
    with sealed.opened(number) as file:
        whole = file.read_at(0, file.size())
    parts, at = [], 0
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
    before, last = sealed.before(number), old.facts["sequence"]
    tail, damages = indexed(_Memory(plain), sealed.path(number), number, before, last)
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
    """The bytes of all records, compressed or not."""
    sealed = range(1, storage.index.sealed + 1)
    sizes = (sum(storage.index.sidecar(number).lengths) for number in sealed)
    return sum(sizes) + sum(storage.index.tail.lengths)


def _write_down(storage: JournalStorage, path: Path, entry: dict[str, Any]) -> None:
    known = path.read_bytes() if path.exists() else b""
    storage.journal.sealed.write(path, known + orjson.dumps(entry) + b"\n")
