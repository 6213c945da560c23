"""Decisions made ready to be compared, and compared at any threshold.

Invariant: the same comparison and threshold give the same duplicates; what is prepared once serves every
threshold, except that a second look decides only where it was made.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.curation.duplicates import near_duplicates
from training.curation.engine import LOCAL, Engine

if TYPE_CHECKING:
    from training.curation.base import Numbers, Vectors
    from training.curation.second_look import SecondCosines


@dataclass(frozen=True)
class Found:
    """``owner`` has for each decision the place of the one that it duplicates, its own where it stays;
    ``cosine`` how alike they are; ``held`` how many stay although they are duplicates."""

    owner: "Numbers"
    cosine: "Vectors"
    held: int

    @property
    def dropped(self) -> "Numbers":
        """The places of those that are left out."""
        import numpy as np

        return np.flatnonzero(self.owner != np.arange(len(self.owner)))


@dataclass(frozen=True)
class Comparison:
    """``names`` and ``tools`` of the decisions; ``clusters`` are the places that are compared together."""

    names: Sequence[str]
    tools: Sequence[str]
    vectors: "Vectors"
    clusters: "Sequence[Numbers]"
    again: "SecondCosines | None" = None

    def duplicates(
        self, threshold: float, floor: int = 0, keep: Collection[str] = (), engine: Engine = LOCAL
    ) -> Found:
        """In each cluster whoever is farthest from its centroid is looked at first, and stays.

        Of each tool ``floor`` stay where there are as many, and those that ``keep`` names.
        """
        import numpy as np

        owner, cosine = np.arange(len(self.names)), np.ones(len(self.names), np.float32)
        again = self.again
        parts = ((self.vectors[places], again and again.part(places)) for places in self.clusters)
        made = engine.map(partial(_within, threshold=threshold), parts)
        for places, (found, likeness) in zip(self.clusters, made, strict=True):
            owner[places], cosine[places] = places[found], likeness
        held = self._held(owner, cosine, floor, frozenset(keep))
        owner[np.array(held, np.intp)] = held
        return Found(owner, cosine, len(held))

    def _held(self, owner: "Numbers", cosine: "Vectors", floor: int, keep: frozenset[str]) -> "list[int]":
        """Those that are taken back: what is to be kept, and of rare tools the least alike."""
        import numpy as np

        stays = owner == np.arange(len(owner))
        back = [place for place, name in enumerate(self.names) if not stays[place] and name in keep]
        stays[back] = True
        kept = Counter(tool for tool, stay in zip(self.tools, stays, strict=True) if stay)
        left = [place for place, stay in enumerate(stays) if not stay]
        for place in sorted(left, key=lambda one: (cosine[one], one)):
            if kept[self.tools[place]] < floor:
                kept[self.tools[place]] += 1
                back.append(place)
        return back

    def part(self, clusters: Sequence[int]) -> "tuple[Comparison, Numbers]":
        """Only some of the clusters, by their numbers; and the places of the decisions that are in them."""
        import numpy as np

        places = np.sort(np.concatenate([self.clusters[number] for number in clusters]))
        new = np.full(len(self.names), -1)
        new[places] = np.arange(len(places))
        vectors = self.vectors[places]
        part = Comparison(
            [self.names[place] for place in places],
            [self.tools[place] for place in places],
            vectors,
            [new[self.clusters[number]] for number in clusters],
            self.again.part(places) if self.again else None,
        )
        return part, places

    def write(self, path: Path) -> None:
        """Everything but names and tools. Raises OSError."""
        import numpy as np

        arrays: dict[str, Any] = {
            "vectors": self.vectors,
            "places": np.concatenate([np.empty(0, np.intp), *self.clusters]),
            "sizes": np.array([len(one) for one in self.clusters], np.intp),
        }
        if self.again is not None:
            arrays |= {"second": self.again.second, "rows": self.again.rows}
            arrays["bounds"] = np.array([self.again.sure, self.again.doubt])
        np.savez(path, **arrays)


def read_comparison(path: Path, names: Sequence[str], tools: Sequence[str]) -> Comparison:
    """What ``write`` wrote. Raises OSError, ValueError."""
    import numpy as np

    from training.curation.second_look import SecondCosines

    with np.load(path, allow_pickle=False) as arrays:
        vectors = arrays["vectors"]
        clusters = np.split(arrays["places"], np.cumsum(arrays["sizes"])[:-1]) if len(arrays["sizes"]) else []
        again = None
        if "second" in arrays:
            sure, doubt = map(float, arrays["bounds"])
            again = SecondCosines(vectors, arrays["second"], arrays["rows"], sure, doubt)
    if not len(vectors) == len(names) == len(tools):
        raise ValueError(f"{path} holds {len(vectors)} vectors of {len(names)} decisions")
    return Comparison(names, tools, vectors, clusters, again)


def _within(cluster: "tuple[Vectors, SecondCosines | None]", threshold: float) -> "tuple[Numbers, Vectors]":
    """The duplicates of one cluster, counted within it."""
    mine, again = cluster
    return near_duplicates(mine, _farthest(mine), threshold, again.of(threshold) if again else None)


def _farthest(vectors: "Vectors") -> "Numbers":
    """The order of a cluster: farthest from its centroid first; of equals the first."""
    import numpy as np

    return np.argsort(np.round(vectors @ vectors.mean(axis=0), 6), kind="stable")
