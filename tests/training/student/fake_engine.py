"""An engine without a model: a token per byte, and a count of what was evaluated."""

from collections.abc import Sequence

from tools.protocol.render import TemplateSource
from training.student.engine import common
from training.student.kv_state import KvState

BYTES_PER_TOKEN = 10


class FakeEngine:
    """What ``Prefixes`` and ``Renderer`` use of an ``Engine``."""

    def __init__(self, *, can_forget: bool = True) -> None:
        self.identity = "base"
        self.can_forget = can_forget
        self.template = TemplateSource()
        self.vocabulary = self
        self.tokens: list[int] = []
        self.evaluated = 0
        self.tokenized: list[str] = []

    def tokenize(self, text: str, *, control: bool = False) -> list[int]:
        self.tokenized.append(text)
        return [byte + 1000 if control else byte for byte in text.encode()]

    def evaluate(self, tokens: Sequence[int]) -> int:
        kept = min(common(self.tokens, tokens), len(tokens) - 1)
        if kept < len(self.tokens) and not self.can_forget:
            kept = 0
        self.evaluated += len(tokens) - kept
        self.tokens = list(tokens)
        return kept

    def forget(self) -> None:
        self.tokens = []

    def save(self) -> KvState:
        return KvState(tuple(self.tokens), b"x" * BYTES_PER_TOKEN * len(self.tokens))

    def restore(self, state: KvState) -> None:
        assert len(state.data) == BYTES_PER_TOKEN * len(state.tokens)
        self.tokens = list(state.tokens)
