"""Spherical k-means: clusters of vectors by their direction.

Invariant: the same vectors, number and seed give the same clusters, on one build of numpy.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from training.curation.base import Numbers, Vectors

ROUNDS = 12
SAMPLE = 128
"""Vectors per cluster that centroids are fitted to; more change little."""
_BLOCK = 8192


def spherical_clusters(vectors: "Vectors", clusters: int, seed: int = 0) -> "tuple[Numbers, Vectors]":
    """The cluster of each of ``vectors`` (rows of length 1), and the centroids (of length 1)."""
    import numpy as np

    random = np.random.default_rng(seed)
    clusters = max(1, min(clusters, len(vectors)))
    drawn = np.sort(random.permutation(len(vectors))[: clusters * SAMPLE])
    sample = vectors[drawn]
    centroids = sample[np.sort(random.permutation(len(sample))[:clusters])].copy()
    for _ in range(ROUNDS):
        nearest = assigned(sample, centroids)
        moved = _centroids(sample, nearest, centroids)
        if np.allclose(moved, centroids, atol=1e-4):
            break
        centroids = moved
    return assigned(vectors, centroids), centroids


def assigned(vectors: "Vectors", centroids: "Vectors") -> "Numbers":
    """The nearest centroid of each."""
    import numpy as np

    found = np.empty(len(vectors), np.intp)
    for start in range(0, len(vectors), _BLOCK):
        found[start : start + _BLOCK] = (vectors[start : start + _BLOCK] @ centroids.T).argmax(axis=1)
    return found


def _centroids(sample: "Vectors", nearest: "Numbers", before: "Vectors") -> "Vectors":
    """The directions of the means; an empty cluster stays where it was."""
    import numpy as np

    order = np.argsort(nearest, kind="stable")
    used, starts = np.unique(nearest[order], return_index=True)
    sums = np.add.reduceat(sample[order], starts, axis=0)
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    moved = before.copy()
    moved[used] = np.where(lengths > 0, sums / np.where(lengths > 0, lengths, 1), before[used])
    return moved
