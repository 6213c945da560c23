"""A user's corrections in the chat: the nearest one is in view when a turn's first decision is made.

Invariant: it is in view of that decision alone, directly before the request, so that the cached part of the
prompt stays valid. A local student is pushed towards the call; other models are shown it as an earlier turn.
The call is asked, refused or allowed like any other. What comes from another project is redacted again before
it leaves for a model elsewhere.
"""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from tools.calls import Risk, ToolCall
from tools.protocol.messages import Conversation, Hint, Message
from tools.registry import Registry
from training.corrections.base import Correction
from training.corrections.book import Corrections
from training.corrections.nearest import Near, Nearest
from training.events.base import EventLogError
from training.events.redaction import redact

LONGEST = 600
"""Characters of a correction above which it is not shown as a turn."""
_ID = "corrected"


@dataclass(frozen=True)
class InView:
    """A correction, and how it enters a decision: ``shown`` as a turn, ``hint`` beside the prompt."""

    near: Near
    shown: tuple[Message, ...] = ()
    hint: Hint | None = None

    def conversation(self, given: Conversation) -> Conversation:
        """``given`` with the correction directly before what the user said last."""
        messages = list(given.messages)
        at = len(messages)
        while at and messages[at - 1].role == "user":
            at -= 1
        return replace(given, messages=(*messages[:at], *self.shown, *messages[at:]), hint=self.hint)

    def record(self) -> dict[str, Any]:
        """What the decision's event keeps of it."""
        found = self.near.correction
        return {
            "id": found.id,
            "at": found.at,
            "request": found.request,
            "workspace": found.workspace,
            "likeness": round(self.near.likeness, 3),
            "shown": bool(self.shown),
            "arguments": bool(self.hint and self.hint.arguments is not None),
        }


class Correcting:
    """Of one workspace. ``serving`` gives the id of the student that serves, empty where it has none, and
    whether it runs elsewhere."""

    def __init__(
        self, book: Corrections, workspace: str, tools: Registry, serving: Callable[[], tuple[str, bool]]
    ) -> None:
        self._book, self._workspace, self._tools = book, workspace, tools
        self._serving = serving
        self._lock = asyncio.Lock()
        self._known: tuple[int, Nearest] | None = None

    async def find(self, request: str) -> InView | None:
        """The correction for ``request``, also one of a moment ago. Raises EventLogError."""
        async with self._lock:
            return await asyncio.to_thread(self._find, request)

    async def prepare(self) -> None:
        """Read the log before the first request needs it. What is wrong with it, that request says."""
        with contextlib.suppress(EventLogError):
            await self.find("")

    def _find(self, request: str) -> InView | None:
        self._book.refresh()
        if self._known is None or self._known[0] != self._book.version:
            self._known = (self._book.version, Nearest(self._book.of(self._workspace)))
        student, remote = self._serving()
        near = self._known[1].of(request, lambda one: self._counts(one, student), loosely=remote)
        return self._in_view(near, remote) if near else None

    def _counts(self, one: Correction, student: str) -> bool:
        known = one.answers or self._tools.get(one.tool) is not None
        return known and self._book.counts(one, student)

    def _in_view(self, near: Near, remote: bool) -> InView | None:
        found = near.correction
        arguments = None if self._writes(found.tool) else near.arguments
        if not remote and arguments is not None:
            return InView(near, hint=Hint(found.tool, dict(near.odds), dict(arguments)))
        shown = turn_of(self._outgoing(found) if remote else found)
        if not shown:
            return None
        return InView(near, shown, None if remote else Hint(found.tool, dict(near.odds)))

    def _writes(self, tool: str) -> bool:
        """Whether what it is called with is content, which another request wants otherwise."""
        found = self._tools.get(tool)
        return found is not None and found.risk is Risk.WRITE

    def _outgoing(self, one: Correction) -> Correction:
        if one.workspace == self._workspace:
            return one
        request, arguments = redact([one.request, dict(one.arguments)])[0]
        return replace(one, request=request, arguments=arguments)


def turn_of(one: Correction) -> tuple[Message, ...]:
    """The correction as a turn of its own; nothing where it is too long to be shown."""
    if len(one.request) + len(str(one.arguments)) > LONGEST:
        return ()
    if one.answers:
        text = str(one.arguments.get("text") or "").strip() or "Understood."
        return Message("user", one.request), Message("assistant", text)
    call = ToolCall(_ID, one.tool, dict(one.arguments))
    return (
        Message("user", one.request),
        Message("assistant", calls=(call,)),
        Message("tool", "ok", call_id=_ID, tool=one.tool),
        Message("assistant", "Done."),
    )
