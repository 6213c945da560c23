"""What people hand over to be run, looked up or explained, composed from the forms of ``commands.toml``.

Invariant: of a pair, what is asked and what is right of it are made together, so they speak of the same.
"""

import random
import re
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import TYPE_CHECKING

from training.generation.catalogue import words
from training.generation.data_files import ARROW, data, lines
from training.generation.finders import Finder, by_dice, together

if TYPE_CHECKING:
    from training.generation.slots import Slots

_HOLE = re.compile("‹([^‹›]*)›")
_NUMBER = re.compile(r"(\d+)-(\d+)")
_ELSEWHERE = ("ls", "cat", "grep", "rg", "find", "head", "tail", "tree")
"""Programs whose job a tool of its own does: such a command stands alone only if it does more."""
_MORE = re.compile(r"[|>;&]")
_KINDS = (
    "shell",
    "code",
    "formula",
    "page",
    "query",
    "doc_query",
    "branch",
    "py_package",
    "js_package",
    "commit_message",
    "archive",
    "made_dir",
    "made_path",
    "made_path_new",
    "made_script",
    "check_file",
    "check_name",
    "check_node",
    "check_dir",
    "env_name",
    "version_tag",
    "phrase",
    "task_name",
)
"""Slots that are called as their list is."""
_PROGRAMS = ("git", "text", "net", "system", "build", "python", "docker")
_PAIRS = {
    "explained": "explanation",
    "pattern_asked": "pattern_meaning",
    "compared": "comparison",
    "judged_code": "judgement",
    "long_text": "short_text",
    "foreign_word": "translation",
    "predicted_code": "prediction",
}


@cache
def forms() -> Mapping[str, tuple[str, ...]]:
    """The lists of ``commands.toml``."""
    return {name: lines(text) for name, text in data("commands").items()}


def make(kind: str, dice: random.Random) -> str:
    """One of a kind."""
    return filled(dice.choice(forms()[kind]), dice)


def filled(form: str, dice: random.Random) -> str:
    """The form without holes. ``‹list›`` is one of a list, ``‹list#1›`` the same wherever it stands."""
    kept: dict[str, str] = {}
    while hole := _HOLE.search(form):
        form = form[: hole.start()] + _filling(hole[1], kept, dice) + form[hole.end() :]
    return form


def _filling(inside: str, kept: dict[str, str], dice: random.Random) -> str:
    if "¦" in inside:
        return dice.choice(inside.split("¦"))
    if inside in kept:
        return kept[inside]
    name, same, _ = inside.partition("#")
    value = _value(name, dice)
    if same:
        kept[inside] = value
    return value


def _value(name: str, dice: random.Random) -> str:
    if number := _NUMBER.fullmatch(name):
        return str(dice.randint(int(number[1]), int(number[2])))
    return make(name, dice) if name in forms() else dice.choice(words(name))


def alone(dice: random.Random) -> str:
    """A command that nobody takes for a request to another tool when it stands alone."""
    return _fitting(lambda command: command.split()[0] not in _ELSEWHERE or bool(_MORE.search(command)), dice)


def _fitting(fits: Callable[[str], bool], dice: random.Random) -> str:
    while not fits(command := make("shell", dice)):
        pass
    return command


def _pair(kind: str) -> dict[str, Finder]:
    """What is asked, and what is right of it."""

    def made(slots: "Slots") -> dict[str, str]:
        asked, _, right = make(kind, slots.dice).partition(ARROW)
        return {kind: asked, _PAIRS[kind]: right}

    return together(made, (kind, _PAIRS[kind]))


def _items(slots: "Slots") -> str:
    return ", ".join(slots.dice.sample(forms()["thing"], slots.dice.randint(3, 6)))


def _each(change: Callable[[list[str]], str]) -> Finder:
    return lambda slots: change(slots["items"].split(", "))


FINDERS: Mapping[str, Finder] = {
    **{name: find for kind in _PAIRS for name, find in _pair(kind).items()},
    **{kind: by_dice(partial(make, kind)) for kind in _KINDS},
    **{f"{kind}_command": by_dice(partial(make, kind)) for kind in _PROGRAMS},
    "joined_command": by_dice(partial(make, "joined")),
    "file_command": by_dice(partial(make, "fs")),
    "quoted_command": by_dice(partial(_fitting, lambda one: "'" in one or '"' in one)),
    "piped_command": by_dice(partial(_fitting, lambda one: bool(_MORE.search(one)))),
    "shell_alone": by_dice(alone),
    "items": _items,
    "bullets": _each(lambda items: "\n".join(f"- {one}" for one in items)),
    "numbered": _each(lambda items: "\n".join(f"{at}. {one}" for at, one in enumerate(items, 1))),
    "sorted_items": _each(lambda items: ", ".join(sorted(items))),
    "reversed_items": _each(lambda items: ", ".join(reversed(items))),
    "items_count": _each(lambda items: str(len(items))),
    "upper_phrase": lambda slots: slots["phrase"].upper(),
}
