"""The account of the turn under way: its facts, kept in the session, and replies held against them.

Invariant: what a reply claims against the record is not shown alone. A small student's reply ends where it
begins to contradict the record, or to tell what was not looked up, and the host says so there. Once a call
was made nothing of it is shown: the host counts or compares where that answers, else it shows the result.
Any other reply is followed by the contradiction.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from assistant.agent.facts.answers import Result, answer_from_results
from assistant.agent.facts.check import Contradiction, check
from assistant.agent.facts.diffs import Changed
from assistant.agent.facts.record import Facts
from assistant.agent.facts.runs import programs
from assistant.agent.facts.sentences import sentence_ends
from assistant.agent.facts.told import results_told
from assistant.agent.facts.unfounded import instead_of
from assistant.agent.safekeeping import Safekeeping
from assistant.agent.sessions import Session, SessionError
from tools.calls import ToolCall, ToolResult


@dataclass(frozen=True)
class Reviewed:
    """A reply as it is shown, and the sentences of it that the record contradicts.

    ``instead`` is what the host said in place of it or beside it; ``kept`` is False where the reply was
    not shown although nothing contradicts it; ``grounded`` is True where the host's own count agrees.
    """

    text: str
    contradicted: tuple[str, ...] = ()
    instead: str = ""
    kept: bool = True
    grounded: bool = False


class Account:
    """Keeps the facts of one turn after another. ``replaces`` says whether a wrong reply is replaced."""

    def __init__(self, session: Session, keeping: Safekeeping, replaces: Callable[[], bool]) -> None:
        self.facts = Facts()
        self._session = session
        self._keeping = keeping
        self.replaces = replaces
        self._index: int | None = None
        self._request = ""
        self._results: list[Result] = []

    def begin(self, index: int, request: str) -> None:
        """A turn begins; ``index`` is the place of its request in the session."""
        self.facts, self._index = Facts(), index
        self._request, self._results = request, []

    async def ran(self, result: ToolResult) -> None:
        """A call that could change something has just ended."""
        await self._keeping.ran(result)

    def take(self, call: ToolCall, result: ToolResult, confirmed_by: str) -> None:
        """A call has its outcome."""
        self.facts = self.facts.with_call(call, result, confirmed_by)
        self._results.append(Result(call, result))

    def interrupted(self, call: ToolCall, why: str) -> None:
        """A call was interrupted."""
        self.facts = self.facts.with_interrupted(call, why)

    async def settle(self) -> Facts:
        """The facts, once nothing changes anything any more in this turn."""
        if self._index is not None:
            settled = await self._keeping.settle(self.facts.changed)
            self.facts = self.facts.with_changes(settled.changed, settled.meanwhile)
        return self.facts

    async def close(self) -> Facts:
        """End the turn and keep its facts in the session. Safe to call twice."""
        facts, index = await self.settle(), self._index
        self._index = None
        await self._keeping.end()
        if facts and index is not None:
            with suppress(SessionError):
                self._session.keep_facts(index, facts)
        return facts

    def passed(self, reply: str, shown: str) -> str:
        """The beginning of an unfinished ``reply`` that can be shown, longer than ``shown`` or the same.

        Of a small student's reply, these are the whole sentences before one that the record contradicts.
        """
        if not self.replaces():
            return reply
        if self._results:
            return shown
        for end in sentence_ends(reply):
            if end > len(shown) and not reply[:end].rstrip().endswith((":", ";")):
                if self._check(reply[:end]) or instead_of(reply[:end], self._request):
                    break
                shown = reply[:end]
        return shown

    def review(self, reply: str, shown: str) -> Reviewed:
        """``reply`` as it is shown; ``shown`` is the beginning of it that was streamed already."""
        if self.replaces() and (own := self.counted()):
            counted = set(re.findall(r"\d+", own))
            wrong = not counted <= set(re.findall(r"\d+", reply))
            return Reviewed(own, (reply,) if wrong else (), own, grounded=bool(counted) and not wrong)
        found = self._check(reply)
        if self.replaces() and self._results:
            own = results_told(self.facts, self._results)
            return Reviewed(own, tuple(one.sentence for one in found), own, kept=False)
        if not found:
            instead = instead_of(reply, self._request) if self.replaces() else ""
            text = f"{shown.rstrip()}\n\n{instead}".strip() if instead else reply
            return Reviewed(text, (), instead, kept=not instead)
        instead = " ".join(dict.fromkeys(one.instead for one in found))
        kept = shown if self.replaces() else reply
        text = f"{kept.rstrip()}\n\n{instead}".strip()
        return Reviewed(text, tuple(one.sentence for one in found), instead)

    def counted(self) -> str:
        """The answer to the request where counting or comparing the results gives one, or empty."""
        return answer_from_results(self._request, self._results) or ""

    def _check(self, reply: str) -> list[Contradiction]:
        index = len(self._session.messages) if self._index is None else self._index
        earlier = [facts for at, facts in sorted(self._session.facts.items()) if at < index]
        facts = self.facts
        if facts.meanwhile and programs(facts.ran):  # a program may have had a part in it
            files = [Changed(path, None, None) for path in facts.meanwhile]
            facts = facts.with_changes((*facts.changed, *files))
        return check(reply, facts, earlier)
