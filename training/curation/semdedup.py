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
from training.curation.duplicates import near_duplicates
from training.curation.embedding import embed_decisions
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
    that a person wants to stay whatever they are like.
    """

    def __init__(
        self,
        similarity_threshold: float = 0.95,
        *,
        floor: int = 5,
        keep: Collection[str] = (),
        embedder: Embedder | None = None,
        exact: int = EXACT,
        seed: int = 0,
    ) -> None:
        if not 0 < similarity_threshold <= 1:
            raise CurationError(
                f"the similarity threshold is {similarity_threshold}; give more than 0, up to 1"
            )
        self._threshold = similarity_threshold
        self._floor = floor
        self._keep = frozenset(keep)
        self._embedder = embedder
        self._exact = exact
        self._seed = seed

    async def deduplicate(
        self, raw_decisions: Sequence[Decision], embeddings: "Vectors | None" = None
    ) -> tuple[list[Decision], dict[str, Any]]:
        """Those that stay, and what became of all of them:

        ``{"decisions", "kept", "reduction_rate", "threshold", "floored",
        "tools": {tool: {"decisions", "kept"}}, "clusters": [{"group", "decisions", "kept"}],
        "dropped": [{"event_id", "duplicate_of", "similarity"}]}``; a decision without an ``event_id`` is
        named by its place. The event loop is not held meanwhile. Raises CurationError.
        """
        return await asyncio.to_thread(self._deduplicate, raw_decisions, embeddings)

    def _deduplicate(
        self, decisions: Sequence[Decision], embeddings: "Vectors | None"
    ) -> tuple[list[Decision], dict[str, Any]]:
        import numpy as np

        vectors = embed_decisions(decisions, self._embedder) if embeddings is None else embeddings
        if len(vectors) != len(decisions):
            raise CurationError(
                f"{len(decisions)} decisions have {len(vectors)} embeddings; give one for each"
            )
        owner, cosine = np.arange(len(decisions)), np.ones(len(decisions), np.float32)
        clusters = []
        for group, places in self._clusters(decisions, vectors):
            found, likeness = near_duplicates(vectors[places], _farthest(vectors[places]), self._threshold)
            owner[places], cosine[places] = places[found], likeness
            clusters.append((group, places))
        floored = self._hold(decisions, owner, cosine)
        kept = [one for place, one in enumerate(decisions) if owner[place] == place]
        return kept, self._stats(decisions, owner, cosine, clusters, floored)

    def _clusters(self, decisions: Sequence[Row], vectors: "Vectors") -> "Iterator[tuple[str, Numbers]]":
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
                yield group, places
                continue
            found, _ = spherical_clusters(vectors[places], len(places) // PER_CLUSTER, self._seed)
            order = np.argsort(found, kind="stable")
            ends = np.flatnonzero(np.diff(found[order])) + 1
            for part in np.split(places[order], ends):
                yield group, part

    def _hold(self, decisions: Sequence[Row], owner: "Numbers", cosine: "Vectors") -> int:
        """Take back those that are to be kept, and for rare tools the least alike; how many."""
        back = {
            place
            for place, row in enumerate(decisions)
            if owner[place] != place and row.get("event_id") in self._keep
        }
        tools = [tool_of(row) for row in decisions]
        kept = Counter(tool for place, tool in enumerate(tools) if owner[place] == place or place in back)
        left = [place for place in range(len(tools)) if owner[place] != place and place not in back]
        for place in sorted(left, key=lambda one: (cosine[one], one)):
            if kept[tools[place]] < self._floor:
                kept[tools[place]] += 1
                back.add(place)
        owner[list(back)] = list(back)
        return len(back)

    def _stats(
        self,
        decisions: Sequence[Row],
        owner: "Numbers",
        cosine: "Vectors",
        clusters: "list[tuple[str, Numbers]]",
        floored: int,
    ) -> dict[str, Any]:
        before, after = Counter(map(tool_of, decisions)), Counter[str]()
        dropped = []
        for place, row in enumerate(decisions):
            if owner[place] == place:
                after[tool_of(row)] += 1
            else:
                said = {"event_id": _name(decisions, place), "duplicate_of": _name(decisions, owner[place])}
                dropped.append({**said, "similarity": round(float(cosine[place]), 4)})
        whole = len(decisions)
        return {
            "decisions": whole,
            "kept": whole - len(dropped),
            "reduction_rate": len(dropped) / whole if whole else 0.0,
            "threshold": self._threshold,
            "floored": floored,
            "tools": {tool: {"decisions": before[tool], "kept": after[tool]} for tool in sorted(before)},
            "clusters": [
                {"group": group, "decisions": len(places), "kept": int((owner[places] == places).sum())}
                for group, places in clusters
            ],
            "dropped": dropped,
        }


def _farthest(vectors: "Vectors") -> "Numbers":
    """The order of a cluster: farthest from its centroid first; of equals the first."""
    import numpy as np

    return np.argsort(np.round(vectors @ vectors.mean(axis=0), 6), kind="stable")


def _name(decisions: Sequence[Row], place: int) -> str:
    return str(decisions[place].get("event_id") or int(place))
