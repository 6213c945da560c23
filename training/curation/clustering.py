"""Decisions in clusters, by scikit-learn: k-means, DBSCAN, HDBSCAN.

Invariant: the same vectors, method and seed give the same clusters. What belongs to none is cluster -1.
"""

from typing import TYPE_CHECKING, Any, Literal

from training.curation.base import CurationError

if TYPE_CHECKING:
    from training.curation.base import Numbers, Vectors

Method = Literal["kmeans", "dbscan", "hdbscan"]
NOISE = -1
MANY = 50_000
"""Above, k-means learns from batches, because each round over all would take seconds."""
_BATCH = 8192
SILHOUETTE_OF = 2_000
"""Decisions that the silhouette is measured on; all would take time with their square."""


def clusters_of(
    vectors: "Vectors",
    method: Method = "kmeans",
    *,
    n_clusters: int = 10,
    distance: float = 0.3,
    seed: int = 0,
) -> "Numbers":
    """The cluster of each of ``vectors`` (rows of length 1).

    ``n_clusters`` is for k-means, ``distance`` (1 - cosine between neighbours) for DBSCAN. Raises
    CurationError where scikit-learn is missing.
    """
    import numpy as np

    if not len(vectors):
        return np.empty(0, np.intp)
    found: Numbers = np.asarray(_model(len(vectors), method, n_clusters, distance, seed).fit_predict(vectors))
    return found


def silhouette_of(vectors: "Vectors", clusters: "Numbers", seed: int = 0) -> float | None:
    """How well the clusters are apart, -1 to 1; None where there are not two."""
    import numpy as np

    inside = clusters != NOISE
    vectors, clusters = vectors[inside], clusters[inside]
    drawn = np.random.default_rng(seed).permutation(len(vectors))[:SILHOUETTE_OF]
    vectors, clusters = vectors[drawn], clusters[drawn]
    if not 2 <= len(np.unique(clusters)) < len(clusters):
        return None
    return float(_sklearn("metrics").silhouette_score(vectors, clusters))


def _model(count: int, method: Method, n_clusters: int, distance: float, seed: int) -> Any:
    found = _sklearn("cluster")
    if method == "kmeans":
        n_clusters = min(n_clusters, count)
        if count > MANY:
            return found.MiniBatchKMeans(n_clusters, batch_size=_BATCH, n_init=3, random_state=seed)
        return found.KMeans(n_clusters, n_init=4, random_state=seed)
    if method == "dbscan":
        # Of vectors of length 1 the distance is the root of twice 1 - cosine.
        return found.DBSCAN(eps=(2 * distance) ** 0.5, min_samples=min(5, count))
    return found.HDBSCAN(min_cluster_size=max(2, min(5, count)), copy=True)


def _sklearn(module: str) -> Any:
    from importlib import import_module

    try:
        return import_module(f"sklearn.{module}")
    except ImportError:
        from sandbox.packages import install_extra

        raise CurationError(f"clusters need scikit-learn: {install_extra('train')}") from None
