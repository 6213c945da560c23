"""Which of many vectors say what another one says.

Invariant: whoever is left out names one that stays, with a cosine of at least the threshold; no chain of
likenesses leads from one to the other. Among those of one cluster none that stays is that near to another.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from training.curation.base import Numbers, Vectors

    Between = Callable[[Numbers, Numbers], Vectors]

_BLOCK = 1024
_ROUNDING = 1e-6
"""By which the cosine of equal vectors may fall short of 1."""
_DIGITS = 5
"""Of a cosine; what comes after them depends on the machine."""


def near_duplicates(
    vectors: "Vectors", order: "Numbers", threshold: float, between: "Between | None" = None
) -> "tuple[Numbers, Vectors]":
    """For each vector the place of the one that it duplicates, itself where it stays; and their cosine.

    Taken in ``order``: the first of those that are near each other stays. ``between`` gives the cosines of
    some places (rows) with others, where they are not those of the vectors. Time grows with the number times
    the number that stays, memory with a thousand times the number that stays. Cosines are rounded, so that
    equal texts are equally near on every machine.
    """
    import numpy as np

    threshold -= _ROUNDING
    owner = np.arange(len(vectors))
    cosine = np.ones(len(vectors), np.float32)
    room = np.empty_like(vectors)
    kept = np.empty(len(vectors), np.intp)
    count = 0
    for start in range(0, len(order), _BLOCK):
        block = order[start : start + _BLOCK]
        mine = vectors[block]
        found = between(block, kept[:count]) if between else mine @ room[:count].T
        staying = _against(found, block, kept[:count], threshold, owner, cosine)
        within = block[staying]
        among = between(within, within) if between else mine[staying] @ mine[staying].T
        stays = _first_of(among, threshold, within, owner, cosine)
        fresh = within[stays]
        room[count : count + len(fresh)] = vectors[fresh]
        kept[count : count + len(fresh)] = fresh
        count += len(fresh)
    return owner, np.round(cosine, _DIGITS)


def _against(
    found: "Vectors",
    block: "Numbers",
    places: "Numbers",
    threshold: float,
    owner: "Numbers",
    cosine: "Vectors",
) -> "Numbers":
    """The rows of a block that are near none of ``places``; the nearest of the rest is written down."""
    import numpy as np

    if not len(places):
        return np.arange(len(block))
    best = found.argmax(axis=1)
    likeness = found[np.arange(len(block)), best]
    near = likeness >= threshold
    owner[block[near]] = places[best[near]]
    cosine[block[near]] = likeness[near]
    return np.flatnonzero(~near)


def _first_of(
    among: "Vectors", threshold: float, places: "Numbers", owner: "Numbers", cosine: "Vectors"
) -> "Numbers":
    """The rows of a block that are near no earlier one that stays."""
    import numpy as np

    staying = np.ones(len(places), bool)
    near = np.tril(among >= threshold, -1)
    for row in np.flatnonzero(near.any(axis=1)):
        earlier = np.flatnonzero(near[row] & staying)
        if len(earlier):
            first = earlier[among[row, earlier].argmax()]
            staying[row] = False
            owner[places[row]] = places[first]
            cosine[places[row]] = among[row, first]
    return np.flatnonzero(staying)
