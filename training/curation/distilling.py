"""Makes the table of static words: ``python -m training.curation.distilling``, a minute on 2 cores.

Needs the extras ``train`` and ``minilm``. The same weights give the same table up to rounding.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.curation.sentences import Sentences
from training.vectors.static_words import TABLE

if TYPE_CHECKING:
    from training.curation.base import Vectors

SIZE = 128
"""Numbers of a vector, each in a byte."""


def distil(path: Path) -> None:
    """Write the table. Raises CurationError."""
    import numpy as np

    model = Sentences.minilm()
    vocabulary = model.vocabulary()
    said = model.embed([piece.removeprefix("##") for piece in vocabulary])
    path.parent.mkdir(parents=True, exist_ok=True)
    letters = np.frombuffer("\n".join(vocabulary).encode("utf-8"), np.uint8)
    content: dict[str, Any] = {"vectors": _in_bytes(_reduced(said)), "vocabulary": letters}
    np.savez_compressed(path, **content)


def _reduced(said: "Vectors") -> "Vectors":
    """Their main components, each row weighted by the logarithm of its rank, as words go by Zipf's law."""
    import numpy as np

    centred = said - said.mean(axis=0)
    _, _, components = np.linalg.svd(centred, full_matrices=False)
    ranks = np.arange(2, len(said) + 2)
    found: Vectors = (centred @ components[:SIZE].T) * np.log(ranks)[:, None]
    return found


def _in_bytes(vectors: "Vectors") -> Any:
    import numpy as np

    return np.round(vectors * (127 / np.abs(vectors).max())).astype(np.int8)


if __name__ == "__main__":
    distil(Path(sys.argv[1]) if len(sys.argv) > 1 else TABLE)
