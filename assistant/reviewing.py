"""A person's word on a decision that is in the log: a rating, or the call that would have been right.

Invariant: a correction names a tool that is known, with arguments that its schema allows. What the newest
review says already is not recorded again.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from tools.protocol.messages import Signature
from tools.schema import validate
from training.events.base import EventLog, EventType
from training.events.decisions import find_row, review

Row = dict[str, Any]


class Tools(Protocol):
    """The tools of the chat."""

    def signatures(self) -> Sequence[Signature]: ...


@dataclass(frozen=True)
class Correction:
    """The call that would have been right."""

    tool: str
    arguments: dict[str, Any]


class Reviewer:
    """Appends reviews to ``log``. Raises EventLogError where it cannot."""

    def __init__(self, log: EventLog, tools: Tools) -> None:
        self._log = log
        self._schemas: dict[str, Any] = {one.name: one.parameters for one in tools.signatures()}

    async def row(self, event_id: str) -> Row | None:
        return await asyncio.to_thread(find_row, self._log, event_id)

    async def rate(self, event_id: str, verdict: str, reason: str = "") -> Row | None:
        """Record ``good`` or ``bad``. The row as it is now."""
        return await asyncio.to_thread(self._reviewed, event_id, verdict, None, reason)

    async def correct(self, event_id: str, correction: Correction, reason: str = "") -> Row | None:
        """Record what would have been right. The row as it is now."""
        return await asyncio.to_thread(self._reviewed, event_id, "corrected", correction, reason)

    def known(self, row: Row) -> dict[str, Any]:
        """The tools that a correction may name, with their schemas; None where the schema is not known."""
        found: dict[str, Any] = {}
        for offered in row["tools_available"]:
            if isinstance(offered, Mapping) and isinstance(offered.get("name"), str):
                found[offered["name"]] = offered.get("parameters")
        for name, schema in self._schemas.items():
            if found.get(name) is None:
                found[name] = schema
        return found

    def _reviewed(
        self, event_id: str, verdict: str, correction: Correction | None, reason: str
    ) -> Row | None:
        said: dict[str, Any] = {
            "verdict": verdict,
            "corrected_tool": correction.tool if correction else None,
            "corrected_parameters": correction.arguments if correction else None,
            **({"reason": reason} if reason else {}),
        }
        if not self._is_said(event_id, said):
            review(self._log, event_id, **said)
        return find_row(self._log, event_id)

    def _is_said(self, event_id: str, said: Mapping[str, Any]) -> bool:
        """Whether the newest review says just this: a key that is held down records one."""
        kind = EventType.DECISION_REVIEWED
        reviews = self._log.read(aggregate_id=event_id, event_type=kind, newest_first=True, limit=1)
        newest = next(reviews, None)
        return newest is not None and all(newest.data.get(name) == value for name, value in said.items())


def problem_of(tool: str, arguments: dict[str, Any], known: Mapping[str, Any]) -> str | None:
    """One line that says what is wrong with a correction, or None."""
    if tool not in known:
        return f"there is no tool {tool or '(empty)'}; there are {', '.join(known)}"
    schema = known[tool]
    return validate(schema, arguments) if isinstance(schema, dict) else None


def takes(schema: Any) -> str:
    """The arguments of a tool on one line, those that may be left out with a question mark."""
    if not isinstance(schema, Mapping):
        return ""
    required = schema.get("required", ())
    names = [name if name in required else f"{name}?" for name in schema.get("properties", {})]
    return "takes " + ", ".join(names) if names else "takes no arguments"
