"""What a workspace held at a moment, kept in a git object store of our own outside the workspace."""

from sandbox.snapshots.base import Change, Entry, Snapshot, SnapshotError, SnapshotUnavailable
from sandbox.snapshots.restoring import Plan, Restorer
from sandbox.snapshots.settings import SnapshotSettings
from sandbox.snapshots.store import SnapshotStore

__all__ = [
    "Change",
    "Entry",
    "Plan",
    "Restorer",
    "Snapshot",
    "SnapshotError",
    "SnapshotSettings",
    "SnapshotStore",
    "SnapshotUnavailable",
]
