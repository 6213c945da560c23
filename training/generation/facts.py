"""Facts that small repositories hold, by domain, and how each is asked for."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from training.generation.data_files import data, lines, words_of

_ASKED_WITH_UNIT = 0.3
"""Share of the questions about a number with a unit that name the unit."""


@dataclass(frozen=True)
class Fact:
    """``word`` is the one of the name that tells most; ``asked`` is a question without the name."""

    name: str
    word: str
    values: str
    unit: str
    asked: str

    @property
    def kind(self) -> str:
        if ".." in self.values:
            return "number"
        return {"person": "person", "place": "place"}.get(
            self.values, "when" if self.values in ("day", "date", "time") else "text"
        )

    def draw(self, dice: random.Random) -> str:
        if ".." in self.values:
            return between(self.values, dice)
        make = _KINDS.get(self.values)
        return make(dice) if make else dice.choice(self.values.split("|"))

    def other_than(self, value: str, dice: random.Random) -> str:
        return next(drawn for drawn in iter(lambda: self.draw(dice), "") if drawn != value)

    def question(self, word: str, dice: random.Random) -> tuple[str, str]:
        """What is asked before and after the word of the name."""
        name = called(self.name) if self.kind == "person" else self.name
        forms = data("task_facts")["asked"][self.kind]
        asked: str = dice.choice(forms).format(name if word in name else self.name)
        if self.kind == "number" and self.unit and dice.random() < _ASKED_WITH_UNIT:
            asked = f"how many {self.unit} is the {self.name}"
        before, _, after = asked.rpartition(word) if asked.endswith(word) else asked.partition(word)
        return before, after


@cache
def facts() -> Mapping[str, tuple[Fact, ...]]:
    """By domain."""
    found = data("task_facts")["domain"]
    return {domain: tuple(_fact(line) for line in lines(text)) for domain, text in found.items()}


def called(name: str) -> str:
    """Who is the ``treasurer name`` in a file is called the ``treasurer``."""
    return name.removesuffix(" name")


def between(span: str, dice: random.Random) -> str:
    """A number of ``low..high``, both ends included."""
    low, _, high = span.partition("..")
    return str(dice.randint(int(low), int(high)))


def listed(name: str, dice: random.Random) -> str:
    """One of a list of ``task_facts.toml``."""
    found: list[str] = data("task_facts")["lists"][name]
    return dice.choice(found)


def person(dice: random.Random) -> str:
    """First and last name."""
    return " ".join(dice.choice(words_of("task_facts", "people", name)) for name in ("first", "last"))


def day(dice: random.Random) -> str:
    """A day of the week."""
    return listed("days", dice)


def date(dice: random.Random) -> str:
    """A day of a month."""
    return f"{dice.randint(1, 28)} {listed('months', dice)}"


def _time(dice: random.Random) -> str:
    return f"{dice.randint(5, 22)}:{dice.choice(('00', '15', '30', '45'))}"


_KINDS: Mapping[str, Callable[[random.Random], str]] = {
    "person": person,
    "place": lambda dice: listed("places", dice),
    "day": day,
    "date": date,
    "time": _time,
}


def _fact(line: str) -> Fact:
    name, values, unit, asked = (part.strip() for part in line.split(";"))
    word = next((one for one in name.split() if one.endswith("*")), name.split()[0])
    return Fact(name.replace("*", ""), word.removesuffix("*"), values, unit, asked)
