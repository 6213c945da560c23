"""Files, folders, paths, lines and globs that requests name, made up beside those of the repository.

Invariant: what belongs together agrees within one example: a kind of files and a file of it; a number in
words and as digits; a made-up file has the lines that the request asks for.
"""

import random
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from training.generation import file_kinds
from training.generation.catalogue import words
from training.generation.data_files import data, lines_of, words_of
from training.generation.finders import Finder, by_dice
from training.generation.made_up import expanded
from training.generation.spelling import capitalised

if TYPE_CHECKING:
    from training.generation.slots import Slots

NUMBERS = ("{line_at}", "{line_from}", "{line_to}", "{amount}")
"""Arguments that are whole numbers."""
IMPLIED: Mapping[str, tuple[str, ...]] = {
    "kind_glob": ("kind", "kind_one", "ending"),
    "amount": ("amount_words",),
    "line_at": ("line_ordinal",),
}
"""Slots whose value follows from one of others."""
lines = partial(lines_of, "file_requests")
single = partial(words_of, "file_requests")
"""A list of ``file_requests.toml``, line by line or word by word."""


def made(name: str, dice: random.Random) -> str:
    """One line of a list, its form expanded."""
    return expanded(dice.choice(lines(name)), dice, _words)


def _words(name: str) -> tuple[str, ...]:
    """The list that a form names: one of this file's, or a shared one."""
    if name == "endings":
        return tuple(kind.ending.removeprefix(".") for kind in file_kinds.file_kinds()[:60] if kind.ending)
    if name == "errors":
        return lines(name)
    return single(name) if name in data("file_requests") else words(name)


def _kind_file(slots: "Slots") -> str:
    """A name that the glob matches."""
    kind = file_kinds.chosen_kind(slots)
    return f"{_stem(slots.dice)}{kind.ending}" if kind.ending else kind.glob


def _stem(dice: random.Random) -> str:
    return made("stem_forms", dice)


def _leaf(dice: random.Random) -> str:
    """The name of a file, written as files of its language are."""
    naming = dice.choice(("snake", "snake", "dashed", "dashed", "capital", "plain"))
    ending, stem = dice.choice(single(naming)), _stem(dice)
    if naming == "dashed":
        stem = stem.replace("_", "-")
    if naming == "capital":
        stem = capitalised(stem)
    return f"{stem}.{ending}"


def _folder_path(dice: random.Random) -> str:
    """A folder that cannot be taken for the web or the documentation."""
    found = (made("folder_forms", dice) for _ in range(50))
    return next(folder for folder in found if folder not in single("other_places"))


def _path(slots: "Slots") -> str:
    """A file that is there: mostly one in a folder, often a name that many projects have, or a near one."""
    dice = slots.dice
    roll = dice.random()
    if roll < 0.22:
        return dice.choice(single("known_files"))
    if roll < 0.34:
        return dice.choice(single("near_files"))
    folder = dice.choice(("", f"{_folder_path(dice)}/", f"{_folder_path(dice)}/"))
    return folder + _leaf(dice)


def _text(slots: "Slots") -> str:
    """What the made-up file holds: as many lines as the request asks for, and some more."""
    asked = [int(slots.values.get(one.strip("{}"), 0)) for one in NUMBERS]
    ending = slots["made_file"].rpartition(".")[2]
    families = data("file_requests")["families"]
    family = next((name for name, endings in families.items() if ending in endings.split()), "txt")
    count = max(asked) + slots.dice.randint(2, 9)
    return "\n".join(made(f"text_of_{family}", slots.dice) for _ in range(count)) + "\n"


def _line_number(slots: "Slots") -> str:
    dice = slots.dice
    return str(dice.choice((dice.randint(1, 30), dice.randint(2, 120), dice.randint(20, 450))))


def _line_to(slots: "Slots") -> str:
    return str(
        int(slots["line_from"]) + slots.dice.choice((1, 2, 3, 5, 9, 10, 15, 20, slots.dice.randint(1, 90)))
    )


def _line_ordinal(slots: "Slots") -> str:
    """``third`` or ``3rd``."""
    number = slots.dice.randint(2, len(single("ordinals")))
    slots.values["line_at"] = str(number)
    ending = {2: "nd", 3: "rd"}.get(number, "th")
    return slots.dice.choice((single("ordinals")[number - 1], f"{number}{ending}"))


def _amount(slots: "Slots") -> str:
    dice = slots.dice
    return str(
        dice.choice(
            (dice.randint(2, 20), dice.randint(2, 60), dice.choice((25, 40, 50, 75, 80, 100, 150, 200)))
        )
    )


def _amount_words(slots: "Slots") -> str:
    number, _, said = slots.dice.choice(lines("amounts")).partition(" ")
    slots.values["amount"] = number
    return said


def _name_glob(slots: "Slots") -> str:
    """A glob that names no folder."""
    found = (made("glob_forms", slots.dice) for _ in range(50))
    return next(glob for glob in found if "/" not in glob)


FINDERS: Mapping[str, Finder] = {
    **file_kinds.FINDERS,
    "kind_file": _kind_file,
    "dir": by_dice(_folder_path),
    "near_dir": lambda slots: slots.dice.choice(single("nearfolders")),
    "leaf": by_dice(_leaf),
    "stem": by_dice(_stem),
    "made_file": _path,
    "near_file": lambda slots: slots.dice.choice(single("near_files")),
    "made_text": _text,
    "line_at": _line_number,
    "line_ordinal": _line_ordinal,
    "line_from": _line_number,
    "line_to": _line_to,
    "amount": _amount,
    "amount_words": _amount_words,
    "globbed": by_dice(partial(made, "glob_forms")),
    "name_glob": _name_glob,
    "everywhere": by_dice(partial(made, "everywhere")),
}
