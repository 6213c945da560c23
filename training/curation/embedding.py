"""Decisions as vectors: what was asked by its meaning, what is called by its letters.

Invariant: the cosine of two decisions is that of their requests times a share, and that of their calls times
the rest. Calls are always compared by letters, as paths and code have no meaning to speak of.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from training.curation.base import Embedder, Row
from training.curation.engine import LOCAL, Engine
from training.curation.grams import HashedGrams
from training.curation.texts import call_text, request_text

if TYPE_CHECKING:
    from training.curation.base import Vectors

SAME = 0.3
"""Share of the request where duplicates are sought: what names another file is never a duplicate at 0.95, and
of two requests with one call those are from a cosine of 0.83 on."""
ABOUT = 0.7
"""Share of the request where decisions are gathered by what they are about."""
LETTERS = "letters"
"""The embedder that needs no model."""
STATIC = "static"
"""The one whose table of word pieces comes with the program."""
WITHOUT_MODEL = frozenset({LETTERS, STATIC})
MINILM = "minilm"
_BLOCK = 4096


def embed_decisions(
    decisions: Sequence[Row],
    embedder: Embedder | None = None,
    share: float = SAME,
    engine: Engine = LOCAL,
) -> "Vectors":
    """A row of length 1 for each decision; of zeros where it says nothing. ``share`` is the request's, and
    the embedder ``static`` where none is given. Raises CurationError."""
    import numpy as np

    requests, calls = [request_text(row) for row in decisions], [call_text(row) for row in decisions]
    starts = range(0, max(1, len(decisions)), _BLOCK)
    parts = ((requests[at : at + _BLOCK], calls[at : at + _BLOCK]) for at in starts)
    embed = partial(_embedded, embedder=embedder or embedder_of(STATIC), share=share)
    return np.concatenate(engine.map(embed, parts))


def _embedded(texts: tuple[list[str], list[str]], embedder: Embedder, share: float) -> "Vectors":
    """Of requests, and of calls."""
    import numpy as np

    asked, called = embedder.embed(texts[0]), HashedGrams(size=128).embed(texts[1])
    both = np.concatenate([asked * np.float32(share**0.5), called * np.float32((1 - share) ** 0.5)], axis=1)
    return normal(both)


def normal(vectors: "Vectors") -> "Vectors":
    """Rows of length 1; zeros stay."""
    import numpy as np

    made = np.ascontiguousarray(vectors, np.float32)
    lengths = np.linalg.norm(made, axis=1, keepdims=True)
    return (made / np.where(lengths > 0, lengths, 1)).astype(np.float32, copy=False)


def embedder_of(name: str, cache: Path | None = None) -> Embedder:
    """``letters``, ``static``, ``minilm``, or what sentence-transformers loads by that name or path.

    ``cache`` is a folder in which vectors of models are kept by content. Raises CurationError.
    """
    if name == LETTERS:
        return HashedGrams()
    if name == STATIC:
        from training.vectors.static_words import StaticWords

        return StaticWords()
    from training.curation.sentences import Sentences
    from training.curation.vector_cache import Cached

    model = Sentences.minilm() if name == MINILM else Sentences(name)
    return Cached(model, cache) if cache is not None else model
