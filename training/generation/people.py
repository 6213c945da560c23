"""Who asks, in which language and style: drawn for each request that a teacher writes."""

import random
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any


@dataclass(frozen=True)
class Person:
    """``language`` is an ISO 639-1 code."""

    language: str
    role: str
    style: str


def people(count: int, languages: Sequence[str], dice: random.Random) -> tuple[Person, ...]:
    """No style comes twice before all have come."""
    words = _words()
    styles = [
        style for _ in range(-(-count // len(words["styles"]))) for style in _shuffled(words["styles"], dice)
    ]
    return tuple(
        Person(dice.choice(languages), dice.choice(words["roles"]), style) for style in styles[:count]
    )


def _shuffled(values: Sequence[str], dice: random.Random) -> list[str]:
    return dice.sample(values, len(values))


@cache
def _words() -> dict[str, Any]:
    file = resources.files("training.generation") / "data" / "people.toml"
    return tomllib.loads(file.read_text("utf-8"))
