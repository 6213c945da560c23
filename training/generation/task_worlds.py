"""Small repositories, for tasks that bring the files that they are about.

Invariant: the same seed gives the same files, and each is about a domain of its own. In half of them one line
of configuration is changed and not committed, and nothing else is.
"""

import random
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from training.generation.catalogue import words
from training.generation.finders import Finder, Unfillable, together
from training.generation.task_facts import made_case
from training.generation.worlds import World

if TYPE_CHECKING:
    from training.generation.slots import Slots

_BESIDE = (0, 0, 0, 1, 2, 3, 4, 6)
"""How many files of other matters there are."""


@lru_cache(maxsize=64)
def make_small_world(seed: int) -> World:
    """A README, perhaps a document more, files of other matters, and perhaps one with a change in it."""
    dice = random.Random(f"small/{seed}")
    name = dice.choice(words("nouns"))
    files = {"README.md": f"# {name.capitalize()}\n\n{dice.choice(words('sentences')).capitalize()}.\n"}
    if dice.random() < 0.4:
        files[dice.choice(words("documents")[1:])] = f"{dice.choice(words('sentences')).capitalize()}.\n"
    files |= _beside(files, dice)
    changed = {}
    if dice.random() < 0.5:
        case = made_case(dice.choice(("conf", "code", "note")), dice)
        files[case.path] = case.text
        changed[case.path] = case.text.replace(case.line, case.fixed)
    return World(files, changed, (), (), ())


def _beside(files: Mapping[str, str], dice: random.Random) -> dict[str, str]:
    """Files that nobody asked for: who looks for one has to choose it by its name."""
    found: dict[str, str] = {}
    domains: list[str] = []
    for _ in range(dice.choice(_BESIDE)):
        case = made_case(dice.choice(("conf", "code", "note", "aside", "beside")), dice)
        if case.path not in files and case.domain not in domains:
            found[case.path] = case.text
            domains.append(case.domain)
    return found


def _change(slots: "Slots") -> dict[str, str]:
    """The one line that is changed."""
    for path, text in slots.world.changed.items():
        before, after = slots.world.files[path].splitlines(), text.splitlines()
        differ = [pair for pair in zip(before, after, strict=False) if pair[0] != pair[1]]
        if len(before) == len(after) and len(differ) == 1:
            old, new = (line.strip() for line in differ[0])
            return {"diff_path": path, "diff_old": old, "diff_new": new}
    raise Unfillable("diff_path")


FINDERS: Mapping[str, Finder] = together(_change, ("diff_path", "diff_old", "diff_new"))
