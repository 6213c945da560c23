"""Texts as vectors by the pieces of three and of five bytes in them, hashed: no model, no meaning.

Invariant: the same text gives the same vector anywhere. It finds what is written alike (other numbers, names,
slips of the pen, other order), and no paraphrase. A million requests of 60 characters take seconds.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from training.generation.near import normalised

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from training.curation.base import Numbers, Vectors

    Letters = NDArray[np.uint64]
    Signs = NDArray[np.float64]

SIZES = (3, 5)
_FACTOR = 0x9E3779B97F4A7C15
_BLOCK_BYTES = 1 << 20


class HashedGrams:
    """Signed feature hashing: the cosine is right up to about one over the root of ``size``."""

    def __init__(self, size: int = 256) -> None:
        self.size = size

    @property
    def name(self) -> str:
        return f"letters-{self.size}"

    def embed(self, texts: Sequence[str]) -> "Vectors":
        import numpy as np

        found = np.zeros((len(texts), self.size), np.float32)
        for start, stop, contents in _blocks(texts):
            found[start:stop] = self._embedded(contents)
        return found

    def _embedded(self, contents: Sequence[bytes]) -> "Vectors":
        import numpy as np

        lengths = np.fromiter(map(len, contents), np.intp, len(contents))
        owners = np.repeat(np.arange(len(contents)), lengths)
        letters = np.frombuffer(b"".join(contents), np.uint8).astype(np.uint64)
        sums = np.zeros(len(contents) * self.size)
        for size in SIZES:
            places, signs = self._hashed(letters, owners, size)
            sums += np.bincount(places, signs, minlength=sums.size)
        made = sums.reshape(len(contents), self.size)
        norms = np.linalg.norm(made, axis=1, keepdims=True)
        return (made / np.where(norms > 0, norms, 1)).astype(np.float32)

    def _hashed(self, letters: "Letters", owners: "Numbers", size: int) -> "tuple[Numbers, Signs]":
        """Where each piece of ``size`` bytes within one text counts, and whether up or down."""
        import numpy as np

        count = max(len(letters) - size + 1, 0)
        codes: Letters = np.full(count, size, np.uint64)
        for offset in range(size):
            codes = codes * np.uint64(256) + letters[offset : offset + count]
        whole = owners[:count] == owners[size - 1 : size - 1 + count]
        codes = codes[whole] * np.uint64(_FACTOR)
        codes ^= codes >> np.uint64(29)
        codes *= np.uint64(_FACTOR)
        buckets = ((codes >> np.uint64(33)) % np.uint64(self.size)).astype(np.intp)
        signs = np.where(codes >> np.uint64(63), 1.0, -1.0)
        return owners[:count][whole] * self.size + buckets, signs


def _blocks(texts: Sequence[str]) -> "list[tuple[int, int, list[bytes]]]":
    """Stretches of the texts, of no more than about a megabyte, as bytes with a blank at both ends."""
    found: list[tuple[int, int, list[bytes]]] = []
    start, contents, held = 0, [], 0
    for place, text in enumerate(texts):
        said = normalised(text)
        contents.append(f" {said} ".encode("utf-8", "replace") if said else b"")
        held += len(contents[-1])
        if held >= _BLOCK_BYTES or len(contents) == 4096:
            found.append((start, place + 1, contents))
            start, contents, held = place + 1, [], 0
    if contents:
        found.append((start, len(texts), contents))
    return found
