"""Edits and files that a request says whole: what stands where, and what shall stand there.

Invariant: the values of one kind belong together within one example, and the old text of an edit stands in
its file exactly once.
"""

import random
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING

from training.generation.catalogue import words
from training.generation.data_files import ARROW, data, lines, lines_of, words_of
from training.generation.finders import Finder, together

if TYPE_CHECKING:
    from training.generation.slots import Slots

IMPLIED: Mapping[str, Sequence[str]] = {
    "script_write_code": ("script_write_task",),
    "program_write_code": ("program_write_task",),
}
"""Slots that no request names, by those that say what they are."""
_NOT_RUN = ("html", "css", "sql", "java", "typescript")
_TOKEN = re.compile(r"<<([^<>]+)>>")
_NUMBER = re.compile(r"(\d+)-(\d+)[a-z]?")


class _Form:
    """Fills forms. A token that comes again has the same value again."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._bound: dict[str, str] = {}

    def filled(self, form: str) -> str:
        return _TOKEN.sub(lambda match: self[match[1]], form)

    def __getitem__(self, token: str) -> str:
        if token not in self._bound:
            self._bound[token] = self._found(token)
        return self._bound[token]

    def _found(self, token: str) -> str:
        if number := _NUMBER.fullmatch(token):
            return str(self._dice.randint(int(number[1]), int(number[2])))
        if "|" in token:
            return self._dice.choice(token.split("|"))
        if token[0] in _CHANGES:
            return _CHANGES[token[0]](self[token[1:]], self._dice)
        name = token.rstrip("123456789")
        taken = {value for other, value in self._bound.items() if other.rstrip("123456789") == name}
        values = [one for one in _values(name) if one not in taken]
        return _Form(self._dice).filled(self._dice.choice(values))


def edit(kind: str, dice: random.Random) -> dict[str, str]:
    """``file``, ``old``, ``new``, the file's ``text``, and ``name`` where what changes has one."""
    found = data("changes")["edits"][kind]
    place = dice.choice(found["places"].split())
    pairs = [*lines(found.get("pairs", "")), *lines(found.get(place, ""))]
    for _ in range(20):
        form = _Form(dice)
        old, new = form.filled(dice.choice(pairs)).split(ARROW)
        if old != new:
            break
    line = form.filled(dice.choice(lines(found.get("lines", "@@")))).replace("@@", old)
    made = {"file": _Form(dice).filled(f"<<{place}_file>>"), "old": old, "new": new}
    if "named" in found:
        made["name"] = form[found["named"]]
    return {**made, "text": _around(line, old, place, dice)}


def content(kind: str, dice: random.Random) -> dict[str, str]:
    """``file`` and ``content``; for two lines also the ``first`` and the ``second``."""
    path, *said = _Form(dice).filled(dice.choice(lines_of("changes", "contents", kind, "forms"))).split(ARROW)
    made = {"file": path, "content": "\n".join(said)}
    return made if len(said) == 1 else {**made, "first": said[0], "second": said[1]}


def script(dice: random.Random, without: Sequence[str] = ()) -> dict[str, str]:
    """``file``, ``task``, ``language`` and ``code`` of a small program, ``without`` some languages."""
    one = dice.choice([one for one in scripts() if one["language"] not in without])
    folder = dice.choice(("", "", "", f"{dice.choice(words('folders'))}/"))
    stem = dice.choice(one["stems"].split())
    return {
        "file": f"{folder}{stem}.{one['ending']}",
        "task": dice.choice(lines(one["tasks"])),
        "language": one["language"],
        "code": one["code"],
    }


@cache
def scripts() -> tuple[Mapping[str, str], ...]:
    """Those of ``scripts.toml``."""
    return tuple(data("scripts")["script"])


def _around(line: str, old: str, place: str, dice: random.Random) -> str:
    """A file with this line, in which the old text stands once."""
    beside = [_Form(dice).filled(one) for one in lines_of("changes", "beside", place)]
    beside = [one for one in beside if old not in one]
    before, after = (dice.sample(beside, min(len(beside), dice.randint(1, 3))) for _ in range(2))
    text = "\n".join((*before, line, *after)) + "\n"
    return text if text.count(old) == 1 else f"{old}\n"


def _mistyped(word: str, dice: random.Random) -> str:
    """Two letters swapped, one dropped or one doubled; the first letter stays."""
    at = dice.randrange(1, max(2, len(word) - 1))
    swapped = word[:at] + word[at + 1 : at + 2] + word[at] + word[at + 2 :]
    made = (swapped, word[:at] + word[at + 1 :], word[:at] + word[at - 1 :])
    return dice.choice([one for one in made if one != word])


def _turned(pair: str, dice: random.Random) -> str:
    old, new = pair.split(ARROW)
    return f"{new}{ARROW}{old}"


_CHANGES: Mapping[str, Callable[[str, random.Random], str]] = {
    "^": lambda word, dice: word[:1].upper() + word[1:],
    "!": lambda word, dice: word.upper(),
    "~": _mistyped,
    "-": _turned,
}


def _values(name: str) -> tuple[str, ...]:
    """A list of ``changes.toml``, else of ``words.toml``."""
    if name in data("changes")["words"]:
        return words_of("changes", "words", name)
    return lines_of("changes", "lines", name) if name in data("changes")["lines"] else words(name)


def _makers() -> dict[str, Callable[[random.Random], dict[str, str]]]:
    return {
        "script_write": script,
        "program_write": partial(script, without=_NOT_RUN),
        **{kind: partial(edit, kind) for kind in data("changes")["edits"]},
        **{f"{kind}_write": partial(content, kind) for kind in data("changes")["contents"]},
    }


def _parts(kind: str, make: Callable[[random.Random], dict[str, str]]) -> dict[str, Finder]:
    """What is made for a kind, each part in a slot."""

    def made(slots: "Slots") -> dict[str, str]:
        return {f"{kind}_{part}": value for part, value in make(slots.dice).items()}

    return together(made, [f"{kind}_{part}" for part in make(random.Random(kind))])


FINDERS: Mapping[str, Finder] = {
    name: find for kind, make in _makers().items() for name, find in _parts(kind, make).items()
}
