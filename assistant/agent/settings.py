"""Settings of the loop and of the student's window: the ``[loop]`` and ``[context]`` tables."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class LoopSettings(BaseModel):
    """The bounds of one turn."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_steps: int = Field(default=12, ge=1, le=200)
    """Decisions of one turn; then the student has to answer."""
    max_seconds: float = Field(default=600.0, gt=0, le=86400)
    """Time of one turn, without the time that a confirmation waits."""
    max_tokens: int = Field(default=16384, ge=64, le=1 << 22)
    """Tokens that the student may write in one turn."""
    max_repeats: int = Field(default=2, ge=1, le=10)
    """The same call with the same arguments this often in a row ends the calling."""


class ContextSettings(BaseModel):
    """How the student's window is shared out.

    The room for the reply is ``student.call_tokens`` or ``student.answer_tokens``, whichever is more.
    ``tools``, ``examples`` and ``project`` are shares of what that leaves; the others are shares of the
    conversation, which gets the rest.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    tools: float = Field(default=0.3, ge=0.05, le=0.9)
    """What the student is told of its tools; beyond it their descriptions are left out."""
    examples: float = Field(default=0.3, ge=0.0, le=0.9)
    """The examples of the student's prompt; beyond it the last ones are left out."""
    project: float = Field(default=0.25, ge=0.0, le=0.9)
    """The instructions of a trusted workspace (AGENTS.md); beyond it their end is left out."""
    request: float = Field(default=0.7, ge=0.05, le=0.9)
    """Longest request; a longer one is not sent."""
    observation: float = Field(default=0.2, ge=0.02, le=0.5)
    """Longest result of one call that the student is shown; of a longer one the head and the tail."""
    compact_at: float = Field(default=0.85, ge=0.3, le=1.0)
    """Where the conversation fills this much, its older part is compacted."""
    compact_to: float = Field(default=0.4, ge=0.05, le=0.9)
    """What compaction aims at; it stops there, unless you asked for it."""
    requests: float = Field(default=0.35, ge=0.0, le=0.8)
    """Your earlier words that compaction keeps as you said them; beyond it the oldest but the first leave."""
    recap: float = Field(default=0.15, ge=0.02, le=0.5)
    """Longest text of what was done for them."""
    summary: Literal["auto", "extract", "student"] = "auto"
    """Who writes that text. ``extract`` lists calls, files and the last answer; ``student`` lets the student
    sum up, and lists what that leaves room for; ``auto`` does so where its prompt says that it can."""
