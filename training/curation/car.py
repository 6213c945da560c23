"""CaR: of clusters of decisions a few that stand for the rest (arXiv 2402.18191, Clustering and Ranking).

Two rules. ``per_cluster``: the best of each cluster, of equals those nearest to its centroid. ``ranked``, the
paper's: the same, and beside them the ``top`` best of all, whatever cluster they are in.

Invariant: the result is in the order given, and the same for the same decisions, settings and seed.
"""

import asyncio
from collections import Counter
from collections.abc import Collection, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from training.curation.base import CurationError, Embedder, Row
from training.curation.clustering import Method, clusters_of, silhouette_of
from training.curation.diversity import diversity_of
from training.curation.embedding import ABOUT, embed_decisions, normal
from training.curation.engine import LOCAL, Engine
from training.curation.lessons import quality_of
from training.curation.texts import tool_of

if TYPE_CHECKING:
    from training.curation.base import Numbers, Vectors

Decision = TypeVar("Decision", bound=Row)
Rule = Literal["per_cluster", "ranked"]


class CaR:
    """``top`` is for the rule ``ranked``. ``keep`` names decisions (``event_id``) that stay in any case.

    ``distance`` is for DBSCAN: 1 - cosine up to which two decisions are neighbours.
    """

    def __init__(
        self,
        n_clusters: int = 10,
        examples_per_cluster: int = 5,
        *,
        method: Method = "kmeans",
        rule: Rule = "per_cluster",
        top: int = 0,
        distance: float = 0.3,
        keep: Collection[str] = (),
        embedder: Embedder | None = None,
        seed: int = 0,
        engine: Engine = LOCAL,
    ) -> None:
        if n_clusters < 1 or examples_per_cluster < 1:
            raise CurationError(
                f"{n_clusters} clusters with {examples_per_cluster} examples each; give at least 1 of both"
            )
        self._n_clusters = n_clusters
        self._per_cluster = examples_per_cluster
        self._method: Method = method
        self._rule = rule
        self._top = top if rule == "ranked" else 0
        self._distance = distance
        self._keep = frozenset(keep)
        self._embedder = embedder
        self._seed = seed
        self._engine = engine

    async def select_representatives(
        self, deduplicated: Sequence[Decision], embeddings: "Vectors | None" = None
    ) -> tuple[list[Decision], dict[str, Any]]:
        """The representatives, and how they were chosen:

        ``{"decisions", "selected", "selection_rate", "method", "rule", "silhouette", "diversity",
        "clusters": [{"cluster", "decisions", "selected", "quality", "tools"}]}``. The event loop is not held
        meanwhile. Raises CurationError.
        """
        return await asyncio.to_thread(self._select, deduplicated, embeddings)

    def _select(
        self, decisions: Sequence[Decision], embeddings: "Vectors | None"
    ) -> tuple[list[Decision], dict[str, Any]]:
        import numpy as np

        if embeddings is None:
            vectors = embed_decisions(decisions, self._embedder, ABOUT, self._engine)
        else:
            vectors = normal(np.asarray(embeddings))
        if len(vectors) != len(decisions):
            raise CurationError(
                f"{len(decisions)} decisions have {len(vectors)} embeddings; give one for each"
            )
        clusters = clusters_of(
            vectors, self._method, n_clusters=self._n_clusters, distance=self._distance, seed=self._seed
        )
        quality = np.array([quality_of(row) for row in decisions])
        chosen = self._chosen(decisions, vectors, clusters, quality)
        return [decisions[place] for place in chosen], self._stats(
            decisions, vectors, clusters, quality, chosen
        )

    def _chosen(
        self, decisions: Sequence[Row], vectors: "Vectors", clusters: "Numbers", quality: "Vectors"
    ) -> "Numbers":
        import numpy as np

        found = {place for place, row in enumerate(decisions) if row.get("event_id") in self._keep}
        members = [np.flatnonzero(clusters == cluster) for cluster in np.unique(clusters)]
        parts = ((vectors[places], quality[places]) for places in members)
        best = self._engine.map(partial(_best, count=self._per_cluster), parts)
        for places, chosen in zip(members, best, strict=True):
            found.update(places[chosen].tolist())
        found.update(np.argsort(-quality, kind="stable")[: self._top].tolist())
        return np.array(sorted(found), np.intp)

    def _stats(
        self,
        decisions: Sequence[Row],
        vectors: "Vectors",
        clusters: "Numbers",
        quality: "Vectors",
        chosen: "Numbers",
    ) -> dict[str, Any]:
        import numpy as np

        tools = [tool_of(row) for row in decisions]
        shown = []
        for cluster in np.unique(clusters):
            places = np.flatnonzero(clusters == cluster)
            shown.append(
                {
                    "cluster": int(cluster),
                    "decisions": len(places),
                    "selected": int(np.isin(places, chosen).sum()),
                    "quality": round(float(quality[places].mean()), 4),
                    "tools": dict(Counter(tools[place] for place in places).most_common()),
                }
            )
        return {
            "decisions": len(decisions),
            "selected": len(chosen),
            "selection_rate": len(chosen) / len(decisions) if decisions else 0.0,
            "method": self._method,
            "rule": self._rule,
            "silhouette": silhouette_of(vectors, clusters, self._seed),
            "diversity": diversity_of(vectors, tools, chosen),
            "clusters": shown,
        }


def _best(cluster: "tuple[Vectors, Vectors]", count: int) -> "Numbers":
    """Of one cluster the best by their quality, of equals those nearest to the centroid."""
    import numpy as np

    vectors, quality = cluster
    near = vectors @ vectors.mean(axis=0)
    order = np.lexsort((np.arange(len(vectors)), -np.round(near, 6), -quality))
    found: Numbers = order[:count]
    return found
