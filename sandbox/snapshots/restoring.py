"""Brings files back to what a snapshot held.

Invariant: only what is told as a change to take back is touched. A path that does not hold what was there
after that change is *foreign*: somebody else changed it since, and it is left alone unless the person says
otherwise. Each file is replaced whole or not at all, and what is already as wanted is left out, so that a
restore which was killed can be repeated.
"""

import errno
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sandbox.snapshots.base import Change, Entry, SnapshotError, shown
from sandbox.snapshots.places import CHANGED, NOT_KEPT, Places
from sandbox.snapshots.scanning import NESTED, TOO_LARGE
from sandbox.snapshots.store import SnapshotStore


@dataclass(frozen=True)
class Step:
    """One path that is not as wanted. ``wanted`` is None where there must be nothing."""

    path: bytes
    wanted: Entry | None
    now: Entry | None
    stamp: tuple[int, ...]


@dataclass(frozen=True)
class Plan:
    """What a restore would do. ``foreign`` are paths of its steps; ``lost`` cannot come back, and why."""

    steps: tuple[Step, ...]
    foreign: frozenset[bytes]
    lost: tuple[str, ...] = ()


class Restorer:
    """Restores files of one workspace from its store."""

    def __init__(self, store: SnapshotStore) -> None:
        self._store = store

    def plan(
        self,
        changes: Mapping[bytes, Change],
        foreign: Iterable[bytes] = (),
        left_out: Mapping[bytes, str] | None = None,
    ) -> Plan:
        """Take ``changes`` back. ``foreign`` are paths known to be so; ``left_out`` were never kept.

        Raises SnapshotError.
        """
        unkept = left_out or {}
        others = set(foreign)
        steps = []
        with self._places() as places:
            lost = [
                f"{shown(path)} ({why})"
                for path, why in sorted(unkept.items())
                if places.entry(path)[0] is None
                or (path in changes and why == TOO_LARGE)
                or (why == NESTED and places.entry(path)[0] != NOT_KEPT)
            ]
            for path, change in changes.items():
                now, stamp = places.entry(path)
                if now == change.before or path in unkept:
                    continue
                steps.append(Step(path, change.before, now, stamp))
                if now != change.after or now == NOT_KEPT:
                    others.add(path)
        return Plan(tuple(steps), frozenset(others & {step.path for step in steps}), tuple(lost))

    def apply(self, plan: Plan, *, foreign: bool) -> tuple[list[bytes], list[str]]:
        """What was done, and what could not be, a line each. ``foreign``: also what others changed.

        Raises SnapshotError.
        """
        steps = [step for step in plan.steps if foreign or step.path not in plan.foreign]
        gone = [step for step in steps if step.wanted is None]
        back = [(step, step.wanted) for step in steps if step.wanted is not None]
        done: list[bytes] = []
        failed: list[str] = []
        with self._places() as places:
            # What is in the way leaves first, the deepest first.
            for step in sorted(gone, key=lambda step: step.path, reverse=True):
                self._do(step, None, places, done, failed)
            contents = self._store.contents([wanted.oid for _, wanted in back])
            for (step, _), content in zip(back, contents, strict=True):
                self._do(step, content, places, done, failed)
        return sorted(done), failed

    def _do(
        self, step: Step, content: bytes | None, places: Places, done: list[bytes], failed: list[str]
    ) -> None:
        try:
            if places.entry(step.path) != (step.now, step.stamp):
                raise OSError(errno.EAGAIN, CHANGED)
            if step.wanted is None or content is None:
                places.remove(step.path, step.now)
            else:
                places.write(step.path, step.wanted, content, step.now)
        except OSError as error:
            failed.append(f"{shown(step.path)}: {error.strerror}")
        else:
            done.append(step.path)

    def _places(self) -> Places:
        workspace = self._store.workspace
        if not workspace.is_dir():
            raise SnapshotError(f"the workspace {workspace} is not there any more")
        return Places(workspace, self._store.settings.file_mb << 20)
