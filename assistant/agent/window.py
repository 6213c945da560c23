"""How the tokens of a student's window are shared out.

Invariant: the parts with their budgets, the free room and the room for the reply add up to the window.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from assistant.agent.settings import ContextSettings

TIGHT_TOKENS = 160
COMPACTED_SHARE = 0.8


@dataclass(frozen=True)
class Fixed:
    """Tokens of what is the same in every turn."""

    instructions: int = 0
    tools: int = 0
    examples: int = 0
    project: int = 0

    @property
    def total(self) -> int:
        return self.instructions + self.tools + self.examples + self.project


@dataclass(frozen=True)
class Budget:
    """What each part may take, in tokens. ``room`` is the window without the reply."""

    settings: ContextSettings
    window: int
    reply: int
    fixed: Fixed

    @property
    def room(self) -> int:
        return self.window - self.reply

    @property
    def tools(self) -> int:
        return int(self.room * self.settings.tools)

    @property
    def examples(self) -> int:
        return int(self.room * self.settings.examples)

    @property
    def project(self) -> int:
        return int(self.room * self.settings.project)

    @property
    def conversation(self) -> int:
        """All that is said in turns."""
        return max(self.room - self.fixed.total, 0)

    def share(self, of_conversation: float) -> int:
        """A share of the conversation."""
        return int(self.conversation * of_conversation)

    @property
    def compact_at(self) -> int:
        """Tokens of the conversation from which it is compacted."""
        return self.share(self.settings.compact_at)

    @property
    def compact_to(self) -> int:
        """Tokens of the conversation that compaction aims at; below ``compact_at`` in any case."""
        return min(self.share(self.settings.compact_to), int(self.compact_at * COMPACTED_SHARE))

    @property
    def tight(self) -> bool:
        """True where hardly anything can be said."""
        return self.conversation < TIGHT_TOKENS


@dataclass(frozen=True)
class Part:
    """One part of the window. ``budget`` is 0 where it has none of its own."""

    name: str
    tokens: int
    budget: int = 0


@dataclass(frozen=True)
class Use:
    """What the window holds now. ``compactions`` counts those of the session; all else is tokens."""

    parts: tuple[Part, ...]
    window: int = 0
    reply: int = 0
    compact_at: int = 0
    compactions: int = 0

    @property
    def used(self) -> int:
        return sum(part.tokens for part in self.parts)

    @property
    def free(self) -> int:
        """What may still be said."""
        return max(self.window - self.reply - self.used, 0)


def use_of(budget: Budget, conversation: Mapping[str, int], compactions: int) -> Use:
    """The use of a window whose conversation takes the tokens of ``conversation``, by part."""
    share, settings, fixed = budget.share, budget.settings, budget.fixed
    parts = (
        Part("instructions", fixed.instructions),
        Part("tools", fixed.tools, budget.tools),
        Part("examples", fixed.examples, budget.examples),
        Part("project", fixed.project, budget.project),
        Part("recap", conversation["recap"], share(settings.recap)),
        Part("requests", conversation["requests"], share(settings.requests)),
        Part("student", conversation["student"]),
        Part("results", conversation["results"]),
    )
    compact_at = fixed.total + budget.compact_at
    return Use(parts, budget.window, budget.reply, compact_at, compactions)
