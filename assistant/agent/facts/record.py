"""The facts of a turn: what ran, what changed, what was refused, failed or undone.

Invariant: a fact comes from the record (calls, their results, snapshots), never from what a model says.
Not covered: changes to files that snapshots leave out, unless a file tool made them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from assistant.agent.facts.counts import counts_of
from assistant.agent.facts.diffs import Changed, changes_in
from tools.calls import ToolCall, ToolResult

SUBJECTS = ("path", "command", "target", "pattern", "query", "url", "code")
"""Arguments that say what a call is about, the most telling first."""
LONGEST_SUBJECT = 200
REFUSED, DENIED = "refused", "denied"


@dataclass(frozen=True)
class Ran:
    """A call that ran.

    ``counts`` are what its result holds: ``passed``, ``failed``, ``errors`` and ``skipped`` tests,
    ``matches`` and ``files``, ``lines``, ``entries``; ``runner`` names the test program. ``cut`` says that
    the counts cover only what was shown.
    """

    tool: str
    what: str
    success: bool
    exit_code: int | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    runner: str = ""
    seconds: float | None = None
    cut: bool = False


@dataclass(frozen=True)
class Stopped:
    """A call that did not do its work, and why."""

    tool: str
    what: str
    why: str


@dataclass(frozen=True)
class Facts:
    """The facts of one turn. ``failed`` holds failed and interrupted calls; ``undone`` the files whose change
    was taken back since; ``meanwhile`` those that others changed in its time, wholly or in part."""

    ran: tuple[Ran, ...] = ()
    changed: tuple[Changed, ...] = ()
    refused: tuple[Stopped, ...] = ()
    failed: tuple[Stopped, ...] = ()
    undone: tuple[str, ...] = ()
    meanwhile: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return any((self.ran, self.changed, self.refused, self.failed, self.undone, self.meanwhile))

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready object with all six keys."""
        return {
            "ran": [asdict(one) for one in self.ran],
            "changed": [asdict(one) for one in self.changed],
            "refused": [asdict(one) for one in self.refused],
            "failed": [asdict(one) for one in self.failed],
            "undone": list(self.undone),
            "meanwhile": list(self.meanwhile),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Facts":
        """The inverse of ``to_dict``. Raises KeyError or TypeError."""
        return cls(
            tuple(Ran(**one) for one in data["ran"]),
            tuple(Changed(**one) for one in data["changed"]),
            tuple(Stopped(**one) for one in data["refused"]),
            tuple(Stopped(**one) for one in data["failed"]),
            tuple(data["undone"]),
            tuple(data.get("meanwhile", ())),
        )

    def with_call(self, call: ToolCall, result: ToolResult, confirmed_by: str) -> "Facts":
        """These facts and the outcome of one more call."""
        what = subject(call)
        why = result.text.strip().partition("\n")[0][:LONGEST_SUBJECT]
        stopped = Stopped(call.tool, what, why)
        if confirmed_by in (REFUSED, DENIED):
            return replace(self, refused=(*self.refused, stopped))
        failed = self.failed if result.success else (*self.failed, stopped)
        if not result.success and result.exit_code is None:
            return replace(self, failed=failed)
        found = counts_of(call, result)
        counts = (found.numbers, found.runner, found.seconds)
        ran = Ran(call.tool, what, result.success, result.exit_code, *counts, cut=result.truncated)
        changed = _joined(self.changed, changes_in(result.diff))
        return replace(self, ran=(*self.ran, ran), failed=failed, changed=changed)

    def with_interrupted(self, call: ToolCall, why: str) -> "Facts":
        """These facts and one call that was interrupted."""
        return replace(self, failed=(*self.failed, Stopped(call.tool, subject(call), why)))

    def with_changes(self, changed: Sequence[Changed], meanwhile: Sequence[str] = ()) -> "Facts":
        """These facts with what the turn changed in the end, and what others changed meanwhile."""
        return replace(self, changed=tuple(changed), meanwhile=tuple(meanwhile))

    def with_undone(self, paths: Sequence[str]) -> "Facts":
        """These facts once the changes of ``paths`` were taken back."""
        back = [path for path in (*(one.path for one in self.changed), *self.meanwhile) if path in paths]
        kept = tuple(one for one in self.changed if one.path not in paths)
        others = tuple(path for path in self.meanwhile if path not in paths)
        undone = tuple(dict.fromkeys([*self.undone, *back]))
        return replace(self, changed=kept, undone=undone, meanwhile=others)

    def with_redone(self, changes: Sequence[Changed]) -> "Facts":
        """These facts once ``changes``, which were taken back, are made again."""
        again = {one.path: one for one in (*self.changed, *changes)}
        return replace(
            self,
            changed=tuple(again.values()),
            undone=tuple(path for path in self.undone if path not in again),
        )


def subject(call: ToolCall) -> str:
    """What a call is about, on one line: a path, a command, a pattern."""
    names = ("pattern", *SUBJECTS) if call.tool == "search_files" else SUBJECTS
    value = next((call.arguments[name] for name in names if call.arguments.get(name)), "")
    text = " ".join(str(value).split())
    return text if len(text) <= LONGEST_SUBJECT else f"{text[: LONGEST_SUBJECT - 1]}…"


def _joined(before: Sequence[Changed], more: Sequence[Changed]) -> tuple[Changed, ...]:
    """The changes of one call added to those of earlier calls; a file stands there once."""
    found = {one.path: one for one in before}
    for one in more:
        found[one.path] = found[one.path].and_then(one) if one.path in found else one
    return tuple(found.values())
