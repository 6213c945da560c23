"""Prompts evaluated with as little work as possible: from the live cache, from memory, from disk.

A prompt begins with a prefix (instructions, tools, examples) that many prompts share. Its state is saved
when it is evaluated first. Where the live cache changes hands, what it held is saved too, so that a title or
another set of tools between two turns costs neither of them anything.

Saved states and not llama.cpp's sequences: a copy of 300 tokens of the embedded student takes 0.4 ms, keeps
the window and the speed of attention to the prompt under way, and can go to disk as it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

from training.student.base import Kind
from training.student.engine import Engine, common
from training.student.kv_state import KvState, Shelf
from training.student.prefix_files import PrefixFiles
from training.student.rendering import Rendered

WORTH_RESTORING = 8
"""Tokens that a saved state has to spare; fewer are evaluated as fast."""


@dataclass(frozen=True)
class _Owner:
    """Whose the live cache is."""

    kind: Kind
    identity: str
    prefix: tuple[int, ...]


class Prefixes:
    """The saved states of one engine. Each kind of prompt has a shelf of ``budget`` bytes of its own, so
    that none evicts another's."""

    def __init__(self, engine: Engine, budget: int, files: PrefixFiles | None = None) -> None:
        self._engine = engine
        self._files = files
        self._shelves = {kind: Shelf(budget) for kind in get_args(Kind)}
        self._owner: _Owner | None = None

    @property
    def size(self) -> int:
        """Bytes of the states in memory."""
        return sum(shelf.size for shelf in self._shelves.values())

    def evaluate(self, prompt: Rendered, kind: Kind, *, lasting: bool = False) -> int:
        """Make the engine hold exactly the prompt; how many of its tokens needed no evaluation.

        ``lasting`` keeps the prefix on disk. Raises Cancelled or EngineError.
        """
        owner = _Owner(kind, self._engine.identity, prompt.prefix)
        if owner != self._owner:
            self.park()
            self._owner = owner
        self._restore(owner, prompt.tokens)
        known = common(self._engine.tokens, prompt.tokens)
        if known < len(prompt.prefix):
            self._engine.evaluate(prompt.prefix)
            self._keep(owner, lasting=lasting)
        self._engine.evaluate(prompt.tokens)
        return min(known, len(prompt.tokens) - 1)

    def park(self) -> None:
        """Save what the live cache holds before somebody else gets it or it is emptied.

        Only what goes beyond the prefix, which is saved already; and not of a model that cannot forget a
        part, because a whole conversation is of no use to the next turn there.
        """
        owner, engine = self._owner, self._engine
        longer = owner is not None and len(engine.tokens) > len(owner.prefix) + WORTH_RESTORING
        if owner and longer and engine.can_forget:
            self._shelves[owner.kind].put(owner, engine.save())
        self._owner = None

    def _restore(self, owner: _Owner, tokens: Sequence[int]) -> None:
        """Put the saved state that spares the most into the live cache, if it spares anything."""
        live = common(self._engine.tokens, tokens) + WORTH_RESTORING
        saved = self._shelves[owner.kind].get(owner)
        if not self._spares(saved, tokens, live) and len(owner.prefix) > live and self._files:
            saved = self._files.load(owner.identity, owner.prefix)
            if saved:
                self._shelves[owner.kind].put(owner, saved)
        if saved and self._spares(saved, tokens, live):
            self._engine.restore(saved)

    def _spares(self, state: KvState | None, tokens: Sequence[int], live: int) -> bool:
        if state is None:
            return False
        shared = common(state.tokens, tokens)
        return shared > live and (self._engine.can_forget or shared == len(state.tokens))

    def _keep(self, owner: _Owner, *, lasting: bool) -> None:
        """Save the prefix, which is all that the live cache holds now.

        What has a kind of its own is the program's own text, so it comes again in the next process.
        """
        state = self._engine.save()
        self._shelves[owner.kind].put(owner, state)
        if self._files and (lasting or owner.kind != "agent"):
            self._files.save(owner.identity, state)
