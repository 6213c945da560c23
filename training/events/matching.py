"""Which decisions are wanted: by tool, session, agent, outcome, time and text.

Invariant: a filter looks at rows as ``training.events.decisions`` gives them; all that is given must hold.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from training.events.base import EventLog
from training.events.decisions import rows
from training.events.views import moment_of
from training.labels.reviews import CORRECTED, REFUSED

Row = dict[str, Any]
Outcome = Literal["done", "failed", "unknown", "refused", "corrected"]
OUTCOMES: tuple[str, ...] = get_args(Outcome)

_SEARCHED = ("context", "reasoning", "tool_selected", "tool_parameters", "outcome", "review")


@dataclass(frozen=True)
class DecisionFilter:
    """What is wanted; None is anything.

    ``tool_prefix`` is how the name of the tool begins, in any case. ``since`` counts in, ``until`` does not.
    ``text`` is looked for, in any case, in what was asked, thought, called, returned and said of it.
    """

    tool: str | None = None
    tool_prefix: str | None = None
    session_id: str | None = None
    agent_id: str | None = None
    outcome: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str | None = None

    def rows(self, log: EventLog) -> Iterator[Row]:
        """The decisions that match, newest first."""
        found = rows(log, tool=self.tool, session_id=self.session_id, agent_id=self.agent_id)
        return (row for row in found if self._holds(row))

    def _holds(self, row: Row) -> bool:
        prefix = self.tool_prefix
        if prefix is not None and not str(row["tool_selected"]).casefold().startswith(prefix.casefold()):
            return False
        if self.outcome is not None and self.outcome not in outcomes_of(row):
            return False
        if self.since is not None or self.until is not None:
            moment = moment_of(row["timestamp"])
            if (
                moment is None
                or (self.since and moment < self.since)
                or (self.until and moment >= self.until)
            ):
                return False
        return self.text is None or any(_holds(row[name], self.text.casefold()) for name in _SEARCHED)


def outcomes_of(row: Row) -> set[str]:
    """What became of a decision: what the call did, and whether the person refused or corrected it."""
    verdict = row["review"]["verdict"] if row["review"] else None
    said = {str(verdict)} & {REFUSED, CORRECTED}
    if row["outcome"] is not None:
        return said | {"done" if row["outcome"]["success"] else "failed"}
    return said or {"unknown"}


def _holds(value: Any, wanted: str) -> bool:
    if isinstance(value, str):
        return wanted in value.casefold()
    if isinstance(value, Mapping):
        return any(_holds(item, wanted) for item in value.values())
    if isinstance(value, list | tuple):
        return any(_holds(item, wanted) for item in value)
    return False
