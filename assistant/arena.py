"""Two students, asked the same, and the person does not know which is which; votes go into the log.

Invariant: which of the two stands left is drawn anew for each request, and nothing that is shown before the
vote tells it. Nothing that they choose is run.
"""

import asyncio
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.comparing import Side, meant
from training.evaluation.votes import Standing, Vote, standing, vote_event, votes_of
from training.student.base import StudentError

if TYPE_CHECKING:
    from assistant.settings import Settings
    from tools.protocol.messages import Prompt
    from training.evaluation.running import Decide
    from training.events.base import EventLog
    from training.student.base import Decision, Student
    from training.student.settings import StudentSettings

LONGEST_ANSWER = 200
"""Tokens of an answer that are written: enough to judge it."""
OWN_REQUESTS = 500
"""How many decisions back the person's requests are looked for."""


@dataclass(frozen=True)
class Round:
    """What both chose on a request, as text. ``swapped`` says that the first of the two stands right."""

    request: str
    left: str
    right: str
    swapped: bool

    @property
    def same(self) -> bool:
        """Whether there is nothing to prefer."""
        return self.left == self.right

    def vote_of(self, choice: str) -> Vote:
        """``choice`` is ``left``, ``right``, ``equal`` or ``neither``."""
        if choice == "equal" or choice == "neither":
            return choice  # type: ignore[return-value]
        return "won" if (choice == "left") != self.swapped else "lost"

    def decisions(self) -> tuple[str, str]:
        """Of the first and of the second."""
        return (self.right, self.left) if self.swapped else (self.left, self.right)


class Contender:
    """One of the two, loaded when it is first asked."""

    def __init__(
        self, side: Side, settings: "Settings", make: "Callable[[StudentSettings], Student]"
    ) -> None:
        from training.registry.serving import in_force
        from training.student.prompt import prompt_for

        used = in_force(meant(side, settings))
        longest = min(used.answer_tokens, LONGEST_ANSWER)
        self.id = side.id
        self._settings = used.model_copy(update={"answer_tokens": longest})
        self._student = make(self._settings)
        self._prompt: Prompt = prompt_for(used.model, used.prompt)
        self._decide = self._way(settings)

    def _way(self, settings: "Settings") -> "Decide":
        from assistant import paths
        from assistant.cli.eval_options import way_of
        from assistant.deciding import as_the_chat
        from tools.selection.ranker import open_ranker

        ranker, _ = open_ranker(paths.ranker_file())
        way = way_of(settings, self._prompt, None)
        return as_the_chat(ranker, way, remote=self._settings.remote)

    async def start(self) -> None:
        """Load. Raises StudentError."""
        await self._student.start()

    async def reply(self, request: str) -> str:
        """What it chooses, as text; what it cannot do is said as its reply."""
        from tools.protocol.messages import Message
        from training.evaluation.cases import Case
        from training.student.other_tools import for_tools

        case = Case("arena", (Message("user", text=request),), ())
        try:
            decision = await self._decide(
                self._student, case.conversation(for_tools(self._prompt, case.offered()))
            )
        except StudentError as error:
            return f"(nothing: {error})"
        return text_of(decision)

    async def close(self) -> None:
        await self._student.close()


class Arena:
    """``first`` and ``second`` are who is compared; ``log`` has the person's requests and takes the votes."""

    def __init__(
        self, log: "EventLog", first: Contender, second: Contender, dice: random.Random | None = None
    ) -> None:
        self._log = log
        self._pair = (first, second)
        self._dice = dice or random.Random()
        self._waiting: Iterator[str] | None = None

    @property
    def names(self) -> tuple[str, str]:
        """Who is compared, by id."""
        return self._pair[0].id, self._pair[1].id

    async def start(self) -> None:
        """Load both. Raises StudentError."""
        await asyncio.gather(*(one.start() for one in self._pair))

    def next_request(self) -> str | None:
        """The person's newest request that was not voted on; None where there is none left.

        Raises EventLogError.
        """
        if self._waiting is None:
            self._waiting = iter(own_requests(self._log, votes_of(self._log, *self.names)))
        return next(self._waiting, None)

    async def ask(self, request: str) -> Round:
        """Let both choose."""
        replies = await asyncio.gather(*(one.reply(request) for one in self._pair))
        swapped = self._dice.random() < 0.5
        left, right = reversed(replies) if swapped else replies
        return Round(request, left, right, swapped)

    def vote(self, made: Round, choice: str) -> None:
        """Raises EventLogError."""
        self._log.append(vote_event(*self.names, made.vote_of(choice), made.request, made.decisions()))

    def standing(self) -> Standing:
        """All votes of the two, those of earlier days too. Raises EventLogError."""
        return standing(votes_of(self._log, *self.names).values())

    async def close(self) -> None:
        """End both students."""
        await asyncio.gather(*(one.close() for one in self._pair))


def own_requests(log: "EventLog", known: "Sequence[str] | dict[str, Vote]") -> list[str]:
    """What the person asked, each once, the newest first, without those that are ``known``."""
    from itertools import islice

    from training.events.decisions import rows

    asked = (str((row["context"] or {}).get("request") or "") for row in islice(rows(log), OWN_REQUESTS))
    return [request for request in dict.fromkeys(asked) if request.strip() and request not in known]


def text_of(decision: "Decision") -> str:
    """The calls as they are written, or the answer."""
    from tools.protocol.calls import write_call

    if decision.calls:
        return "\n".join(write_call(call) for call in decision.calls)
    return decision.answer.strip() or "(nothing)"
