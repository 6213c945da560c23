"""What the loop yields. The TUI, the REPL, one-shot mode and the evaluation are all just consumers.

Order within one turn: ``Thought`` (optional), then either ``TextDelta``... and ``Answer``, or per call
``Call``, ``Confirmation`` (where the mode asks), ``Observation``. ``Notice`` may come anywhere;
``Failure`` ends a turn.
"""

import asyncio
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from assistant.agent.facts.record import Facts
from tools.calls import Risk, ToolCall, ToolResult
from training.student.base import Usage


@dataclass(frozen=True)
class Thought:
    """What the student wrote before it chose."""

    text: str


@dataclass(frozen=True)
class TextDelta:
    """A piece of the answer as it arrives."""

    text: str


@dataclass(frozen=True)
class Call:
    """A decision, recorded durably as the event ``event_id`` before anything runs."""

    call: ToolCall
    risk: Risk
    event_id: str
    confidence: float
    alternatives: tuple[tuple[str, float], ...] = ()


class Verdict(StrEnum):
    """What the person said to a confirmation."""

    ONCE = "once"
    SESSION = "session"
    ALWAYS = "always"
    EDITED = "edited"
    REFUSED = "refused"


@dataclass(frozen=True)
class Reply:
    """The user's answer. ``arguments`` where edited, ``reason`` where refused.

    ``asked`` is False where there was nobody to ask: such a refusal says nothing about the call.
    """

    verdict: Verdict
    arguments: dict[str, Any] | None = None
    reason: str = ""
    asked: bool = True


@dataclass(frozen=True)
class Confirmation:
    """A call that waits for the person. The consumer sets ``reply``; the loop waits for it.

    ``preview`` is the unified diff of a write, or empty. ``rule`` is what 'session' and 'always'
    would add, as shown, and ``opens`` what that lets pass beyond what it spells. ``reasons`` says why
    it is asked, a line per part of a command. ``where`` names the sandbox and its network state.
    """

    call: ToolCall
    risk: Risk
    rule: str
    reasons: tuple[str, ...] = ()
    preview: str = ""
    where: str = ""
    opens: str = ""
    reply: "asyncio.Future[Reply]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())


@dataclass(frozen=True)
class Progress:
    """Output of a running call as it arrives."""

    call_id: str
    text: str


@dataclass(frozen=True)
class Observation:
    """What a call did.

    ``confirmed_by`` is ``mode``, ``rule``, ``person``, ``refused``, ``denied`` or ``unparsed``.
    """

    call: ToolCall
    result: ToolResult
    event_id: str
    confirmed_by: str


@dataclass(frozen=True)
class Answer:
    """The final reply of the turn, whole. ``usage`` is what the turn cost, ``last`` the last decision.

    ``facts`` is what the host recorded of the turn. ``contradicted`` are the sentences of the student's reply
    that the record contradicts; the text has the contradiction then.
    """

    text: str
    event_id: str
    usage: Usage
    last: Usage = field(default_factory=Usage)
    cut: bool = False
    facts: Facts = field(default_factory=Facts)
    contradicted: tuple[str, ...] = ()


@dataclass(frozen=True)
class Notice:
    """One line the person should know: what was trimmed, what was restarted."""

    text: str


@dataclass(frozen=True)
class Failure:
    """The turn ended without an answer: one line, what happened and what to do. ``error`` is what was raised
    where something was. ``facts`` is what the host recorded of the turn."""

    text: str
    cancelled: bool = False
    error: Exception | None = field(default=None, compare=False)
    facts: Facts = field(default_factory=Facts)


Step = Thought | TextDelta | Call | Confirmation | Progress | Observation | Answer | Notice | Failure
