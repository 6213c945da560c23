"""Texts by their meaning: a new one is compared with all others, exactly.

Invariant: memory grows by the size of one embedding, and of the text, each; a comparison takes time in
proportion to how many there are, 2 ms at 20,000 embeddings of 384 numbers.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from training.generation.base import GenerationError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vector = NDArray[np.float32]

Embed = Callable[[str], Sequence[float]]
_FIRST = 256


class Meanings:
    """``bound`` is the least cosine that counts."""

    def __init__(self, embed: Embed, bound: float) -> None:
        self._embed = embed
        self._bound = bound
        self._texts: list[str] = []
        self._room: Vector | None = None
        self._last: tuple[str, Vector] | None = None

    def find(self, text: str) -> tuple[str, float] | None:
        """The nearest text with its cosine, where that reaches the bound."""
        if self._room is None:
            return None
        cosines = self._room[: len(self._texts)] @ self._vector(text)
        best = int(cosines.argmax())
        return (self._texts[best], float(cosines[best])) if cosines[best] >= self._bound else None

    def add(self, text: str) -> None:
        import numpy as np

        vector = self._vector(text)
        if self._room is None:
            self._room = np.zeros((_FIRST, vector.size), np.float32)
        elif len(self._texts) == len(self._room):
            self._room = np.concatenate([self._room, np.zeros_like(self._room)])
        self._room[len(self._texts)] = vector
        self._texts.append(text)

    def _vector(self, text: str) -> "Vector":
        """Of length 1; that of the last text is kept, because what is not found is added."""
        import numpy as np

        if self._last is None or self._last[0] != text:
            vector = np.asarray(self._embed(text), np.float32)
            self._last = text, vector / np.float32(np.linalg.norm(vector) or 1.0)
        return self._last[1]


def embedder(name: str) -> Embed:
    """``minilm``, or what else ``embedder_of`` of curation knows. Raises GenerationError."""
    from training.curation.base import CurationError
    from training.curation.embedding import WITHOUT_MODEL, embedder_of

    try:
        model = embedder_of(name)
    except CurationError as error:
        raise GenerationError(f"{error}, or set generation.same_meaning to 1") from None
    if name not in WITHOUT_MODEL:
        import torch

        # One text at a time: several threads wait for one another longer than they work.
        torch.set_num_threads(1)
    return lambda text: model.embed([text])[0]
