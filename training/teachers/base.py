"""The words of teachers: what is asked of them, what they reply, what it costs, and how they fail.

Invariant: a request is plain data, the same on every machine, so that its key finds the reply that was
already paid for. No word here holds a key of an API: ``ProviderConfig`` names the variable that does.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from tools.calls import ToolCall
from tools.protocol.messages import Message, Signature

ProviderName = Literal["anthropic", "openai", "local", "scripted"]
Choice = Literal["auto", "required", "none"]
Stop = Literal["end", "calls", "length", "refusal"]
TopTokens = tuple[tuple[tuple[str, float], ...], ...]
"""For each token of a text the likeliest ``(token, log-probability)`` pairs, best first."""
Shares = tuple[tuple[str, float], ...]
"""``(tool, probability)``, best first; they add up to at most 1."""


class TeacherError(Exception):
    """A teacher cannot serve: one line, what happened and how to mend it, without any key."""


class NoKey(TeacherError):
    """No key is at hand for a teacher that needs one. What it would cost can be said all the same."""


class Unanswered(TeacherError):
    """This one request has no usable reply; others may.

    ``billed`` where it was, or may have been, paid for all the same: ``tokens``, or at most its worst case.
    """

    def __init__(self, line: str, billed: bool = False) -> None:
        super().__init__(line)
        self.billed = billed
        self.tokens: Tokens | None = None


class Passing(Unanswered):
    """A failure that may be gone a moment later. ``asked_s`` is how long the server asks to wait, or None."""

    def __init__(self, line: str, asked_s: float | None = None, billed: bool = False) -> None:
        super().__init__(line, billed)
        self.asked_s = asked_s


class Unusable(Passing):
    """A reply that came, was paid for, and cannot be used. It is worth one more attempt, no more."""

    def __init__(self, line: str) -> None:
        super().__init__(line, billed=True)


class BudgetSpent(TeacherError):
    """The next request could cost more than is left. Nothing was sent."""


class UnknownPrice(TeacherError):
    """Nobody said what this model costs; it is not taken for free."""


@dataclass(frozen=True)
class ProviderConfig:
    """Which teacher, and how it is asked. Seconds; ``attempts`` counts the first one too."""

    provider: ProviderName
    model: str = ""
    """The API's name of it; for ``local`` a GGUF's path or ``embedded``."""
    base_url: str = ""
    """An address that speaks the provider's protocol; empty for the provider's own."""
    key_variable: str = ""
    """The environment variable with the key; empty for the provider's usual one."""
    temperature: float | None = None
    """None leaves it to the model; some models take no other."""
    max_tokens: int = 1024
    """The longest reply, thinking included."""
    concurrency: int = 8
    timeout_s: float = 120.0
    """For one attempt, from the first byte sent to the last one read."""
    attempts: int = 6
    backoff_s: float = 1.0
    longest_wait_s: float = 120.0


@dataclass(frozen=True)
class TeacherRequest:
    """One thing to ask. ``id`` is the example's; the same id with the same content has one reply in a run."""

    id: str
    messages: tuple[Message, ...]
    system: str = ""
    """The stable beginning: equal bytes in many requests are cached by the provider."""
    tools: tuple[Signature, ...] = ()
    choice: Choice = "auto"
    schema: Mapping[str, Any] | None = None
    """A JSON Schema that the reply must fit: an object, each property required, nothing besides."""
    temperature: float | None = None
    """None takes the provider's."""
    max_tokens: int = 0
    """0 takes the provider's."""
    top_tokens: int = 0
    """How many log-probabilities to give for each token of a text, 0 to 20."""
    purpose: str = "generate"
    """What it is for, in the ledger: ``generate``, ``grade``, ``relabel``."""
    prompt_version: str = ""


@dataclass(frozen=True)
class Tokens:
    """What a reply took. ``prompt`` is all of the input; ``cached`` and ``cache_written`` are parts of it."""

    prompt: int = 0
    cached: int = 0
    cache_written: int = 0
    completion: int = 0

    def __add__(self, other: "Tokens") -> "Tokens":
        return Tokens(
            self.prompt + other.prompt,
            self.cached + other.cached,
            self.cache_written + other.cache_written,
            self.completion + other.completion,
        )


@dataclass(frozen=True)
class TeacherReply:
    """What a teacher said. A reply that stopped at ``length`` holds no call that may be incomplete.

    ``calls`` name offered tools with JSON objects as arguments; whether those fit the schema is for the
    filters to say. ``data`` is the JSON of a structured reply, valid for the request's schema.
    """

    text: str = ""
    calls: tuple[ToolCall, ...] = ()
    data: Any = None
    stop: Stop = "end"
    shares: Shares = ()
    """The distribution over the offered tools and ``answer``, where the teacher is local."""
    top_tokens: TopTokens = ()
    tokens: Tokens | None = None
    """None where the server did not count; such a reply is charged at its worst case."""
    provider: str = ""
    model: str = ""
    """Who answered, as the server calls it."""
    latency_ms: float = 0.0
    cost_usd: float | None = None
    """None where no price is known."""
    batch: bool = False
    prompt_version: str = ""


class Spend(Protocol):
    """Who is asked before each attempt that may be charged."""

    async def attempt(self) -> None:
        """Raises BudgetSpent where one more attempt could cost more than is left."""

    async def failed(self, problem: TeacherError) -> None:
        """The attempt brought nothing; what it may have cost counts."""


class Free:
    """Fulfils ``Spend`` where nothing is charged or nobody counts."""

    async def attempt(self) -> None:
        return None

    async def failed(self, problem: TeacherError) -> None:
        return None


FREE = Free()


class TeacherProvider(Protocol):
    """One teacher. Requests may be asked side by side; at most ``config.concurrency`` are under way."""

    config: ProviderConfig

    async def ask(self, request: TeacherRequest, spend: Spend = FREE) -> TeacherReply:
        """The reply, after as many attempts as it takes and ``config`` allows.

        Raises Unanswered for this request alone, TeacherError where no other would fare better (a bad key,
        an unknown model, no server), BudgetSpent from ``spend``.
        """

    async def count(self, request: TeacherRequest) -> tuple[int, str]:
        """Tokens of the prompt, and in words how they were counted. Nothing is charged."""

    async def close(self) -> None:
        """End the connections or the process. Safe to call twice."""


@dataclass
class GenerationMetrics:
    """A run so far. Sums only, so that it takes no more memory after 100,000 replies than after one."""

    requests: int = 0
    replies: int = 0
    stored: int = 0
    """Of the replies, those that were paid for by an earlier run."""
    unanswered: int = 0
    refusals: int = 0
    cut: int = 0
    attempts: int = 0
    tokens: Tokens = field(default_factory=Tokens)
    cost_usd: float = 0.0
    unpriced: int = 0
    """Replies of which nobody knows the price; they are not in ``cost_usd``."""
    seconds: float = 0.0
    longest_ms: float = 0.0
    total_ms: float = 0.0

    @property
    def mean_ms(self) -> float:
        """Mean latency of the replies that were asked for now; 0 where there were none."""
        fresh = self.replies - self.stored
        return self.total_ms / fresh if fresh else 0.0
