"""What is said around a request, and what is answered where no tool serves."""

import random
import tomllib
from functools import lru_cache
from importlib import resources
from typing import Any, Literal

PLAIN = 0.6
"""Share of the requests with nothing around them."""


@lru_cache(maxsize=1)
def _words() -> dict[str, Any]:
    file = resources.files("training.generation") / "data" / "talk_beside_tools.toml"
    return tomllib.loads(file.read_text("utf-8"))


@lru_cache(maxsize=2)
def talk(kind: Literal["remarks", "questions"]) -> tuple[tuple[str, str], ...]:
    """Remarks, or questions that everybody can answer, each with its answer."""
    lines = (line.partition(" -> ") for line in _words()[kind].strip().splitlines())
    return tuple((request, answer) for request, _, answer in lines)


def knowing() -> frozenset[str]:
    """Groups of domains whose functions might be asked such questions."""
    return frozenset(_words()["knowing"])


def around(text: str, dice: random.Random) -> str:
    """The request as somebody in a hurry, or somebody polite, writes it."""
    if dice.random() < PLAIN:
        return text
    form = dice.randrange(4)
    if form == 0:
        opener: str = dice.choice(_words()["openers"])
        return opener + (text if opener[-2] in ".!" else lowered(text))
    if form == 1:
        closer: str = dice.choice(_words()["closers"])
        return text.rstrip("?.") + closer if closer[1].islower() else text + closer
    if form == 2:
        return lowered(text).rstrip("?.")
    return text.rstrip("?.")


def joined(one: str, other: str, dice: random.Random) -> str:
    """Two requests in one message."""
    ended = one if one[-1] in ".?!" else f"{one}."
    form: str = dice.choice(_words()["joiners"])
    return form.format(one=ended, other=lowered(other))


def decline(about: str, dice: random.Random) -> str:
    """An honest answer where no tool serves; ``about`` is what all tools on offer are for, or empty."""
    if about and dice.random() < 0.4:
        form: str = dice.choice(_words()["declines_about"])
        return form.format(about=about)
    plain: str = dice.choice(_words()["declines"])
    return plain


def lowered(text: str) -> str:
    """With a small first letter, where the first word is no name: those keep theirs."""
    first = text.split(" ", 1)[0].rstrip(",.?!:'")
    return text[0].lower() + text[1:] if first in _words()["starts"] else text
