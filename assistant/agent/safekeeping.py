"""Snapshots around what a session changes.

Invariant: before the first call of a turn that writes or executes, the workspace is in the store, or the
person has said that the turn may go on without. What a turn did lies between its two snapshots; what others
changed meanwhile is named beside it.
"""

import asyncio
import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from assistant.agent.facts.diffs import Changed
from assistant.agent.facts.net import net_changes
from assistant.agent.meanwhile import Meanwhile
from sandbox.snapshots.base import Snapshot, SnapshotError, SnapshotUnavailable, shown
from sandbox.snapshots.store import SnapshotStore
from tools.calls import ToolCall, ToolResult

TURN, AFTER = "turn", "after"
_NAMED = 5
_REQUEST = 200


@dataclass(frozen=True)
class Kept:
    """``notices`` the person should read; ``problem`` is why there is no way back from what follows."""

    notices: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class Settled:
    """What a turn changed, and the paths that others changed ``meanwhile``, wholly or in part."""

    changed: tuple[Changed, ...]
    meanwhile: tuple[str, ...] = ()


@dataclass
class _Turn:
    index: int
    request: str
    before: Snapshot | None = None
    without: bool = False
    after: Snapshot | None = None
    decisions: list[str] = field(default_factory=list)
    watch: Meanwhile | None = None


class Safekeeping:
    """Takes the snapshots of one session's turns; ``store`` is None where there are to be none."""

    def __init__(self, store: SnapshotStore | None, session_id: str) -> None:
        self._store = store
        self._session = session_id
        self._turn: _Turn | None = None
        self._left_out: dict[bytes, str] = {}

    def begin(self, index: int, request: str) -> None:
        """A turn begins; ``index`` is the place of its request in the session."""
        self._turn = _Turn(index, request[:_REQUEST])

    def note(self, event_id: str) -> None:
        """A decision of this turn that may change something."""
        if self._turn:
            self._turn.decisions.append(event_id)

    async def before(self, call: ToolCall) -> Kept:
        """Make sure of the workspace, once in a turn, before ``call`` changes something."""
        turn, store = self._turn, self._store
        if turn is None or store is None or turn.without:
            return Kept()
        turn.watch = turn.watch or Meanwhile(store)
        await turn.watch.opened(call)
        if turn.before:
            return Kept()
        facts = {"kind": TURN, "session": self._session, "index": turn.index, "request": turn.request}
        try:
            turn.before, left_out = await _taken(store, facts)
        except SnapshotUnavailable as error:
            self._store = None
            return Kept((f"{error}; /undo cannot take back what is changed here",))
        except SnapshotError as error:
            return Kept(problem=f"{error}; /undo could not take back what this call changes")
        return Kept(self._news(left_out))

    async def ran(self, result: ToolResult) -> None:
        """The call that came last to ``before`` has ended."""
        if self._turn and self._turn.watch:
            await self._turn.watch.closed(result)

    def go_without(self) -> None:
        """The person lets this turn go on without a snapshot."""
        if self._turn:
            self._turn.without = True

    async def settle(self, by_tools: Sequence[Changed]) -> Settled:
        """What the turn changed; nothing of it changes anything from now on. ``by_tools`` are the changes of
        the file tools, all that is known where no snapshots are taken."""
        turn, store = self._turn, self._store
        await self._keep_after()
        if not (turn and turn.before and turn.after and store):
            return Settled(tuple(by_tools))
        try:
            net = await asyncio.to_thread(net_changes, store, turn.before, turn.after, by_tools)
        except SnapshotError:
            return Settled(tuple(by_tools))
        others = set(map(shown, turn.watch.others)) if turn.watch else set()
        own = set(map(shown, turn.watch.own)) if turn.watch else set()
        written = {one.path: one for one in by_tools if one.path in others}
        changed = [written.get(one.path, one) for one in net if one.path not in others - own]
        return Settled(tuple(changed), tuple(one.path for one in net if one.path in others))

    async def end(self) -> None:
        """The turn is over. Where this fails, all that changed since counts as perhaps the user's."""
        await self._keep_after()
        self._turn = None

    async def _keep_after(self) -> None:
        turn = self._turn
        if turn and turn.before and not turn.after and self._store:
            facts: dict[str, Any] = {
                "kind": AFTER,
                "of": turn.before.number,
                "decisions": turn.decisions,
            }
            if watch := turn.watch:
                await watch.settled()
                facts["others"] = _texts(watch.others)
                facts["shared"] = _texts(watch.others & watch.own)
            try:
                turn.after, _ = await _taken(self._store, facts)
            except SnapshotError:
                return

    def _news(self, left_out: dict[bytes, str]) -> tuple[str, ...]:
        """A line about files that are left out, where they are not the ones that were told already."""
        new = left_out.keys() - self._left_out.keys()
        self._left_out = left_out
        if not new:
            return ()
        named = [f"{shown(path)} ({left_out[path]})" for path in sorted(new)[:_NAMED]]
        more = f" and {len(new) - _NAMED:,} more" if len(new) > _NAMED else ""
        return (f"not in the snapshot, so /undo cannot bring them back: {', '.join(named)}{more}",)


def _texts(paths: set[bytes]) -> list[str]:
    return [os.fsdecode(path) for path in sorted(paths)]


async def _taken(store: SnapshotStore, facts: Mapping[str, Any]) -> tuple[Snapshot, dict[bytes, str]]:
    """A snapshot, taken in a thread that is over when this is. Raises SnapshotError."""
    stop = threading.Event()
    task = asyncio.create_task(asyncio.to_thread(store.take, facts, stop.is_set))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        stop.set()
        await asyncio.gather(task, return_exceptions=True)
        raise
