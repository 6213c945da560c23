"""What is said around a request, and what is answered where no tool serves."""

import random
from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Literal

from training.generation.data_files import data
from training.generation.requests import Filled

_words = partial(data, "talk_beside_tools")
PLAIN = 0.6
"""Share of the requests with nothing around them."""


@lru_cache(maxsize=2)
def talk(kind: Literal["remarks", "questions"]) -> tuple[tuple[str, str], ...]:
    """Remarks, or questions that everybody can answer, each with its answer."""
    lines = (line.partition(" -> ") for line in _words()[kind].strip().splitlines())
    return tuple((request, answer) for request, _, answer in lines)


def knowing() -> frozenset[str]:
    """Groups of domains whose functions might be asked such questions."""
    return frozenset(_words()["knowing"])


def doing() -> frozenset[str]:
    """First words of the descriptions of functions that do something and return a reference."""
    return frozenset(_words()["doing"])


def one_of(kind: Literal["done", "problems", "failures", "supplies"], dice: random.Random) -> str:
    """One of the phrases of a kind, some with a slot."""
    phrase: str = dice.choice(_words()[kind])
    return phrase


def around(request: Filled, dice: random.Random) -> str:
    """The request as somebody in a hurry, or somebody polite, writes it. A value at its end stays."""
    text = request.text
    if dice.random() < PLAIN:
        return text
    way = dice.randrange(4)
    if way == 0:
        opener: str = dice.choice(_words()["openers"])
        return opener + (text if opener[-2] in ".!" else _lowered(request))
    if request.form[-1] not in ".?":
        return text
    if way == 1:
        closer: str = dice.choice(_words()["closers"])
        return text.rstrip("?.") + closer if closer[1].islower() else text + closer
    return (_lowered(request) if way == 2 else text).rstrip("?.")


def joined(one: Filled, other: Filled, dice: random.Random) -> str:
    """Two requests in one message."""
    ended = one.text if one.text[-1] in ".?!" else f"{one.text}."
    joiner: str = dice.choice(_words()["joiners"])
    return joiner.format(one=ended, other=_lowered(other))


def decline(about: str, dice: random.Random) -> str:
    """An honest answer where no tool serves; ``about`` is what all tools on offer are for, or empty."""
    if about and dice.random() < 0.4:
        form: str = dice.choice(_words()["declines_about"])
        return form.format(about=about)
    plain: str = dice.choice(_words()["declines"])
    return plain


def supplied(values: Sequence[tuple[str, str]], dice: random.Random) -> str:
    """What somebody says who was asked for ``(parameter, value)``; several are told apart by name."""
    if len(values) == 1:
        return one_of("supplies", dice).format(value=values[0][1])
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in values)


def _lowered(request: Filled) -> str:
    """With a small first letter, unless it begins with a name or a value."""
    first = request.form.split(" ", 1)[0].rstrip(",.?!:'")
    return request.text[0].lower() + request.text[1:] if first in _words()["starts"] else request.text
