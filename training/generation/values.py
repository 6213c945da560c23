"""Values of parameters: as a person says them, and as a call has them.

How a kind of value is written in the data:

``city`` one of the named values; ``fast|slow`` one of an enum; ``1..30`` and ``100..900/50`` whole numbers;
``0.5..9.5`` numbers with so many decimals; ``bool``; ``date``; ``time``; ``[1..30]`` and ``[city]`` a list,
``[2 * 1..30]`` one of that length; ``{width 1..9; height 1..9}`` an object. A named value such as
``"euros => EUR"`` is said otherwise than it is written in a call.
"""

import calendar
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from training.generation.data_files import ARROW

RANGE = re.compile(r"(-?\d+(?:\.(\d+))?)\.\.(-?\d+(?:\.\d+)?)(?:/(\d+))?")
MONTHS = calendar.month_name
LIST = re.compile(r"\[(?:(\d+) \* )?(.+)\]")
SHORTEST_LIST, LONGEST_LIST = 3, 6


@dataclass(frozen=True)
class Value:
    """``said`` stands in a request, ``value`` in the call."""

    said: str
    value: Any


class ValueKind(Protocol):
    """What a parameter takes."""

    @property
    def schema(self) -> dict[str, Any]: ...

    def draw(self, dice: random.Random) -> Value: ...


@dataclass(frozen=True)
class Words:
    """Strings out of a list."""

    values: tuple[Value, ...]

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "string"}

    def draw(self, dice: random.Random) -> Value:
        return dice.choice(self.values)


@dataclass(frozen=True)
class Choice:
    """One of an enum, said with spaces for underscores."""

    values: tuple[str, ...]

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": list(self.values)}

    def draw(self, dice: random.Random) -> Value:
        value = dice.choice(self.values)
        return Value(value.replace("_", " "), value)


@dataclass(frozen=True)
class Whole:
    """Whole numbers, both ends included; large ones are sometimes said with commas."""

    low: int
    high: int
    step: int = 1

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "integer"}

    def draw(self, dice: random.Random) -> Value:
        value = dice.randrange(self.low, self.high + 1, self.step)
        commas = value >= 10_000 and dice.random() < 0.5
        return Value(f"{value:,}" if commas else str(value), value)


@dataclass(frozen=True)
class Number:
    """Numbers with at most ``decimals``; a third of them are whole."""

    low: float
    high: float
    decimals: int

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "number"}

    def draw(self, dice: random.Random) -> Value:
        value: float = round(dice.uniform(self.low, self.high), self.decimals)
        if value == int(value) or (dice.random() < 0.33 and self.low <= round(value) <= self.high):
            value = round(value)
        return Value(str(value), value)


@dataclass(frozen=True)
class Flag:
    """True or false; requests say it in their own words."""

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}

    def draw(self, dice: random.Random) -> Value:
        value = dice.random() < 0.5
        return Value("yes" if value else "no", value)


@dataclass(frozen=True)
class Date:
    """A day, written YYYY-MM-DD."""

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "string"}

    def draw(self, dice: random.Random) -> Value:
        year, month, day = dice.randint(2023, 2027), dice.randint(1, 12), dice.randint(1, 28)
        written = f"{year}-{month:02}-{day:02}"
        name = MONTHS[month]
        return Value(
            dice.choice((written, written, f"{name} {day}, {year}", f"{day} {name} {year}")), written
        )


@dataclass(frozen=True)
class Time:
    """A time of day, written HH:MM."""

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "string"}

    def draw(self, dice: random.Random) -> Value:
        hour, minute = dice.randint(6, 22), dice.choice((0, 0, 15, 30, 45))
        written = f"{hour:02}:{minute:02}"
        half, twelve = "pm" if hour >= 12 else "am", hour % 12 or 12
        spoken = f"{twelve} {half}" if minute == 0 else f"{twelve}:{minute:02} {half}"
        return Value(dice.choice((written, spoken)), written)


@dataclass(frozen=True)
class ListOf:
    """Several values, ``length`` of them where it is not 0; strings are not repeated."""

    item: ValueKind
    length: int = 0

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": self.item.schema}

    def draw(self, dice: random.Random) -> Value:
        length = self.length or dice.randint(SHORTEST_LIST, LONGEST_LIST)
        drawn = [self.item.draw(dice) for _ in range(length)]
        if self.item.schema["type"] == "string":
            drawn = list({one.said: one for one in drawn}.values())
        said = [one.said for one in drawn]
        return Value(_bracketed(said) if self.length else _listed(said, dice), [one.value for one in drawn])


@dataclass(frozen=True)
class ObjectOf:
    """An object of named values."""

    parts: Mapping[str, ValueKind]

    @property
    def schema(self) -> dict[str, Any]:
        properties = {name: kind.schema for name, kind in self.parts.items()}
        return {"type": "object", "properties": properties, "required": list(properties)}

    def draw(self, dice: random.Random) -> Value:
        drawn = {name: kind.draw(dice) for name, kind in self.parts.items()}
        said = " and ".join(f"{name.replace('_', ' ')} {one.said}" for name, one in drawn.items())
        return Value(said, {name: one.value for name, one in drawn.items()})


def read_kind(text: str, named: Mapping[str, Words]) -> ValueKind:
    """The kind that ``text`` writes. Raises ValueError."""
    plain: dict[str, ValueKind] = {"bool": Flag(), "date": Date(), "time": Time()}
    if text in named or text in plain:
        return named.get(text) or plain[text]
    if match := LIST.fullmatch(text):
        length, item = match.groups()
        return ListOf(read_kind(item, named), int(length or 0))
    if text.startswith("{") and text.endswith("}"):
        parts = (part.strip().partition(" ") for part in text[1:-1].split(";"))
        return ObjectOf({name: read_kind(kind, named) for name, _, kind in parts})
    if match := RANGE.fullmatch(text):
        low, decimals, high, step = match.groups()
        if decimals:
            return Number(float(low), float(high), len(decimals))
        return Whole(int(low), int(high), int(step or 1))
    if "|" in text:
        return Choice(tuple(text.split("|")))
    raise ValueError(f"no kind of value is written {text!r}")


def read_words(lines: Sequence[str]) -> Words:
    """Named values."""
    pairs = (line.partition(ARROW) for line in lines)
    return Words(tuple(Value(said, written or said) for said, _, written in pairs))


def read_value(text: str, kind: ValueKind) -> Any:
    """A value written out beside a request."""
    wanted = kind.schema["type"]
    if wanted == "boolean":
        return {"true": True, "false": False}[text]
    if wanted in ("integer", "number"):
        return float(text) if "." in text else int(text)
    return text


def _listed(said: Sequence[str], dice: random.Random) -> str:
    form = dice.randrange(4)
    if form == 0 and said[0][0] in "[-0123456789":
        return _bracketed(said)
    if form < 2 or len(said) == 1:
        return ", ".join(said)
    return f"{', '.join(said[:-1])}{',' if form == 3 else ''} and {said[-1]}"


def _bracketed(said: Sequence[str]) -> str:
    return f"[{', '.join(said)}]"
