"""Taking back what turns changed: which snapshots belong together, and what a way back would do.

Invariant: taking back is itself kept between two snapshots, so that it can be taken back. Only paths that a
turn changed are touched; those that somebody else changed since or meanwhile are named first. The person's
own git state is not touched: a commit that a turn made stays.
"""

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.agent.facts.diffs import Changed
from assistant.agent.facts.net import net_changes
from assistant.agent.safekeeping import AFTER, TURN
from assistant.agent.session_records import REDO, UNDO
from sandbox.snapshots.base import Change, Snapshot, shown
from sandbox.snapshots.restoring import Plan, Restorer
from sandbox.snapshots.scanning import NESTED
from sandbox.snapshots.store import SnapshotStore


@dataclass(frozen=True)
class Record:
    """What happened between two snapshots; ``after`` is None where the program ended in between.
    ``own`` is False where all that changed was changed by others.

    ``kind`` is ``turn``, ``undo`` or ``redo``; the latter two take back the records of these numbers.
    """

    kind: str
    before: Snapshot
    after: Snapshot | None
    own: bool = True

    @property
    def number(self) -> int:
        return self.before.number

    @property
    def index(self) -> int:
        """The place of the request in the session."""
        return int(self.before.facts.get("index", -1))

    @property
    def request(self) -> str:
        return str(self.before.facts.get("request", ""))

    @property
    def takes_back(self) -> list[int]:
        return list(self.before.facts.get("takes_back", ()))

    @property
    def decisions(self) -> list[str]:
        """The decisions behind it, as events."""
        return list(self.after.facts.get("decisions", ())) if self.after else []

    @property
    def changed(self) -> bool:
        """False where the turn changed nothing for sure."""
        return self.after is None or (self.own and self.before.tree != self.after.tree)

    @property
    def others(self) -> frozenset[bytes]:
        """The paths that others changed meanwhile."""
        return self._paths("others")

    @property
    def not_own(self) -> frozenset[bytes]:
        """The paths that nobody but others changed."""
        return self.others - self._paths("shared")

    def _paths(self, name: str) -> frozenset[bytes]:
        return frozenset(map(os.fsencode, self.after.facts.get(name, ()))) if self.after else frozenset()


class Rewinding:
    """The way back in one session. All methods block and raise SnapshotError."""

    def __init__(self, store: SnapshotStore, session_id: str) -> None:
        self._store = store
        self._session = session_id
        self._restorer = Restorer(store)

    def records(self) -> list[Record]:
        """What this session changed and took back, the oldest first."""
        found = self._store.all()
        afters = {one.facts.get("of"): one for one in found if one.facts.get("kind") == AFTER}
        records = [
            Record(str(one.facts["kind"]), one, afters.get(one.number))
            for one in found
            if one.facts.get("session") == self._session and one.facts.get("kind") in (TURN, UNDO, REDO)
        ]
        return [replace(one, own=self._own(one)) for one in records]

    def plan(self, records: Sequence[Record]) -> Plan:
        """What taking back ``records``, the oldest first, would do."""
        merged: dict[bytes, Change] = {}
        foreign: set[bytes] = set()
        left_out: dict[bytes, str] = {}
        for record in records:
            after = record.after or self._next(record)
            changes = self._store.changes(record.before, after)
            left_out |= self._unkept(record.before, after)
            foreign |= record.others
            for change in changes:
                earlier = merged.get(change.path)
                if record.after is None or (earlier and earlier.after != change.before):
                    foreign.add(change.path)
                first = earlier.before if earlier else change.before
                merged[change.path] = Change(change.path, first, change.after)
        return self._restorer.plan(merged, foreign, left_out)

    def take_back(
        self, kind: str, records: Sequence[Record], plan: Plan, *, foreign: bool
    ) -> tuple[list[bytes], list[str]]:
        """Carry ``plan`` out; what was done, and what could not be, a line each."""
        numbers = [record.number for record in records]
        facts = {"kind": kind, "session": self._session, "takes_back": numbers}
        before, _ = self._store.take(facts)
        try:
            return self._restorer.apply(plan, foreign=foreign)
        finally:
            self._store.take({"kind": AFTER, "of": before.number})

    def diff(self, first: Record, last: Record) -> str:
        """What changed from before ``first`` until after ``last``, as a unified diff."""
        after = last.after or self._next(last)
        return self._store.diff(first.before, after).decode("utf-8", "replace")

    def net(self, record: Record) -> tuple[Changed, ...]:
        """The files that a record changed."""
        others = {shown(path) for path in record.not_own}
        found = net_changes(self._store, record.before, record.after or self._next(record))
        return tuple(one for one in found if one.path not in others)

    def _own(self, record: Record) -> bool:
        if record.after is None or not record.not_own:
            return True
        changes = self._store.changes(record.before, record.after)
        return any(one.path not in record.not_own for one in changes)

    def _next(self, record: Record) -> Snapshot:
        """The first snapshot after a record whose end is not known; now, where there is none."""
        later = [one for one in self._store.all() if one.number > record.number]
        return later[0] if later else self._store.take({"kind": "look"})[0]

    def _unkept(self, before: Snapshot, after: Snapshot) -> dict[bytes, str]:
        """Files that were left out before and no longer are, so that they are gone or look new; and why."""
        gone = self._store.left_out(before)
        for path in self._store.left_out(after):
            gone.pop(path, None)
        return {path: why for path, why in gone.items() if why != NESTED}


def in_force(records: Sequence[Record]) -> list[Record]:
    """The turns that changed something and are not taken back, the oldest first."""
    back: set[int] = set()
    undone: dict[int, list[int]] = {}
    for record in records:
        if record.kind == UNDO:
            undone[record.number] = record.takes_back
            back |= set(record.takes_back)
        elif record.kind == REDO:
            back -= {turn for number in record.takes_back for turn in undone.pop(number, [])}
    return [one for one in records if one.kind == TURN and one.changed and one.number not in back]


def last_undo(records: Sequence[Record]) -> Record | None:
    """The last taking back that still stands, or None."""
    redone = {number for record in records if record.kind == REDO for number in record.takes_back}
    undos = [one for one in records if one.kind == UNDO and one.number not in redone]
    return undos[-1] if undos else None


def since(records: Sequence[Record], index: int) -> list[Record]:
    """All turns in force from the request at ``index`` of the conversation on, the oldest first.

    Where the conversation was rewound, places come again: the last turn at a place is the one that is meant.
    """
    turns = in_force(records)
    first, lowest = len(turns), math.inf
    for at in reversed(range(len(turns))):
        if turns[at].index < lowest:
            lowest = turns[at].index
            first = at if lowest >= index else first
    return turns[first:]
