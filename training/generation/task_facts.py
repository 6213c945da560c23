"""Slots of a fact that a small file holds: what is asked, where it stands, how its line reads changed.

Invariant: the values of one prefix (``note_path``, ``note_line``, ...) belong together; ``line`` stands once
in ``text``, and ``fixed`` is that line with the ``new`` value. Facts of two prefixes are of two domains; no
other file is named after them or has the word that tells one.
"""

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import partial
from typing import TYPE_CHECKING

from training.generation.data_files import data
from training.generation.fact_forms import families
from training.generation.facts import Fact, facts
from training.generation.finders import Finder, together

if TYPE_CHECKING:
    from training.generation.slots import Slots

PREFIXES = ("fact", "conf", "code", "note", "caps", "aside", "beside", "stage")
_ANY = ("conf", "code", "note")
"""Families that a prefix without one of its own is drawn from."""
_BESIDE = ("aside", "beside")
"""Files that stand beside the one in question; their names say their domain."""
_NAMING_STEMS = 3
"""So many stems of those families, the first ones, name the domain."""


@dataclass(frozen=True)
class Case:
    """A fact, the file that holds it and what is asked about it."""

    path: str
    base: str
    """The path without its folder."""
    text: str
    domain: str
    name: str
    word: str
    before: str
    """With ``word`` and ``after`` the question."""
    after: str
    lead: str
    """With ``word`` and ``tail`` the name and its article."""
    tail: str
    question: str
    key: str
    """What the file calls it."""
    value: str
    new: str
    line: str
    fixed: str
    asked: str
    """The question of somebody who does not know the name."""
    said: str
    """The sentence that gives the new value."""
    right: str
    """The sentence that gives the value."""
    name_of_stage: str
    twin_path: str
    """Another stage's file, with other values."""
    twin_text: str


def made_case(prefix: str, dice: random.Random) -> Case:
    """A fact that is written as the prefix says."""
    family = families()[_family(prefix, dice)]
    form = dice.choice(family.forms)
    domain = dice.choice(sorted(facts()))
    rows = _rows(domain, dice)
    at = dice.randrange(len(rows))
    fact = rows[at]
    values = [row.draw(dice) for row in rows]
    value, new = values[at], fact.other_than(values[at], dice)
    lines = [form.written(domain, row, drawn) for row, drawn in zip(rows, values, strict=True)]
    line, fixed = lines[at], form.written(domain, fact, new)
    if fact is rows[-1]:
        line, fixed = form.at_the_end(line), form.at_the_end(fixed)
    ending = dice.choice(form.endings)
    stems = family.stems[:_NAMING_STEMS] if prefix in _BESIDE else family.stems
    stem = dice.choice(stems).format(domain)
    stage, other = dice.sample(data("task_facts")["lists"]["stages"], 2)
    whole = f"config/{stage}" if prefix == "stage" else dice.choice(family.folders) + stem
    path = f"{whole}.{ending}"
    twin = [form.written(domain, row, row.draw(dice)) for row in rows]
    unit, name = form.unit(fact), form.name(fact)
    word = fact.word if fact.word in line else fact.name.split()[0]
    before, after = fact.question(word, dice)
    return Case(
        path=path,
        base=path.rpartition("/")[2],
        text=form.text(domain, lines),
        domain=domain,
        name=name,
        word=word,
        before=before,
        after=after,
        lead="the " + name.partition(word)[0],
        tail=name.partition(word)[2],
        question=before + word + after,
        key=name if form.for_people else re.split("[:=]", line)[0].split()[-1].strip('"'),
        value=value + unit,
        new=new + unit,
        line=line.strip(),
        fixed=fixed.strip(),
        asked=fact.asked,
        said=f"The {name} is {new}{unit}.",
        right=f"The {name} is {value}{unit}.",
        name_of_stage=stage,
        twin_path=f"config/{other}.{ending}",
        twin_text=form.text(domain, twin),
    )


def _family(prefix: str, dice: random.Random) -> str:
    if prefix == "stage":
        return "conf"
    return prefix if prefix in families() else dice.choice(_ANY)


def _rows(domain: str, dice: random.Random) -> list[Fact]:
    """Those that the file holds."""
    known = facts()[domain]
    return dice.sample(known, min(len(known), dice.randint(3, 6)))


def _values(prefix: str, slots: "Slots") -> Mapping[str, str]:
    """A fact that cannot be taken for one of the other prefixes."""
    earlier = [one for one in PREFIXES if f"{one}_word" in slots.values]
    domains = [slots.values[f"{one}_domain"] for one in earlier]
    texts = [*slots.world.files.values(), *(slots.values[f"{one}_text"] for one in earlier)]
    words = [slots.values[f"{one}_word"] for one in earlier]
    words += [slots.values[one] for one in ("knob_word", "knob_value") if one in slots.values]
    while True:
        case = made_case(prefix, slots.dice)
        if (
            case.text.count(case.line) == 1
            and case.domain not in domains
            and not any(case.domain in path or case.path == path for path in slots.world.files)
            and not any(word.lower() in case.text.lower() for word in words)
            and not any(case.word.lower() in text.lower() for text in texts)
        ):
            return {f"{prefix}_{field}": value for field, value in vars(case).items()}


FINDERS: Mapping[str, Finder] = {
    name: finder
    for prefix in PREFIXES
    for name, finder in together(
        partial(_values, prefix), (f"{prefix}_{field.name}" for field in fields(Case))
    ).items()
}
