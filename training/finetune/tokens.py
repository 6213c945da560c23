"""What is needed of a vocabulary to render examples."""

from collections.abc import Sequence
from typing import Protocol

from tools.protocol.render import Segment, TemplateSource


class Tokens(Protocol):
    """Fulfilled by ``training.student.vocabulary.Vocabulary``."""

    template: TemplateSource
    end: int

    def tokenize(self, text: str, *, control: bool = False) -> list[int]: ...

    def tokenize_segments(self, segments: Sequence[Segment]) -> list[int]: ...
