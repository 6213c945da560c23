"""A second look, by a model, at those pairs of decisions about which the first pass is in doubt.

Invariant: a request is embedded only where one of its pairs lies in the band around the threshold; outside
of the band the first pass decides alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from training.curation.base import Embedder, Row
from training.curation.embedding import embed_decisions

if TYPE_CHECKING:
    from training.curation.base import Numbers, Vectors

SURE = 0.92
"""Cosine by MiniLM from which on two decisions say the same."""
DOUBT = 0.2
"""On both sides of the threshold: paraphrases of one call are below it, what only looks alike is above."""
_CERTAIN = 1 - 1e-5
_BLOCK = 1024


@dataclass(frozen=True)
class SecondLook:
    """``threshold`` is for the cosine of ``embedder``; ``doubt`` is half the width of the band."""

    embedder: Embedder
    threshold: float = SURE
    doubt: float = DOUBT

    def at(
        self, first: "Vectors", threshold: float, decisions: Sequence[Row], clusters: "Sequence[Numbers]"
    ) -> "SecondCosines":
        """Embed what is in doubt among those that are compared, which are the places of each cluster.

        Takes time with the square of a cluster. Raises CurationError.
        """
        import numpy as np

        low, high = _band(threshold, self.doubt)
        found = [places[_doubtful(first[places], low, high)] for places in clusters]
        places = np.concatenate([np.empty(0, np.intp), *found])
        vectors = embed_decisions([decisions[place] for place in places], self.embedder)
        rows = np.full(len(first), -1)
        rows[places] = np.arange(len(places))
        return SecondCosines(first, vectors, rows, self.threshold, self.doubt)


@dataclass(frozen=True)
class SecondCosines:
    """``rows`` is where a decision is among the ``second`` vectors, -1 where it was not looked at again;
    ``sure`` and ``doubt`` as in ``SecondLook``."""

    first: "Vectors"
    second: "Vectors"
    rows: "Numbers"
    sure: float
    doubt: float

    def part(self, places: "Numbers") -> "SecondCosines":
        """Of some decisions only."""
        import numpy as np

        rows = self.rows[places]
        looked = rows >= 0
        new = np.where(looked, np.cumsum(looked) - 1, -1)
        return SecondCosines(self.first[places], self.second[rows[looked]], new, self.sure, self.doubt)

    def of(self, threshold: float) -> "Callable[[Numbers, Numbers], Vectors]":
        """Gives the cosines of some (rows) with others, on the scale of the first: where the second look
        decides, its own are moved so that ``threshold`` is for both, to at most 1.
        """
        import numpy as np

        low, high = _band(threshold, self.doubt)
        shift = np.float32(threshold - self.sure)

        def between(some: "Numbers", others: "Numbers") -> "Vectors":
            found: Vectors = self.first[some] @ self.first[others].T
            mine, theirs = self.rows[some], self.rows[others]
            doubt = (found >= low) & (found < high) & (mine >= 0)[:, None] & (theirs >= 0)
            if doubt.any():
                found = np.where(
                    doubt, np.minimum(self.second[mine] @ self.second[theirs].T + shift, 1), found
                )
            return found

        return between


def _band(threshold: float, doubt: float) -> tuple[float, float]:
    """What is equal by the first pass is never in doubt."""
    return threshold - doubt, min(threshold + doubt, _CERTAIN)


def _doubtful(vectors: "Vectors", low: float, high: float) -> "Numbers":
    """The rows that are in doubt with another one."""
    import numpy as np

    found = np.zeros(len(vectors), bool)
    for start in range(0, len(vectors), _BLOCK):
        cosines = vectors[start : start + _BLOCK] @ vectors.T
        found[start : start + _BLOCK] = ((cosines >= low) & (cosines < high)).any(axis=1)
    return np.flatnonzero(found)
