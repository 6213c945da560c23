"""SemDeDup: leaves out decisions that say what another one says (arXiv 2303.09540).

Compared are decisions of which the same call is right (``texts.group_of``). A group of up to ``EXACT`` is
compared whole; a larger one by clusters of spherical k-means. In each, whoever is farthest from the centroid
is looked at first and stays. Unlike in the paper, a decision is left out only for one that stays.

Invariant: the result is in the order given, and the same for the same decisions, settings and seed.
"""

import asyncio
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from training.curation.base import CurationError, Embedder, Row
from training.curation.comparison import Comparison, Found
from training.curation.embedding import embed_decisions
from training.curation.engine import LOCAL, Engine
from training.curation.second_look import SecondLook
from training.curation.spherical import spherical_clusters
from training.curation.texts import group_of, tool_of

if TYPE_CHECKING:
    from training.curation.base import Numbers, Vectors

Decision = TypeVar("Decision", bound=Row)

EXACT = 20_000
PER_CLUSTER = 400
"""Decisions in a cluster, on average."""


class SemDeDup:
    """``similarity_threshold`` is the cosine from which on one of two decisions is left out.

    ``floor`` decisions of each tool stay, where there are as many. ``keep`` names decisions (``event_id``)
    that a person wants to stay whatever they are like. ``second`` decides where the first pass is in doubt.
    ``engine`` is where it is computed.
    """

    def __init__(
        self,
        similarity_threshold: float = 0.95,
        *,
        floor: int = 5,
        keep: Collection[str] = (),
        embedder: Embedder | None = None,
        second: SecondLook | None = None,
        exact: int = EXACT,
        seed: int = 0,
        engine: Engine = LOCAL,
    ) -> None:
        if not 0 < similarity_threshold <= 1:
            raise CurationError(
                f"the similarity threshold is {similarity_threshold}; give more than 0, up to 1"
            )
        self._threshold = similarity_threshold
        self._floor = floor
        self._keep = frozenset(keep)
        self._embedder = embedder
        self._second = second
        self._exact = exact
        self._seed = seed
        self._engine = engine

    async def deduplicate(
        self, raw_decisions: Sequence[Decision], embeddings: "Vectors | None" = None
    ) -> tuple[list[Decision], dict[str, Any]]:
        """Those that stay, and what became of all of them:

        ``{"decisions", "kept", "reduction_rate", "threshold", "floored",
        "tools": {tool: {"decisions", "kept"}}, "clusters": [{"group", "decisions", "kept"}],
        "second_look", "dropped": [{"event_id", "duplicate_of", "similarity"}]}``; a decision without an
        ``event_id`` is named by its place, ``second_look`` says how many were looked at again, and where that
        decided, the similarity is on the scale of the first. The event loop is not held meanwhile. Raises
        CurationError.
        """
        return await asyncio.to_thread(self._deduplicate, raw_decisions, embeddings)

    def _deduplicate(
        self, decisions: Sequence[Decision], embeddings: "Vectors | None"
    ) -> tuple[list[Decision], dict[str, Any]]:
        compared = self.compared(decisions, embeddings)
        found = compared.duplicates(self._threshold, self._floor, self._keep, self._engine)
        left = set(found.dropped.tolist())
        kept = [one for place, one in enumerate(decisions) if place not in left]
        return kept, self._stats(decisions, compared, found)

    def compared(self, decisions: Sequence[Row], embeddings: "Vectors | None" = None) -> Comparison:
        """The decisions made ready to be compared at any threshold. Raises CurationError."""
        vectors = embeddings
        if vectors is None:
            vectors = embed_decisions(decisions, self._embedder, engine=self._engine)
        if len(vectors) != len(decisions):
            raise CurationError(
                f"{len(decisions)} decisions have {len(vectors)} embeddings; give one for each"
            )
        clusters = list(self._clusters(decisions, vectors))
        again = self._second.at(vectors, self._threshold, decisions, clusters) if self._second else None
        names = [str(row.get("event_id") or place) for place, row in enumerate(decisions)]
        return Comparison(names, [tool_of(row) for row in decisions], vectors, clusters, again)

    def _clusters(self, decisions: Sequence[Row], vectors: "Vectors") -> "Iterator[Numbers]":
        """The places of decisions that are compared with each other, without those that say nothing."""
        import numpy as np

        groups: dict[str, list[int]] = {}
        says = np.abs(vectors).sum(axis=1)
        for place, row in enumerate(decisions):
            if says[place]:
                groups.setdefault(group_of(row), []).append(place)
        for group in sorted(groups):
            places = np.array(groups[group])
            if len(places) <= self._exact:
                yield places
                continue
            found, _ = spherical_clusters(vectors[places], len(places) // PER_CLUSTER, self._seed)
            order = np.argsort(found, kind="stable")
            ends = np.flatnonzero(np.diff(found[order])) + 1
            yield from np.split(places[order], ends)

    def _stats(self, decisions: Sequence[Row], compared: Comparison, found: Found) -> dict[str, Any]:
        before = Counter(compared.tools)
        names, owner, left = compared.names, found.owner, found.dropped.tolist()
        gone = Counter(compared.tools[place] for place in left)
        return {
            "decisions": len(decisions),
            "kept": len(decisions) - len(left),
            "reduction_rate": len(left) / len(decisions) if decisions else 0.0,
            "threshold": self._threshold,
            "floored": found.held,
            "second_look": len(compared.again.second) if compared.again else 0,
            "tools": {
                tool: {"decisions": before[tool], "kept": before[tool] - gone[tool]}
                for tool in sorted(before)
            },
            "clusters": [
                {
                    "group": group_of(decisions[places[0]]),
                    "decisions": len(places),
                    "kept": int((owner[places] == places).sum()),
                }
                for places in compared.clusters
            ],
            "dropped": [
                {
                    "event_id": names[place],
                    "duplicate_of": names[owner[place]],
                    "similarity": round(float(found.cosine[place]), 4),
                }
                for place in left
            ],
        }
