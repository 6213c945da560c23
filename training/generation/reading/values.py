"""Values for the slots of texts and questions.

A slot is filled by what its name stands for: ``1..9`` a number, ``a|b|c`` one of several, the name of a
list of ``slots.toml`` one of its lines, and anything else is the value itself. All of
them may hold slots again. ``port2`` is another value of what ``port`` is, and ``time`` is later at every use.
"""

import random
import re
from collections.abc import Callable, Mapping
from functools import cache

from training.generation.data_files import data, lines
from training.generation.facts import person

SLOT = re.compile(r"\{([a-z][a-z_]*[0-9]?)\}")
_RANGE = re.compile(r"(\d+)\.\.(\d+)")
_TRIES = 20


class Scope:
    """Values by slot, each drawn once; ``outer`` gives those that this scope does not have itself.

    ``owns`` says which slots are drawn here, and ``taken`` holds what other scopes of the same sort drew.
    """

    def __init__(
        self,
        dice: random.Random,
        declared: Mapping[str, str],
        *,
        outer: "Scope | None" = None,
        prefix: str = "",
        taken: "dict[str, set[str]] | None" = None,
    ) -> None:
        self._dice = dice
        self._declared = declared
        self._outer = outer
        self._prefix = prefix
        self._taken: dict[str, set[str]] = {} if taken is None else taken
        self._now = dice.randint(0, 70000) if outer is None else 0
        self.values: dict[str, str] = {}

    def fill(self, text: str) -> str:
        """The text with every known slot filled; other braces stay."""
        return SLOT.sub(lambda match: self._value(match[1], match[0]), text)

    def used_in(self, text: str) -> list[str]:
        """The values that fill the slots of a text."""
        return [self._value(name, "") for name in SLOT.findall(text)]

    def _value(self, name: str, otherwise: str) -> str:
        if self._outer is not None and not self._owns(name):
            return self._outer._value(name, otherwise)
        if name not in self.values:
            spec = self._spec(name)
            if spec is None:
                return otherwise
            self.values[name] = self._drawn(name, spec)
        return self.values[name]

    def _owns(self, name: str) -> bool:
        return name == self._prefix or name.startswith(f"{self._prefix}_")

    def _spec(self, name: str) -> str | None:
        base = name.rstrip("0123456789")
        for one in (name, base):
            if one in self._declared:
                return self._declared[one]
        short = base.removeprefix(f"{self._prefix}_") if self._prefix else base
        return short if known(short) or short == "time" else None

    def _drawn(self, name: str, spec: str) -> str:
        """Another value than those of its sort, if there is one."""
        base = name.rstrip("0123456789")
        taken = self._taken.setdefault(base, set())
        for _ in range(_TRIES):
            value = self._time() if spec == "time" else self._inner(draw(spec, self._dice))
            if value not in taken:
                break
        taken.add(value)
        return value

    def _inner(self, text: str) -> str:
        """A value with its own slots filled: those of the template as they are there, others afresh."""
        fresh = Scope(self._dice, {})
        return SLOT.sub(
            lambda match: (self if self._has(match[1]) else fresh)._value(match[1], match[0]), text
        )

    def _has(self, name: str) -> bool:
        return name.rstrip("0123456789") in self._declared or bool(self._prefix and self._owns(name))

    def _time(self) -> str:
        """A time of day, later than the one before."""
        if self._outer is not None:
            return self._outer._time()
        self._now = (self._now + self._dice.randint(1, 900)) % 86400
        return f"{self._now // 3600:02}:{self._now // 60 % 60:02}:{self._now % 60:02}"


def draw(spec: str, dice: random.Random) -> str:
    """A value of what the slot stands for."""
    if match := _RANGE.fullmatch(spec):
        return str(dice.randint(int(match[1]), int(match[2])))
    if "|" in spec:
        return dice.choice(spec.split("|"))
    if spec in _MAKERS:
        return _MAKERS[spec](dice)
    found = shared().get(spec)
    if found is None:
        return spec
    return draw(found[0], dice) if len(found) == 1 else dice.choice(found)


def known(name: str) -> bool:
    """Whether there is a list or a maker of the name."""
    return name in shared() or name in _MAKERS


@cache
def shared() -> Mapping[str, tuple[str, ...]]:
    """The lists of ``slots.toml``."""
    return {name: lines(text) for name, text in data("reading/slots").items()}


def _hex(length: int) -> Callable[[random.Random], str]:
    return lambda dice: "".join(dice.choice("0123456789abcdef") for _ in range(length))


def _clock(dice: random.Random) -> str:
    return f"{dice.randint(0, 23):02}:{dice.randint(0, 59):02}"


def _iso_date(dice: random.Random) -> str:
    return f"20{dice.randint(18, 26)}-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}"


def _version(dice: random.Random) -> str:
    return f"{dice.randint(0, 9)}.{dice.randint(0, 20)}.{dice.randint(0, 12)}"


def _address(dice: random.Random) -> str:
    return f"{dice.choice(('10.0', '192.168', '172.16'))}.{dice.randint(0, 30)}.{dice.randint(2, 250)}"


_MAKERS: Mapping[str, Callable[[random.Random], str]] = {
    "person": person,
    "hash": _hex(7),
    "id": _hex(12),
    "clock": _clock,
    "second": lambda dice: f"{_clock(dice)}:{dice.randint(0, 59):02}",
    "date": _iso_date,
    "version": _version,
    "address": _address,
    "two": lambda dice: f"{dice.randint(10, 59)}",
    "float": lambda dice: f"{dice.randint(0, 99)}.{dice.randint(0, 99):02}",
}
