"""Examples over tools of other domains than coding, so that a student chooses among tools it never saw.

Invariant: an example follows from its seed alone. Seeds that are alike modulo OFFERS are about the same
tools, as training computes the prefix of a batch's tools once. A request that is answered without a call is one that
no offered tool serves, as far as the data tells: another function of the domain, another group of domains, one
of the domain's own misses, or talk.
"""

import random
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Literal

import orjson

from tools.calls import ToolCall
from tools.protocol.messages import Message
from training.datasets.example import Example, Kind, example_id
from training.generation import requests, wording
from training.generation.domains import Domain, Function, domains, read_builtins
from training.generation.offers import Offer, Shown, make_offer

PROMPT_VERSION = "foreign-2"
OFFERS = 4096
GOES_ON = 0.7
"""Share of the calls with a known result where the conversation goes on to the answer."""

Said = tuple[Kind, str, list[Message]]
"""The kind, where the request is from (``domain.function``), and the turns."""
Maker = Callable[[Offer, random.Random], Said | None]


def foreign_example(seed: int) -> Example:
    """The example of that number. Raises training.generation.base.GenerationError where the data is bad."""
    dice = random.Random(f"foreign/{seed}")
    offer = make_offer(seed % OFFERS)
    kind, template, messages = _said(offer, dice)
    return Example(
        id=example_id(messages, offer.tools),
        messages=tuple(messages),
        tools=offer.tools,
        kind=kind,
        session=f"{offer.domain.name}-{seed}",
        source={"provider": "scripted", "template": template, "prompt_version": PROMPT_VERSION},
    )


def _said(offer: Offer, dice: random.Random) -> Said:
    makers: tuple[Maker, ...] = (_call, _unserved, _lacking, _several)
    (maker,) = dice.choices(makers, (53, 30, 9, 8))
    return maker(offer, dice) or _call(offer, dice)


def _call(offer: Offer, dice: random.Random) -> Said:
    shown = dice.choice(offer.shown)
    filled = requests.fill(shown.function, dice)
    call = ToolCall("call-1", shown.signature.name, shown.arguments(filled.values))
    messages = [Message("user", wording.around(filled.text, dice)), Message("assistant", calls=(call,))]
    if shown.function.gives and dice.random() < GOES_ON:
        messages += _outcome(shown.function, filled, call, dice)
    return "call", _place(shown.function), messages


def _outcome(
    function: Function, filled: requests.Filled, call: ToolCall, dice: random.Random
) -> list[Message]:
    """The observation, and the answer that states it."""
    drawn = {name: kind.draw(dice) for name, kind in function.gives.items()}
    observation = orjson.dumps({name: one.value for name, one in drawn.items()}).decode()
    told = requests.put(function.tells, {**filled.said, **{name: one.said for name, one in drawn.items()}})
    return [
        Message("tool", observation, call_id=call.id, tool=call.tool),
        Message("assistant", told),
    ]


def _several(offer: Offer, dice: random.Random) -> Said | None:
    """Two calls in one turn: one function for two values, or two requests in one message."""
    pairs = [each for each in offer.shown if each.function.pair]
    if pairs and dice.random() < 0.5:
        shown = dice.choice(pairs)
        text, both = requests.fill_pair(shown.function, dice)
        made: list[tuple[Shown, Mapping[str, Any]]] = [(shown, values) for values in both]
    elif len(offer.shown) > 1:
        chosen = dice.sample(offer.shown, 2)
        filled = [requests.fill(each.function, dice) for each in chosen]
        text = wording.joined(filled[0].text, filled[1].text, dice)
        made = [(each, one.values) for each, one in zip(chosen, filled, strict=True)]
    else:
        return None
    calls = tuple(
        ToolCall(f"call-{at}", shown.signature.name, shown.arguments(values))
        for at, (shown, values) in enumerate(made, 1)
    )
    place = _place(made[0][0].function)
    return "several", place, [Message("user", wording.around(text, dice)), Message("assistant", calls=calls)]


def _lacking(offer: Offer, dice: random.Random) -> Said | None:
    """A request that lacks a required value, and the question for it."""
    able = [each.function for each in offer.shown if each.function.asks]
    if not able:
        return None
    function = dice.choice(able)
    request, question = dice.choice(function.asks)
    drawn = {name: kind.draw(dice).said for name, kind in function.kinds.items()}
    text = wording.around(requests.put(request, drawn), dice)
    return (
        "ask",
        _place(function),
        [Message("user", text), Message("assistant", requests.put(question, drawn))],
    )


def _unserved(offer: Offer, dice: random.Random) -> Said | None:
    """A request that no offered tool serves; talk alone where a shell or a web search is on offer."""
    way = dice.random()
    if offer.builtins or way < 0.04:
        return _talk("remarks", dice)
    if way < 0.15 and not _groups(offer) & wording.knowing():
        return _talk("questions", dice)
    siblings = [one for one in offer.domain.functions if not offer.serves(one)]
    if way < 0.5 and siblings:
        function = dice.choice(siblings)
        place, text = _place(function), requests.fill(function, dice).text
    elif way < 0.7:
        place, text = f"{offer.domain.name}.", _miss(offer.domain, dice)
    else:
        place, text = _stranger(offer, dice)
    answer = wording.decline(_about(offer), dice)
    return "no_tool", place, [Message("user", wording.around(text, dice)), Message("assistant", answer)]


def _talk(kind: Literal["remarks", "questions"], dice: random.Random) -> Said:
    request, answer = dice.choice(wording.talk(kind))
    said: Kind = "chat" if kind == "remarks" else "no_tool"
    return said, "talk", [Message("user", request), Message("assistant", answer)]


def _stranger(offer: Offer, dice: random.Random) -> tuple[str, str]:
    """A request out of a group of domains that none of the offered functions belongs to."""
    groups = _groups(offer)
    domain = dice.choice([one for one in domains() if not one.groups & groups])
    if dice.random() < 0.2:
        return f"{domain.name}.", _miss(domain, dice)
    function = dice.choice(domain.functions)
    return _place(function), requests.fill(function, dice).text


def _miss(domain: Domain, dice: random.Random) -> str:
    text = dice.choice(domain.misses)
    return requests.put(text, {name: words.draw(dice).said for name, words in domain.values.items()})


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


def _place(function: Function) -> str:
    return f"{function.domain}.{function.name}"
