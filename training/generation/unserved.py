"""Requests that none of the offered tools serves, and honest answers to them.

Invariant: as far as the data tells, no offered tool serves such a request: it is for a function of the domain
that is not on offer, for a domain that shares no group with the offered ones, one of a domain's own misses,
or talk. Where a shell or a web search is on offer, which might serve anything, it is talk.
"""

import random
from functools import lru_cache
from typing import Literal

from tools.protocol.messages import Message
from training.datasets.example import Kind
from training.generation import wording
from training.generation.domains import Domain, domains, read_builtins
from training.generation.offers import Offer
from training.generation.requests import Filled, fill, fill_miss

Said = tuple[Kind, str, list[Message]]
"""The kind, where the request is from (``domain.function``), and the turns."""

REMARKS, QUESTIONS, SIBLINGS, MISSES = 0.04, 0.15, 0.5, 0.7
"""Bounds of the shares of remarks, general questions, other functions of the domain, and the domain's misses;
the rest comes from other domains."""
STRANGE_MISSES = 0.2


def unserved(offer: Offer, dice: random.Random) -> Said:
    """A request without a call."""
    way = dice.random()
    if offer.builtins or way < REMARKS:
        return _talk("remarks", dice)
    if way < QUESTIONS and not _groups(offer) & wording.knowing():
        return _talk("questions", dice)
    siblings = [one for one in offer.domain.functions if not offer.serves(one)]
    if way < SIBLINGS and siblings:
        function = dice.choice(siblings)
        place, request = function.place, fill(function, dice)
    elif way < MISSES:
        place, request = f"{offer.domain.name}.", fill_miss(offer.domain, dice)
    else:
        place, request = _stranger(offer, dice)
    answer = wording.decline(_about(offer), dice)
    return "no_tool", place, [Message("user", wording.around(request, dice)), Message("assistant", answer)]


def _talk(kind: Literal["remarks", "questions"], dice: random.Random) -> Said:
    request, answer = dice.choice(wording.talk(kind))
    said: Kind = "chat" if kind == "remarks" else "no_tool"
    return said, "talk", [Message("user", request), Message("assistant", answer)]


def _stranger(offer: Offer, dice: random.Random) -> tuple[str, Filled]:
    """A request of a domain that shares no group with those of the offered functions."""
    groups = _groups(offer)
    domain = dice.choice([one for one in domains() if not one.groups & groups])
    if dice.random() < STRANGE_MISSES:
        return f"{domain.name}.", fill_miss(domain, dice)
    function = dice.choice(domain.functions)
    return function.place, fill(function, dice)


def _about(offer: Offer) -> str:
    """What all the offered tools are for; empty where they are for several things."""
    named = {each.function.domain for each in offer.shown}
    alone = len(named) == 1 and len(offer.tools) == len(offer.shown)
    return _by_name()[min(named)].about if alone else ""


def _groups(offer: Offer) -> frozenset[str]:
    """Those of the offered functions' domains."""
    return frozenset().union(*(_by_name()[each.function.domain].groups for each in offer.shown))


@lru_cache(maxsize=1)
def _by_name() -> dict[str, Domain]:
    return {one.name: one for one in (*domains(), read_builtins())}
