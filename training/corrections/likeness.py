"""How like a request is to others, word by word: each word finds the one that is most like it.

Two words are alike by their meaning (the table of word pieces) or by their letters (runs of three), whichever
says more; rare words count more. The likeness is the harmonic mean of the share of the request that the other
covers and the share of the other that the request covers: neither may say much that the other does not.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from training.corrections.wording import LIGHT, Wording

if TYPE_CHECKING:
    from training.curation.base import Numbers, Vectors

RARE = 180.0
"""The weight from which on a word is a name rather than a word: nginx, cargo, src; not config or server."""
COVERED = 0.4
"""The likeness from which on two words may mean the same."""
SAME = 0.7
"""The likeness from which on they are forms of one word."""


class Wordings:
    """Several requests, to be compared with others. Takes the table of word pieces into memory (3 MB)."""

    def __init__(self, wordings: Sequence[Wording]) -> None:
        import numpy as np

        from training.vectors.static_words import StaticWords

        self._table = StaticWords()
        self._words = list(dict.fromkeys(word for one in wordings for word in one.words))
        place = {word: at for at, word in enumerate(self._words)}
        self._of = [np.array([place[word] for word in one.words], np.intp) for one in wordings]
        self._vectors, self._weights = self._table.weighed(self._words)
        self._runs = [_runs(word) for word in self._words]
        self._having: dict[str, list[int]] = defaultdict(list)
        for at, runs in enumerate(self._runs):
            for run in runs:
                self._having[run].append(at)

    def compared(self, wanted: Wording) -> "Compared":
        """``wanted`` against each of them."""
        vectors, weights = self._table.weighed(wanted.words)
        return Compared(wanted, self._alike(wanted.words, vectors), weights, self._of, self._weights)

    def _alike(self, words: Sequence[str], vectors: "Vectors") -> "Vectors":
        """A row for each of ``words``, a column for each known word."""
        import numpy as np

        alike: Vectors = np.clip(vectors @ self._vectors.T, 0.0, 1.0)
        for row, word in enumerate(words):
            runs = _runs(word)
            shared: dict[int, int] = defaultdict(int)
            for run in runs:
                for at in self._having.get(run, ()):
                    shared[at] += 1
            for at, count in shared.items():
                letters = count / math.sqrt(len(runs) * len(self._runs[at]))
                alike[row, at] = 0.0 if _opposed(word, self._words[at]) else max(alike[row, at], letters)
        return alike


class Compared:
    """One request against several. ``alike`` has a row for each of its words and a column for each known."""

    def __init__(
        self,
        wanted: Wording,
        alike: "Vectors",
        weights: "Vectors",
        of: "Sequence[Numbers]",
        known_weights: "Vectors",
    ) -> None:
        self._wanted, self._alike, self._weights = wanted, alike, weights
        self._of, self._known_weights = of, known_weights

    def likeness(self, index: int) -> float:
        """Of the request with that index, 0 to 1."""
        columns = self._of[index]
        if not len(columns) or not len(self._weights):
            return 0.0
        alike, weights = self._alike[:, columns], self._known_weights[columns]
        ours = float(alike.max(axis=1) @ self._weights / max(self._weights.sum(), 1e-6))
        theirs = float(alike.max(axis=0) @ weights / max(weights.sum(), 1e-6))
        return 2 * ours * theirs / (ours + theirs) if ours + theirs else 0.0

    def differs(self, indices: Sequence[int]) -> bool:
        """Whether something is named or done that none of these requests has a word for.

        That is a rare word, an act, a word of a place, or all but a verb that goes with everything (run).
        """
        import numpy as np

        wanted, columns = self._wanted, np.concatenate([self._of[index] for index in indices])
        best = self._alike[:, columns].max(axis=1) if len(columns) else np.zeros(len(self._weights))
        covered = {word for word, found in zip(wanted.words, best, strict=True) if found >= COVERED}
        if covered < set(wanted.words) and covered <= LIGHT:
            return True
        return any(
            found < (SAME if word in wanted.acts else COVERED)
            and (weight >= RARE or word in wanted.placed or word in wanted.acts)
            for word, weight, found in zip(wanted.words, self._weights, best, strict=True)
        )


def _opposed(one: str, other: str) -> bool:
    """Whether one word denies the other: uncommitted, commits."""
    if one.startswith("un") == other.startswith("un"):
        return False
    denied, plain = (one[2:], other) if one.startswith("un") else (other[2:], one)
    return len(denied) > 3 and denied[:4] == plain[:4]


def _runs(word: str) -> frozenset[str]:
    padded = f" {word} "
    return frozenset(padded[at : at + 3] for at in range(len(padded) - 2))
