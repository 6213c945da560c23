"""What the parts of curation share: rows, vectors, what embeds, what goes wrong."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]
    Numbers = NDArray[np.intp]

Row = Mapping[str, Any]
"""A decision, as ``training.events.decisions`` gives it."""


class CurationError(Exception):
    """Curation cannot go on: one line, what, where, how to mend it."""


class Embedder(Protocol):
    """Turns texts into vectors. Vectors of embedders with one ``name`` may be compared."""

    @property
    def name(self) -> str:
        """Of the model and its version, fit for a file's name."""

    @property
    def size(self) -> int:
        """Numbers in a vector."""

    def embed(self, texts: Sequence[str]) -> "Vectors":
        """A row of length 1 for each text, or of zeros where it holds nothing. Raises CurationError."""
