"""What a turn changed in the end: between its two snapshots, so that commands count as file tools do.

Invariant: of a file that a snapshot holds, the snapshots decide. What they leave out (ignored and very large
files) is known only where a file tool changed it. Blocks; raises SnapshotError.
"""

import os
from collections.abc import Sequence

from assistant.agent.facts.diffs import Changed
from sandbox.snapshots.base import Change, Snapshot, shown
from sandbox.snapshots.store import SnapshotStore

_KINDS = {"A": "created", "D": "deleted", "M": "changed"}


def net_changes(
    store: SnapshotStore, before: Snapshot, after: Snapshot, by_tools: Sequence[Changed] = ()
) -> tuple[Changed, ...]:
    """The files that differ between two snapshots, and those of ``by_tools`` that neither of them holds."""
    found: dict[str, Changed] = {}
    if before.tree != after.tree:
        counts = store.line_counts(before, after)
        for change in store.changes(before, after):
            found[shown(change.path)] = _changed(change, counts.get(change.path, (0, 0)))
    for one in by_tools:
        path = os.fsencode(one.path)
        if one.path not in found and not any(store.holds(each, path) for each in (before, after)):
            found[one.path] = one
    return tuple(found.values())


def _changed(change: Change, lines: tuple[int, int] | None) -> Changed:
    added, removed = lines or (None, None)
    return Changed(shown(change.path), added, removed, _KINDS[change.letter])
