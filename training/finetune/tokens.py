"""What is needed of a vocabulary to render examples."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol

from tools.protocol.render import Segment, TemplateSource


class Tokens(Protocol):
    """Fulfilled by ``training.student.vocabulary.Vocabulary``."""

    template: TemplateSource
    end: int

    def tokenize(self, text: str, *, control: bool = False) -> list[int]: ...

    def tokenize_segments(self, segments: Sequence[Segment]) -> list[int]: ...


_KEPT = 4096


class RecentTokens:
    """Fulfils ``Tokens``; what was tokenised lately is not tokenised again: examples repeat their tools."""

    def __init__(self, tokens: Tokens) -> None:
        self.template, self.end = tokens.template, tokens.end
        self._kept = lru_cache(_KEPT)(lambda text, control: tuple(tokens.tokenize(text, control=control)))

    def tokenize(self, text: str, *, control: bool = False) -> list[int]:
        return list(self._kept(text, control))

    def tokenize_segments(self, segments: Sequence[Segment]) -> list[int]:
        return [token for part in segments for token in self._kept(part.text, part.control)]
