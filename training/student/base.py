"""The student contract: decide, answer, count, cancel, stats. Everything else is behind it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from tools.calls import ToolCall
from tools.protocol.messages import Conversation, Reading
from training.student.passages import Passage


class StudentError(Exception):
    """The student cannot serve: one line, what happened and what to do."""


class StudentDied(StudentError):
    """The student's process ended under a request. The next request starts it again."""


class StudentUndecided(StudentError):
    """What the student proposed was no call and no answer, also after it was told so."""


class ContextOverflow(StudentError):
    """The conversation does not fit: ``needed`` and ``limit`` are tokens."""

    def __init__(self, needed: int, limit: int) -> None:
        super().__init__(
            f"the conversation needs {needed} tokens and the student has room for {limit}; ask for less at "
            "once, begin anew with /clear, or set student.context_tokens higher"
        )
        self.needed = needed
        self.limit = limit


@dataclass(frozen=True)
class StudentInfo:
    """Who serves. ``context_tokens`` is the window; ``adapter`` is empty where there is none.

    ``notice`` says why the window is not all that the model has, where that is so.
    """

    model: str
    adapter: str = ""
    context_tokens: int = 0
    memory_bytes: int = 0
    notice: str = ""


@dataclass(frozen=True)
class Usage:
    """What one decision cost. Tokens, milliseconds, tokens per second."""

    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    prefill_tokens_per_s: float = 0.0
    decode_tokens_per_s: float = 0.0
    latency_ms: float = 0.0


@dataclass(frozen=True)
class Stats:
    """What a student has done since it was made, and what it holds now.

    Tokens, and tokens per second over all requests. ``memory_bytes`` is what its process takes and
    ``states_bytes`` the part of it that is saved states of prompts; 0 where it runs elsewhere. ``restarts``
    counts how often its process died and was started again; ``notices`` are lines on what it met lately.
    """

    requests: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    prefill_tokens_per_s: float = 0.0
    decode_tokens_per_s: float = 0.0
    memory_bytes: int = 0
    states_bytes: int = 0
    restarts: int = 0
    notices: tuple[str, ...] = ()


Branches = tuple[tuple[tuple[str, float], ...], ...]


@dataclass(frozen=True)
class Decision:
    """What the student chose: calls to make, or the final answer.

    Exactly one of ``calls`` and ``answer`` is meaningful: an empty ``calls`` means that ``answer``
    is the reply. ``confidence`` is the probability of the chosen name (of the first call) among the
    offered ones, with what speaks for unknown tools (``training.student.likeness``); 0.0 where the
    student cannot know it (no record and no screen states that as a fact); ``alternatives`` the other
    names with theirs, best first; both follow from ``branches`` (``training.student.confidence``).
    ``cut`` is true where the text ended at the token limit; a cut call is never executed and never in
    ``calls``. ``unsure``: below ``student.ask_below``, where the student was not allowed to ask.
    ``reads``: it answers from the results before it and points instead of writing, as ``Student.read`` says.
    ``repeated``: the text was ended (``cut``) because it only said again what it had said.
    """

    calls: tuple[ToolCall, ...] = ()
    answer: str = ""
    thought: str = ""
    confidence: float = 0.0
    alternatives: tuple[tuple[str, float], ...] = ()
    usage: Usage = field(default_factory=Usage)
    cut: bool = False
    branches: Branches = ()
    unsure: bool = False
    reads: bool = False
    repeated: bool = False


@dataclass(frozen=True)
class Spot:
    """A line of a result, by the place of the result and its own, with its share."""

    passage: int
    line: int
    share: float


@dataclass(frozen=True)
class Pointed:
    """How a result answers, as the student reads it. ``form`` is one of ``training.student.passages.FORMS``.

    ``spots`` are the likeliest lines, best first; where the form is a line and ``sure`` is false, one of them
    may be it. ``unread`` counts the lines of a very long result that were not looked at.
    """

    form: str
    share: float
    spots: tuple[Spot, ...] = ()
    sure: bool = False
    unread: int = 0
    usage: Usage = field(default_factory=Usage)


@dataclass(frozen=True)
class Written:
    """Free text that the student wrote. ``cut`` is true where it ended at the token limit, or because it
    ``repeated`` itself."""

    text: str
    usage: Usage = field(default_factory=Usage)
    cut: bool = False
    repeated: bool = False


OnText = Callable[[str], None]

Kind = Literal["agent", "title", "compaction", "reading"]
"""What a prompt is for. The cached prefix of one kind is never given up for another's."""


class Student(Protocol):
    """The local model in use. One decision at a time; ``cancel`` may come from any task."""

    async def start(self) -> StudentInfo:
        """Load. Raises StudentError with one line that says what to do."""

    async def adapt(self, adapter: str) -> StudentInfo:
        """Serve with the LoRA adapter of that path from now on, or with none where it is empty.

        The base stays loaded. Raises StudentError, and all is as before.
        """

    async def warm(self, conversation: Conversation, *, kind: Kind = "agent") -> None:
        """Evaluate the prefix of ``conversation`` before it is needed. Best effort."""

    async def decide(
        self,
        conversation: Conversation,
        *,
        allowed: Sequence[str] | None = None,
        on_text: OnText | None = None,
    ) -> Decision:
        """Choose the next calls or answer.

        ``allowed`` narrows the names that may be chosen without changing the prompt (``["answer"]``
        forces an answer). ``on_text`` receives the answer's text as it comes. Raises
        ContextOverflow, StudentError, or asyncio.CancelledError after the model has stopped.
        """

    async def answer(
        self,
        conversation: Conversation,
        *,
        kind: Kind = "agent",
        limit: int = 0,
        on_text: OnText | None = None,
    ) -> Written:
        """Write free text: a title, a summary, a reply. Nothing is chosen and nothing is called.

        ``limit`` is the most tokens it may take, 0 for the settings' longest answer. A conversation
        without tools is asked plainly; one with tools is answered in its calling format. Raises as
        ``decide`` does.
        """

    async def read(self, reading: Reading, question: str, passages: Sequence[Passage]) -> Pointed:
        """Point at what answers ``question`` in results, after a decision that ``reads``. Raises likewise."""

    async def count(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text has in the student's own vocabulary, without the template's around it.

        Exact where the tokeniser is at hand, else an estimate from what the endpoint reported so far.
        """

    def stats(self) -> Stats:
        """What it has done so far; waits for nothing."""

    async def cancel(self) -> None:
        """Stop what is under way within 100 ms; it then raises asyncio.CancelledError."""

    async def close(self) -> None:
        """End the process or connection, and give back its memory; the next request starts it again.

        Safe to call twice.
        """
