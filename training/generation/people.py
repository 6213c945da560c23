"""Who asks, in which language and style: drawn for each request that a teacher writes."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from training.generation.data_files import data


@dataclass(frozen=True)
class Person:
    """``language`` is an ISO 639-1 code."""

    language: str
    role: str
    style: str


def people(count: int, languages: Sequence[str], dice: random.Random) -> tuple[Person, ...]:
    """No style comes twice before all have come."""
    words = data("people")
    styles = [
        style for _ in range(-(-count // len(words["styles"]))) for style in _shuffled(words["styles"], dice)
    ]
    return tuple(
        Person(dice.choice(languages), dice.choice(words["roles"]), style) for style in styles[:count]
    )


def _shuffled(values: Sequence[str], dice: random.Random) -> list[str]:
    return dice.sample(values, len(values))
