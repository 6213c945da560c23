"""How slots find their values: one alone, or several that belong together."""

import random
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from training.generation.slots import Slots

Finder = Callable[["Slots"], str]
"""Gives a slot its value. Raises Unfillable."""


class Unfillable(Exception):
    """This repository has nothing for the slot that is named."""


def by_dice(make: Callable[[random.Random], str]) -> Finder:
    """A value that the repository and the other slots have no part in."""
    return lambda slots: make(slots.dice)


def together(make: Callable[["Slots"], Mapping[str, str]], names: Iterable[str]) -> dict[str, Finder]:
    """Values that are made at once, whichever is asked for first.

    A numbered name of theirs is Unfillable, because there is one such group in an example.
    """
    return {name: _of(make, name) for name in names}


def _of(make: Callable[["Slots"], Mapping[str, str]], name: str) -> Finder:
    def find(slots: "Slots") -> str:
        if name not in slots.values:
            slots.values.update(make(slots))
        return slots.values[name]

    return find
