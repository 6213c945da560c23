"""Kinds of files that requests name: their globs, their endings and what people call them.

Invariant: a kind, one of it, its glob and its ending agree within one example.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from training.generation.data_files import lines_of
from training.generation.finders import Finder

if TYPE_CHECKING:
    from training.generation.slots import Slots


@dataclass(frozen=True)
class FileKind:
    """``nouns`` follow the names; without any, a name is the noun."""

    glob: str
    names: tuple[str, ...]
    nouns: tuple[str, ...]

    @property
    def ending(self) -> str:
        """With its dot; empty where the glob is a name."""
        return self.glob.removeprefix("*") if self.glob.startswith("*") else ""


@cache
def file_kinds() -> tuple[FileKind, ...]:
    """The table of kinds."""
    rows = (line.split("|") for line in lines_of("file_requests", "kinds"))
    return tuple(FileKind(glob.strip(), _split(names), _split(nouns)) for glob, names, nouns in rows)


def _kind_glob(slots: "Slots") -> str:
    return slots.dice.choice(file_kinds()).glob


def chosen_kind(slots: "Slots") -> FileKind:
    """The kind that the request is about."""
    fitting = [kind for kind in file_kinds() if kind.glob == slots["kind_glob"]]
    return slots.dice.choice(fitting)


def _kind(slots: "Slots") -> str:
    """Many of a kind: ``python scripts``, ``.py files``."""
    kind, dice = chosen_kind(slots), slots.dice
    name = dice.choice(kind.names)
    if not kind.nouns:
        return name + "s"
    if not kind.ending or dice.random() < 0.6:
        return f"{name} {dice.choice((*kind.nouns[:1], *kind.nouns))}"
    return dice.choice((f"{kind.ending} files", f"{kind.ending[1:]} files", f"{kind.glob} files"))


def _kind_one(slots: "Slots") -> str:
    """One of a kind: ``python script``, ``.py file``."""
    kind, dice = chosen_kind(slots), slots.dice
    name = dice.choice(kind.names)
    if not kind.nouns:
        return name
    if kind.ending and dice.random() < 0.3:
        return f"{kind.ending} file"
    return f"{name} file"


def _ending(slots: "Slots") -> str:
    """``.py``, or ``py`` now and then."""
    if "kind_glob" not in slots.values:
        with_one = [kind.glob for kind in file_kinds() if kind.ending]
        slots.values["kind_glob"] = slots.dice.choice(with_one)
    ending = chosen_kind(slots).ending
    found = slots.choose([ending] if ending else [], "ending")
    return found if slots.dice.random() < 0.7 else found[1:]


def _split(text: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in text.split(",") if one.strip())


FINDERS: Mapping[str, Finder] = {
    "kind_glob": _kind_glob,
    "kind": _kind,
    "kind_one": _kind_one,
    "ending": _ending,
}
