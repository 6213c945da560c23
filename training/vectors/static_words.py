"""Texts as vectors by a table of word pieces that comes with the program: no model to run, and numpy alone.

Distilled from all-MiniLM-L6-v2 (Apache-2.0) as model2vec does it: what the model says of each piece alone,
reduced to its main components, common pieces weighted down by their rank (``training.curation.distilling``
makes the file). A text is the mean of its pieces. It knows paraphrases that letters miss, and not the order
of words. A word that no pieces make gets the row that its hash names: texts in unknown writing differ.
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import crc32

from training.vectors.word_pieces import WordPieces

if TYPE_CHECKING:
    from training.curation.base import Vectors

TABLE = Path(__file__).parent.parent / "data" / "static" / "minilm-pieces.npz"
_BLOCK = 4096


class StaticWords:
    """Fulfils ``Embedder``. The table is read once for all."""

    def __init__(self) -> None:
        self._vectors, self._pieces = _table()

    @property
    def name(self) -> str:
        return "static-minilm"

    @property
    def size(self) -> int:
        return int(self._vectors.shape[1])

    def __reduce__(self) -> tuple[type["StaticWords"], tuple[()]]:
        return StaticWords, ()

    def embed(self, texts: Sequence[str]) -> "Vectors":
        return self.weighed(texts)[0]

    def weighed(self, texts: Sequence[str]) -> "tuple[Vectors, Vectors]":
        """The vectors of texts, and how much each says: its length before, longer for rare words."""
        import numpy as np

        found = np.zeros((len(texts), self.size), np.float32)
        weights = np.zeros(len(texts), np.float32)
        for start in range(0, len(texts), _BLOCK):
            ids = [self._pieces.ids(text) for text in texts[start : start + _BLOCK]]
            lengths = np.fromiter(map(len, ids), np.intp, len(ids))
            held = np.flatnonzero(lengths)
            if not len(held):
                continue
            together = np.concatenate([np.asarray(some, np.intp) for some in ids if some])
            starts = np.concatenate([[0], np.cumsum(lengths[held])[:-1]])
            sums = np.add.reduceat(self._vectors[together].astype(np.float32), starts, axis=0)
            norms = np.linalg.norm(sums, axis=1, keepdims=True)
            found[start + held] = sums / np.where(norms > 0, norms, 1)
            weights[start + held] = norms[:, 0]
        return found, weights


@lru_cache(maxsize=1)
def _table() -> "tuple[Vectors, WordPieces]":
    import numpy as np

    with np.load(TABLE, allow_pickle=False) as file:
        vocabulary = bytes(file["vocabulary"]).decode("utf-8").split("\n")
        return file["vectors"], WordPieces(vocabulary, lambda word: crc32(word.encode()) % len(vocabulary))
