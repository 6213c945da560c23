"""Examples over tools of other domains than coding, so that a student chooses among tools it never saw.

Invariant: an example follows from its seed alone. Seeds that are alike modulo OFFERS are about the same
tools, as training computes the prefix of a batch's tools once."""

import random
from collections.abc import Callable, Mapping
from typing import Any

from tools.calls import ToolCall
from tools.protocol.messages import Message
from training.datasets.example import Example, example_id
from training.generation import wording
from training.generation.offers import Offer, Shown, make_offer
from training.generation.outcomes import outcome
from training.generation.requests import Filled, fill, fill_lacking, fill_pair, put
from training.generation.unserved import Said, unserved

PROMPT_VERSION = "foreign-6"
IMAGINED = "imagined"
"""No such tool exists here: what it gives back is drawn by its domain's rules, and nothing is executed."""
OFFERS = 4096
CALLS, UNSERVED, LACKING, SEVERAL = 50, 30, 12, 8
"""Weights of the kinds; where an offer has no such request, it is a call."""
GOES_ON = 0.38
"""Share of the calls after which the conversation goes on to the answer, where the result is known."""
SUPPLIED = 0.35
"""Share of the questions for what is missing that the person answers."""

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
        source={
            "provider": "scripted",
            "template": template,
            "prompt_version": PROMPT_VERSION,
            "results": IMAGINED,
        },
    )


def _said(offer: Offer, dice: random.Random) -> Said:
    makers: tuple[Maker, ...] = (_call, unserved, _lacking, _several)
    (maker,) = dice.choices(makers, (CALLS, UNSERVED, LACKING, SEVERAL))
    return maker(offer, dice) or _call(offer, dice)


def _call(offer: Offer, dice: random.Random) -> Said:
    shown = dice.choice(offer.shown)
    request = fill(shown.function, dice)
    call = _made(shown, request.values)
    messages = [Message("user", wording.around(request, dice)), Message("assistant", calls=(call,))]
    if dice.random() < GOES_ON:
        messages += outcome(shown.function, request, call, dice)
    return "call", shown.function.place, messages


def _several(offer: Offer, dice: random.Random) -> Said | None:
    """Two calls in one turn: one function for two values, or two requests in one message."""
    pairs = [each for each in offer.shown if each.function.pair]
    if pairs and dice.random() < 0.5:
        chosen = [dice.choice(pairs)] * 2
        both: tuple[Filled, ...] = fill_pair(chosen[0].function, dice)
        text = wording.around(both[0], dice)
    elif len(offer.shown) > 1:
        chosen = dice.sample(offer.shown, 2)
        both = tuple(fill(each.function, dice) for each in chosen)
        text = wording.joined(both[0], both[1], dice)
    else:
        return None
    calls = tuple(
        _made(shown, request.values, at)
        for at, (shown, request) in enumerate(zip(chosen, both, strict=True), 1)
    )
    messages = [Message("user", text), Message("assistant", calls=calls)]
    return "several", chosen[0].function.place, messages


def _lacking(offer: Offer, dice: random.Random) -> Said | None:
    """A request that lacks a required value, the question for it, and perhaps the person's reply."""
    able = [each for each in offer.shown if each.function.asks]
    if not able:
        return None
    shown = dice.choice(able)
    form, question = dice.choice(shown.function.asks)
    request = fill_lacking(shown.function, form, dice)
    messages = [
        Message("user", wording.around(request, dice)),
        Message("assistant", put(question, request.said)),
    ]
    if dice.random() >= SUPPLIED:
        return "ask", shown.function.place, messages
    missing = [(name, words) for name, words in request.said.items() if f"{{{name}}}" not in form]
    messages += [
        Message("user", wording.supplied(missing, dice)),
        Message("assistant", calls=(_made(shown, request.values),)),
    ]
    return "call", shown.function.place, messages


def _made(shown: Shown, values: Mapping[str, Any], number: int = 1) -> ToolCall:
    return ToolCall(f"call-{number}", shown.signature.name, shown.arguments(values))
