"""Requests for a function, filled with values.

Invariant: the values of a request are those that its text says or implies, and no others.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from training.generation.domains import SLOT, Domain, Function
from training.generation.values import Value, Whole

NUMBER_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
IN_WORDS = 0.15
TRIES = 6


@dataclass(frozen=True)
class Filled:
    """A request. ``form`` is it with its slots, ``said`` has the words of each slot and of what is implied,
    ``values`` the arguments by the parameters' own names."""

    text: str
    form: str
    said: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)


def put(text: str, said: Mapping[str, str]) -> str:
    """The text with its slots filled."""
    return SLOT.sub(lambda match: said[match[1]], text)


def fill(function: Function, dice: random.Random) -> Filled:
    """One of the function's requests."""
    phrasing = dice.choice(function.requests)
    return _filled(phrasing.text, _drawn(function, phrasing.text, dice), phrasing.implied)


def fill_pair(function: Function, dice: random.Random) -> tuple[Filled, Filled]:
    """A request that says the function's ``pair`` twice, once for each of two calls."""
    able = [one for one in function.requests if one.text.count(f"{{{function.pair}}}") == 1]
    phrasing = dice.choice(able)
    drawn = _drawn(function, phrasing.text, dice)
    first = drawn[function.pair]
    second = _other(function, function.pair, {first.said}, dice)
    both = Value(f"{first.said} and {second.said}", first.value)
    one = _filled(phrasing.text, {**drawn, function.pair: both}, phrasing.implied)
    return one, replace(one, values={**one.values, function.pair: second.value})


def fill_lacking(function: Function, form: str, dice: random.Random) -> Filled:
    """``form``, which lacks required values; those are among what is said and the values nevertheless."""
    required = "".join(f"{{{each.name}}}" for each in function.parameters if each.required)
    return _filled(form, _drawn(function, form + required, dice), {})


def fill_miss(domain: Domain, dice: random.Random) -> Filled:
    """One of the domain's misses."""
    form = dice.choice(domain.misses)
    return _filled(form, {name: domain.values[name].draw(dice) for name in SLOT.findall(form)}, {})


def _filled(form: str, drawn: Mapping[str, Value], implied: Mapping[str, Any]) -> Filled:
    told = {name: str(value).replace("_", " ") for name, value in implied.items()}
    said = {**told, **{name: one.said for name, one in drawn.items()}}
    values = {**{name: one.value for name, one in drawn.items()}, **implied}
    return Filled(put(form, said), form, said, values)


def _drawn(function: Function, text: str, dice: random.Random) -> dict[str, Value]:
    """A value for each slot of the text, no two of them said alike where it can be helped."""
    drawn: dict[str, Value] = {}
    for name in dict.fromkeys(SLOT.findall(text)):
        one = _other(function, name, {each.said for each in drawn.values()}, dice)
        drawn[name] = _in_words(one, function, name, text) if dice.random() < IN_WORDS else one
    return drawn


def _other(function: Function, name: str, taken: set[str], dice: random.Random) -> Value:
    kind = function.kinds[name]
    one = kind.draw(dice)
    for _ in range(TRIES):
        if one.said not in taken:
            break
        one = kind.draw(dice)
    return one


def _in_words(value: Value, function: Function, name: str, text: str) -> Value:
    """Small whole numbers that stand between spaces as words."""
    small = isinstance(function.kinds[name], Whole) and 2 <= value.value < len(NUMBER_WORDS)
    return Value(NUMBER_WORDS[value.value], value.value) if small and f" {{{name}}} " in text else value
