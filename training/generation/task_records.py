"""Slots of a folder that holds one file for each of several things: tours, rooms, machines.

Invariant: the files of one folder have the same shape; ``line`` stands once in ``text``, and ``fixed`` is
that line with the ``new`` value. The value that is asked for a thing stands in no other file.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from training.generation.data_files import data, lines
from training.generation.facts import Fact
from training.generation.finders import Finder, Unfillable, together

if TYPE_CHECKING:
    from training.generation.slots import Slots

_COUNT = 4
"""Files of one folder."""


@dataclass(frozen=True)
class Field:
    """``asked`` and ``which`` are ways to ask, for the value and for the thing that has it."""

    fact: Fact
    asked: tuple[str, ...]
    which: tuple[str, ...]
    switch: tuple[str, ...]
    """Said to make it false, and true; empty for what is not a switch."""


@dataclass(frozen=True)
class Record:
    """A thing, one of its fields, and the files beside its own."""

    folder: str
    path: str
    text: str
    one: str
    thing: str
    field: str
    value: str
    new: str
    line: str
    fixed: str
    asked: str
    """The question for the value, without its mark."""
    which: str
    """The question for the thing; empty where nobody would ask it."""
    switched: str
    """What is said to get the new value; empty but for switches."""
    a_path: str
    a_text: str
    b_path: str
    b_text: str
    c_path: str
    c_text: str


def _bare(value: str) -> bool:
    return value.isdigit() or value in ("true", "false")


def _quoted(value: str) -> str:
    return value if _bare(value) else f'"{value}"'


def _front(topic: str, lines_: Sequence[str]) -> str:
    return "---\n" + "\n".join(lines_) + f"\n---\n\n{topic.capitalize()}.\n"


_WRITTEN: Mapping[str, tuple[Callable[[str, str], str], Callable[[str, Sequence[str]], str]]] = {
    "md": (lambda key, value: f"{key}: {value}", _front),
    "txt": (lambda key, value: f"{key.capitalize()}: {value}", lambda _, rows: "\n".join(rows) + "\n"),
    "yaml": (lambda key, value: f"{key}: {value}", lambda _, rows: "\n".join(rows) + "\n"),
    "toml": (lambda key, value: f"{key} = {_quoted(value)}", lambda _, rows: "\n".join(rows) + "\n"),
    "json": (
        lambda key, value: f'  "{key}": {_quoted(value)}',
        lambda _, rows: "{\n" + ",\n".join(rows) + "\n}\n",
    ),
    "rst": (
        lambda key, value: f":{key}: {value}",
        lambda topic, rows: f"{topic}\n{'=' * len(topic)}\n\n" + "\n".join(rows) + "\n",
    ),
}
"""By the ending of a file: how a line is written, and the whole."""


def made_record(dice: random.Random, last: bool, switch: bool, which: bool) -> Record:
    """``last``: the newest of a numbered folder; ``switch`` and ``which``: its field is of that sort."""
    kind_name = dice.choice([name for name, kind in sorted(_kinds().items()) if kind["newest"] or not last])
    kind = _kinds()[kind_name]
    known = _fields(kind_name)
    field = dice.choice([one for one in known if bool(one.switch) == switch and (one.which or not which)])
    topics = dice.sample(kind["topics"].split(), _COUNT)
    ending = dice.choice(sorted(_WRITTEN))
    folder = dice.choice(data("task_records")["folders"]) + kind_name
    paths = [f"{folder}/{stem}.{ending}" for stem in _stems(kind, topics, last, dice)]
    at = paths.index(max(paths)) if last else dice.randrange(_COUNT)
    kept = [one for one in known if one is field or dice.random() < 0.8]
    rows = [{one.fact.name: one.fact.draw(dice) for one in kept} for _ in topics]
    name, value = field.fact.name, rows[at][field.fact.name]
    new = field.fact.other_than(value, dice)
    texts = [_text(ending, topic, row) for topic, row in zip(topics, rows, strict=True)]
    write, _ = _WRITTEN[ending]
    thing = dice.choice(kind["newest"]) if last else dice.choice(kind["the"]).format(topics[at])
    others = [index for index in range(_COUNT) if index != at]
    ambiguous = which and any(value in texts[one] for one in others)
    if ambiguous or texts[at].count(write(name, value).strip()) > 1:
        raise Unfillable("record_value")
    return Record(
        folder=folder,
        path=paths[at],
        text=texts[at],
        one=kind["one"],
        thing=thing,
        field=name.replace("_", " "),
        value=value,
        new=new,
        line=write(name, value).strip(),
        fixed=write(name, new).strip(),
        asked=dice.choice(field.asked).format(thing) if field.asked else "",
        which=dice.choice(field.which).replace("<>", value) if field.which else "",
        switched=field.switch[new == "true"].format(thing) if field.switch else "",
        **{
            f"{letter}_{part}": of[index]
            for letter, index in zip("abc", others, strict=True)
            for part, of in (("path", paths), ("text", texts))
        },
    )


def _text(ending: str, topic: str, row: Mapping[str, str]) -> str:
    write, whole = _WRITTEN[ending]
    return whole(topic, [write(key, value) for key, value in row.items()])


def _stems(kind: Mapping[str, Any], topics: Sequence[str], last: bool, dice: random.Random) -> list[str]:
    style = dice.choice(data("task_records")["numbered" if last else "stages"])
    first, year = dice.randint(1, 60), dice.randint(2016, 2026)
    days = sorted(dice.sample(range(1, 336), len(topics)))
    places = dice.sample(range(len(topics)), len(topics))
    return [
        style.format(
            topic=topic.lower(),
            one=kind["one"],
            number=f"{first + place:02}",
            date=f"{year}-{days[place] // 28 + 1:02}-{days[place] % 28 + 1:02}",
        )
        for topic, place in zip(topics, places, strict=True)
    ]


def _kinds() -> Mapping[str, Mapping[str, Any]]:
    found: Mapping[str, Mapping[str, Any]] = data("task_records")["kind"]
    return found


@cache
def _fields(kind: str) -> tuple[Field, ...]:
    return tuple(_field(line) for line in lines(_kinds()[kind]["fields"]))


def _field(line: str) -> Field:
    name, values, asked, which, *switch = (part.strip() for part in line.split(";"))
    return Field(Fact(name, name, values, "", ""), _ways(asked), _ways(which), _ways(*switch))


def _ways(text: str = "") -> tuple[str, ...]:
    return tuple(text.split("|")) if text else ()


def _values(prefix: str, slots: "Slots") -> Mapping[str, str]:
    for _ in range(12):
        try:
            made = made_record(slots.dice, prefix == "newest", prefix == "switch", prefix == "which")
        except Unfillable:
            continue
        elsewhere = prefix == "which" and any(made.value in text for text in slots.world.files.values())
        if not elsewhere and made.path not in slots.world.files:
            return {f"{prefix}_{name}": value for name, value in vars(made).items()}
    raise Unfillable(f"{prefix}_path")


def _names(prefix: str) -> list[str]:
    """Each question has its own prefix."""
    strange = {"switch": {"asked", "which"}, "which": {"switched"}}.get(prefix, {"which", "switched"})
    return [f"{prefix}_{field.name}" for field in fields(Record) if field.name not in strange]


IMPLIED: Mapping[str, Sequence[str]] = {"which_value": ("which_which",)}
"""Slots that no request names, by those that hold them."""
PREFIXES = ("record", "newest", "switch", "which")
FINDERS: Mapping[str, Finder] = {
    name: finder
    for prefix in PREFIXES
    for name, finder in together(partial(_values, prefix), _names(prefix)).items()
}
