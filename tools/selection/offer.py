"""What a student may choose from for one request.

Invariant: a tool that the request names is always offered; where the ranker is not sure, everything is; and
of the tools that nothing was learned of yet, the one that was offered least often is offered each time, so
that none waits for ever for its first evidence.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from tools.protocol.calls import ANSWER
from tools.protocol.messages import Signature
from tools.selection.bundles import ALL, choose_bundle
from tools.selection.ranker import Ranked, Ranker

Way = Literal["all", "shortlist", "bundles"]
SHORTLIST = "shortlist"

LEAST_SURE = 0.15
"""Below this probability of the best tool nothing is left out."""
LEAST_SHARE = 0.2
"""A tool is offered that is at least this share as likely as the best one."""


LEAST_PLACES = 3
"""With fewer places to give, none is kept for a tool without evidence."""


@dataclass(frozen=True)
class Offer:
    """``shown`` are in the prompt, ``names`` of them may be chosen; both in the order of the whole.

    ``way`` is ``all``, ``shortlist``, or the name of the bundle. ``ranked`` is the ranking of the whole.
    """

    way: str
    shown: tuple[Signature, ...]
    names: tuple[str, ...]
    ranked: tuple[Ranked, ...] = ()

    @property
    def narrowed(self) -> bool:
        return self.way != ALL

    @property
    def expects_call(self) -> bool:
        """Whether the ranker's first choice is to call a tool."""
        return bool(self.ranked) and self.ranked[0].tool != ANSWER

    def shares(self) -> dict[str, float]:
        """What the ranker gives each tool of the whole, 0..1 and 1 together."""
        total = sum(one.probability for one in self.ranked) or 1.0
        return {one.tool: one.probability / total for one in self.ranked}

    def first(self, count: int = 3) -> list[str]:
        """The ranker's first choices."""
        return [one.tool for one in self.ranked[:count]]


class Offers:
    """Makes the offers of one session, or of one manager."""

    def __init__(self, ranker: Ranker) -> None:
        self._ranker = ranker
        self._offered: Counter[str] = Counter()

    def offer(self, request: str, tools: Sequence[Signature], way: Way) -> Offer:
        """What to offer for ``request`` out of ``tools``."""
        ranked = self._ranker.rank(request, tools)
        if way == ALL or not ranked or max(one.probability for one in ranked) < LEAST_SURE:
            return everything(tools, ranked)
        needed = likely(ranked)
        if way == "bundles":
            bundle, shown = choose_bundle(needed, tools) if ranked[0].tool != ANSWER else (ALL, tuple(tools))
            return Offer(bundle, shown, _names(shown), ranked)
        wanted = needed | set(self._newcomer(ranked, needed))
        names = tuple(tool.name for tool in tools if tool.name in wanted)
        return Offer(SHORTLIST if len(names) < len(tools) else ALL, tuple(tools), names, ranked)

    def best(
        self,
        request: str,
        tools: Sequence[Signature],
        most: int,
        worth: Callable[[str], float] = lambda _: 1.0,
    ) -> tuple[tuple[Ranked, ...], tuple[str, ...]]:
        """The ranking, and at most ``most`` names out of it, in its order; more only where more are named.

        ``worth`` weighs a tool's probability. Of three places or more, the last is a newcomer's.
        """
        ranked = self._ranker.rank(request, tools)
        weighed = sorted(ranked, key=lambda one: (not one.named, -one.probability * worth(one.tool)))
        places = max(most, sum(one.named for one in ranked))
        chosen = [one.tool for one in weighed[:places]]
        if LEAST_PLACES <= most < len(weighed) and not weighed[places - 1].named:
            chosen = chosen[:-1] + (self._newcomer(ranked, set(chosen[:-1])) or chosen[-1:])
        return ranked, tuple(one.tool for one in ranked if one.tool in chosen)

    def _newcomer(self, ranked: Sequence[Ranked], needed: set[str]) -> list[str]:
        """Of the tools without evidence, but for the ``needed`` ones, the least often offered, if any."""
        unknown = [one.tool for one in ranked if not one.learned]
        waiting = [tool for tool in unknown if tool not in needed]
        chosen = sorted(waiting, key=lambda tool: self._offered[tool])[:1]
        self._offered.update(tool for tool in unknown if tool in needed or tool in chosen)
        return chosen


def likely(ranked: Sequence[Ranked]) -> set[str]:
    """The tools that a request may need: those that are nearly as likely as the best, and those it names."""
    least = LEAST_SHARE * max((one.probability for one in ranked), default=0.0)
    return {one.tool for one in ranked if one.probability >= least or one.named}


def everything(tools: Sequence[Signature], ranked: tuple[Ranked, ...] = ()) -> Offer:
    """All of ``tools``."""
    return Offer(ALL, tuple(tools), _names(tools), ranked)


def _names(tools: Sequence[Signature]) -> tuple[str, ...]:
    return tuple(tool.name for tool in tools)
