"""Vectors on a plane, so that what is alike lies together.

Invariant: the same vectors and seed give the same places, on one build of the libraries.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from training.curation.base import Vectors

FEW = 30
"""Vectors up to which neighbourhoods say nothing."""


def projected(vectors: "Vectors", seed: int = 0) -> "Vectors":
    """Two coordinates of each, 0 to 1: by t-SNE where scikit-learn is installed, else by principal axes."""
    import numpy as np

    axes = _principal(vectors)
    if len(vectors) > FEW:
        try:
            from sklearn.manifold import TSNE

            near = min(30.0, (len(vectors) - 1) / 3)
            axes = TSNE(2, perplexity=near, init="pca", random_state=seed).fit_transform(vectors)
        except ImportError:
            pass
    low, high = (axes.min(axis=0), axes.max(axis=0)) if len(axes) else (0, 0)
    wide = np.asarray(high - low)
    return ((axes - low) / np.where(wide > 0, wide, 1)).astype(np.float32)


def _principal(vectors: "Vectors") -> "Vectors":
    import numpy as np

    if not len(vectors):
        return np.empty((0, 2), np.float32)
    centred = vectors - vectors.mean(axis=0)
    _, directions = np.linalg.eigh(centred.T @ centred)
    return np.asarray(centred @ directions[:, :-3:-1], np.float32)
