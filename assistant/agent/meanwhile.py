"""Tells what a turn changed from what others changed while it was under way, by a look around each call.

Invariant: a file counts as changed by others where it changed between two calls, during a call that writes
elsewhere or only reads, or during tests or a long run that neither made, removed nor named it. Not covered:
others who change a file in the short time of a call that may change anything.
"""

import asyncio
import os
from collections.abc import Callable, Mapping

from assistant.agent.facts.diffs import changes_in
from sandbox.snapshots.base import SnapshotError
from sandbox.snapshots.store import SnapshotStore
from tools.calls import ToolCall, ToolResult
from tools.permissions.arguments import doubts
from tools.permissions.shell import parse

LONG_MS = 3_000.0
"""From this time on somebody may well have saved a file beside a running call."""
_FILE_TOOLS = frozenset({"write_file", "edit_file"})
_READERS = {
    *(
        "basename",
        "cat",
        "cmp",
        "cut",
        "date",
        "df",
        "diff",
        "dirname",
        "du",
        "echo",
        "false",
        "file",
        "grep",
    ),
    *("head", "id", "ls", "nl", "pwd", "rg", "sleep", "stat", "tail", "test", "true", "uname", "wc", "which"),
}
"""Programs that change no file, unless by an argument that is doubted or by a redirection."""
Look = Mapping[bytes, tuple[int, ...]]
Own = Callable[[bytes, bool], bool]
"""Whether a change of a path is the call's; the second argument says that the file was there all the time."""


class Meanwhile:
    """Looks at the files of one turn. ``others`` are the paths that others changed so far, ``own`` those that
    its calls did; a path can be both.

    Where a look fails nothing is told apart until the next one.
    """

    def __init__(self, store: SnapshotStore) -> None:
        self.others: set[bytes] = set()
        self.own: set[bytes] = set()
        self._store = store
        self._last: Look | None = None
        self._running: ToolCall | None = None

    async def opened(self, call: ToolCall) -> None:
        """A call is about to run; what changed since the last one was not the turn."""
        await self._compare(lambda _path, _stayed: False)
        self._running = call

    async def closed(self, result: ToolResult) -> None:
        """The call has ended."""
        call, self._running = self._running, None
        if call:
            await self._compare(own_changes(call, result))

    async def settled(self) -> None:
        """Nothing of the turn runs any more."""
        if self._running:  # it was broken off
            await self.closed(ToolResult(False, "", execution_time_ms=LONG_MS))
        await self._compare(lambda _path, _stayed: False)

    async def _compare(self, own: Own) -> None:
        try:
            now = await asyncio.to_thread(self._store.look)
        except SnapshotError:
            self._last = None
            return
        before, self._last = self._last, now
        if before is None:
            return
        for path in {*before, *now}:
            if before.get(path) != now.get(path):
                mine = own(path, path in before and path in now)
                (self.own if mine else self.others).add(path)


def own_changes(call: ToolCall, result: ToolResult) -> Own:
    """What of the changes while ``call`` ran was its own doing, as far as that is known."""
    if result.diff or call.tool in _FILE_TOOLS:
        written = {os.fsencode(one.path) for one in changes_in(result.diff)}
        return lambda path, _: path in written
    command = str(call.arguments.get("command", ""))
    if call.tool == "run_shell" and only_reads(command):
        return lambda _path, _stayed: False
    if call.tool != "run_tests" and result.execution_time_ms < LONG_MS:
        return lambda _path, _stayed: True
    said = os.fsencode("\n".join([*map(str, call.arguments.values()), result.text]))
    return lambda path, stayed: not stayed or path.rpartition(b"/")[2] in said


def only_reads(command: str) -> bool:
    """Whether nothing of a command line can change a file, as far as its words say."""
    parsed = parse(command)
    return (
        parsed.clear
        and bool(parsed.parts)
        and all(
            part.program in _READERS
            and not part.writes
            and not part.assignments
            and set(doubts(part).reasons) <= {0}
            for part in parsed.parts
        )
    )
