"""Templates of texts, with the facts in them and questions about each.

A body holds lines with slots. ``<<fact|text>>`` marks a fact: the line answers the questions of that name,
with the text. Blocks stand between a line with ``%`` and ``%end``, their units divided by ``%-`` (without
one, each line is a unit):

- ``%each row 2..5`` repeats with fresh values for ``{row}`` and ``{row_...}``,
- ``%any`` shuffles its units,
- ``%some`` leaves some of them out as well (``%some 1..5`` keeps so many),
- ``%opt`` is there or not,
- ``%pick`` is one of its units,
- ``%wrap 60..90`` is a paragraph, broken at that width anywhere but in a fact.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from training.generation.data_files import data, lines, names_in

MARK = re.compile(r"<<([a-z][a-z_0-9]*)\|(.+?)>>")
_BLOCKS = ("each", "any", "some", "opt", "pick", "wrap")


@dataclass(frozen=True)
class Block:
    """Lines (``str``) and blocks, in units."""

    sort: str
    argument: str
    units: tuple["Unit", ...]


Unit = tuple[str | Block, ...]


@dataclass(frozen=True)
class Template:
    """One kind of text."""

    kind: str
    calls: tuple[str, ...]
    """``read``, ``sh``, ``sh1`` (ends with code 1), ``tests``, ``tests1``, ``diff``, ``list``, ``search`` or
    ``docs``, and the argument."""
    slots: Mapping[str, str]
    body: Block
    asked: Mapping[str, tuple[str, ...]]
    """Questions by fact."""
    shown: tuple[str, ...]
    """Requests that the whole text fulfils."""
    unanswered: tuple[str, ...]
    """Questions that the text never answers."""


@cache
def templates() -> tuple[Template, ...]:
    """Those of ``data/reading/texts``."""
    return tuple(
        _template(found)
        for name in names_in("reading/texts")
        for found in data(f"reading/texts/{name}")["text"]
    )


def facts_in(unit: Unit) -> Iterator[str]:
    for part in unit:
        if isinstance(part, str):
            yield from (match[1] for match in MARK.finditer(part))
        elif part.sort != "each":
            for inner in part.units:
                yield from facts_in(inner)


def _template(found: Mapping[str, Any]) -> Template:
    body, end = _parsed(str(found["body"]).strip("\n").split("\n"), 0)
    if end:
        raise ValueError(f"{found['kind']}: %end without a block")
    questions = {fact: tuple(expanded(text)) for fact, text in found["ask"].items()}
    return Template(
        str(found["kind"]),
        tuple(found["call"]),
        found.get("slots", {}),
        Block("body", "", (tuple(body),)),
        {fact: texts for fact, texts in questions.items() if fact not in ("show", "none")},
        questions.get("show", ()),
        questions.get("none", ()),
    )


def expanded(text: str) -> Iterator[str]:
    """Questions line by line; ``@port the cache`` stands for all wordings of ``port``,
    those in other languages (behind ``~``) only where the thing is a single name."""
    for line in lines(text):
        if not line.startswith("@"):
            yield line
            continue
        name, _, of = line[1:].partition(" ")
        named = of.startswith("{") and " " not in of
        forms = [form for form in phrases()[name] if named or not form.startswith("~")]
        yield from (form.removeprefix("~").replace("{of}", of) for form in forms)


@cache
def phrases() -> Mapping[str, tuple[str, ...]]:
    """Wordings by what is asked for, with ``{of}`` for the thing."""
    return {name: lines(text) for name, text in data("reading/phrases").items()}


def _parsed(text: list[str], at: int) -> tuple[list[str | Block], int]:
    """Parts up to the end of the block, and the index behind it, or 0 at the end of the text."""
    units, at = _units(text, at)
    return [part for unit in units for part in unit], at


def _units(text: list[str], at: int) -> tuple[list[Unit], int]:
    units: list[list[str | Block]] = [[]]
    divided = False
    while at < len(text):
        line = text[at]
        at += 1
        if line == "%end":
            return _divided(units, divided), at
        if line == "%-":
            units.append([])
            divided = True
        elif line.startswith("%") and line[1:].split(" ")[0] in _BLOCKS:
            sort, _, argument = line[1:].partition(" ")
            inner, at = _units(text, at)
            if sort in ("each", "opt", "wrap") and len(inner) > 1:
                inner = [tuple(part for unit in inner for part in unit)]
            units[-1].append(Block(sort, argument, tuple(inner)))
        else:
            units[-1].append(line)
    return _divided(units, divided), 0


def _divided(units: list[list[str | Block]], divided: bool) -> list[Unit]:
    """As they are divided, else one for each line."""
    if divided:
        return [tuple(unit) for unit in units if unit]
    return [(part,) for part in units[0]]
