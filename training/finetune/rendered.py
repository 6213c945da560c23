"""An example as token ids, and what the loss and the figures need to know of it; light enough for a machine
that only trains.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Sort = Literal["call", "restraint", "reading", "other"]
"""What the last decision is: calls, none where none is needed, how a result is read, or not counted."""
SORTS: tuple[Sort, ...] = ("call", "restraint", "reading", "other")


@dataclass(frozen=True)
class Rendered:
    """``prefix`` is what all conversations with these tools begin with; ``ids`` follow it. ``trained`` are
    the spans ``(start, stop)`` in ``ids`` that carry loss; the first id of each is the first of a decision.
    ``texts`` are the parts of them that are free text, with the id that ends it.
    ``shares`` are those of a teacher over the first id of the last decision.
    """

    prefix: tuple[int, ...]
    ids: tuple[int, ...]
    trained: tuple[tuple[int, int], ...]
    texts: tuple[tuple[int, int], ...] = ()
    shares: Mapping[int, float] = field(default_factory=dict)
    sort: Sort = "call"
