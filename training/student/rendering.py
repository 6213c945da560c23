"""Conversations as the tokens of one model, with the part that they share with others.

Invariant: the tokens are those of each rendered segment on its own, so that text from a person or a file
never merges with the template around it.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from tools.protocol.messages import Conversation, Message
from tools.protocol.render import Segment, render
from training.student.engine import Engine, common

HEADS = 16
SEGMENTS = 1024
LONGEST_KEPT = 4096
"""Characters of a segment above which its tokens are not kept."""


@dataclass(frozen=True)
class Rendered:
    """A prompt's tokens, and those that it shares with every prompt of its instructions and tools."""

    tokens: Sequence[int]
    prefix: tuple[int, ...]


class Renderer:
    """For one engine. What was tokenised lately is not tokenised again."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._heads: deque[tuple[Conversation, tuple[int, ...]]] = deque(maxlen=HEADS)
        self._kept = lru_cache(maxsize=SEGMENTS)(self._tokenize)

    def rendered(self, conversation: Conversation) -> Rendered:
        """The prompt up to where the student writes. Raises tools.protocol.render.TemplateError."""
        tokens = self._tokens(conversation)
        prefix = self._prefix(replace(conversation, messages=(), hint=None))
        return Rendered(tokens, prefix[: common(prefix, tokens)])

    def head(self, conversation: Conversation) -> Rendered:
        """What every prompt with the instructions and tools of ``conversation`` begins with."""
        prefix = self._prefix(replace(conversation, messages=(), hint=None))
        return Rendered(prefix, prefix)

    def _prefix(self, head: Conversation) -> tuple[int, ...]:
        """What is the same whatever the person says first."""
        for known, prefix in self._heads:
            if known == head:
                return prefix
        one, other = (self._tokens(replace(head, messages=(Message("user", text),))) for text in "ab")
        prefix = tuple(one[: common(one, other)])
        self._heads.append((head, prefix))
        return prefix

    def _tokens(self, conversation: Conversation) -> list[int]:
        segments = render(conversation, self._engine.vocabulary.template)
        return [token for segment in segments for token in self._of(segment)]

    def _of(self, segment: Segment) -> Sequence[int]:
        short = len(segment.text) <= LONGEST_KEPT
        return self._kept(segment) if short else self._tokenize(segment)

    def _tokenize(self, segment: Segment) -> Sequence[int]:
        return self._engine.vocabulary.tokenize(segment.text, control=segment.control)
