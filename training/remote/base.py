"""The words of remote fine-tuning: what is sent, how it stands there, and what a provider can do.

Invariant: a run is known to its provider by a ``tag`` that was written down here before it was created, so
that a run whose creation was never confirmed is found again and not paid for twice. What fails is a
``TeacherError``: ``Passing`` where it may be gone a moment later.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, Protocol

ProviderName = Literal["openai", "huggingface", "custom"]
"""Beside ``local``, which is ``training.finetune``."""


class State(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED = (State.DONE, State.FAILED, State.CANCELLED)


@dataclass(frozen=True)
class Standing:
    """How a run stands at its provider. ``message`` is the provider's, of a failure its reason."""

    state: State
    done: float = 0
    total: float | None = None
    unit: str = ""
    message: str = ""


@dataclass(frozen=True)
class News:
    """One thing that happened. ``metrics`` may have ``step``, ``loss``, ``validation_loss``; ``total`` is the
    number of steps, where it is known."""

    id: str
    text: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)
    total: float | None = None


@dataclass(frozen=True)
class Cost:
    """Dollars, None where nobody knows; ``at_most_usd`` is a bound. ``basis`` says how it was made."""

    usd: float | None
    at_most_usd: float | None
    basis: str
    tokens: int | None = None
    """That are trained on, all passes together."""


@dataclass(frozen=True)
class Sent:
    """The files that a provider is sent, in its own format; ``examples`` are those to learn from."""

    files: Mapping[str, Path]
    """By what they are: ``training``, ``validation``, and what else the provider needs."""
    examples: int
    validation: int


@dataclass(frozen=True)
class Result:
    """What a run that ended well has given. ``facts`` are JSON-ready; ``model`` is its name at ``url``."""

    model: str = ""
    url: str = ""
    """That speaks OpenAI's protocol; empty where the model is not served."""
    cost_usd: float | None = None
    said: str = ""
    """One line: how it is used, where that is special; ``{files}`` is where its files are."""
    facts: Mapping[str, Any] = field(default_factory=dict)


class Remote(Protocol):
    """One provider, for one order. Every method may raise TeacherError."""

    name: str
    """As a person knows it."""

    async def upload(self, sent: Sent, tag: str) -> dict[str, str]:
        """Hand over the files; what they are called there. Costs nothing, and may be done again."""

    async def find(self, tag: str) -> str:
        """The id of the run with that tag, empty where there is none."""

    async def create(self, tag: str, uploaded: Mapping[str, str]) -> str:
        """Start the run, which costs money; its id."""

    async def look(self, run: str) -> Standing:
        """How it stands."""

    async def news(self, run: str, after: str) -> Sequence[News]:
        """What happened since the news with the id ``after``, oldest first."""

    async def cancel(self, run: str) -> None:
        """Ask for its end. Of a run that has ended nothing is asked."""

    async def fetch(self, run: str, folder: Path) -> Result:
        """What it gave; files of it are written below ``folder``, which is there and empty."""

    async def close(self) -> None:
        """End the connections. Safe to call twice."""
