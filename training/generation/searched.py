"""What people search files for: names, imports, routes, addresses, phrases, numbers, marks, signs.

Invariant: a line that holds the thing is a match of it, taken as the regular expression that it is given as.
"""

import random
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from training.generation.catalogue import words
from training.generation.file_requests import made, single
from training.generation.finders import Finder, by_dice
from training.generation.spelling import camel_case, capitalised

if TYPE_CHECKING:
    from training.generation.slots import Slots


def _name(dice: random.Random) -> str:
    """An identifier in one of the usual spellings, or one that a library has."""
    if dice.random() < 0.25:
        return dice.choice(single("apis"))
    parts = [dice.choice(words("nouns")) for _ in range(dice.choice((1, 1, 2)))]
    if dice.random() < 0.6:
        parts.insert(0, dice.choice(words("verbs")))
    if len(parts) == 1:
        parts.append(dice.choice(words("nouns")))
    snake = "_".join(parts)
    big, camel = capitalised(snake), camel_case(snake)
    return dice.choice((snake, snake, camel, camel, big, snake.upper(), "-".join(parts)))


def _env(dice: random.Random) -> str:
    form = made("env_forms", dice)
    return re.sub("<NOUN>", lambda _: dice.choice(words("nouns")).upper(), form)


_KINDS: Mapping[str, tuple[int, Callable[[random.Random], str]]] = {
    "name": (6, _name),
    "module": (2, partial(made, "module_forms")),
    "route": (2, partial(made, "route_forms")),
    "address": (2, partial(made, "address_forms")),
    "phrase": (5, partial(made, "phrase_forms")),
    "number": (1, partial(made, "number_forms")),
    "port": (1, partial(made, "port_forms")),
    "code": (2, partial(made, "code_forms")),
    "marker": (1, lambda dice: dice.choice(single("markers"))),
    "sign": (2, partial(made, "sign_forms")),
    "env": (1, _env),
    "near": (1, partial(made, "near_words")),
    "plain": (2, lambda dice: dice.choice(words("nouns"))),
}
"""How often each is sought, and how it is made."""


def matches_itself(thing: str) -> bool:
    """True where a search for the thing finds it. One that is no regular expression is searched as text."""
    try:
        return re.search(thing, thing) is not None
    except re.error:
        return True


def _found(kind: str, slots: "Slots") -> str:
    for _ in range(30):
        thing = _KINDS[kind][1](slots.dice)
        if matches_itself(thing):
            return thing
    return slots.choose([], kind)


def _any(slots: "Slots") -> str:
    weights = [weight for weight, _ in _KINDS.values()]
    return _found(slots.dice.choices([*_KINDS], weights)[0], slots)


FINDERS: Mapping[str, Finder] = {
    "sought": _any,
    "sought_regex": by_dice(partial(made, "regex_forms")),
    **{f"sought_{kind}": partial(_found, kind) for kind in _KINDS},
}
