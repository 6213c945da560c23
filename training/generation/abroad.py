"""Names of files, words and texts in other natural languages, as people who write them have them."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from training.generation.catalogue import words
from training.generation.data_files import data, lines_of, words_of
from training.generation.finders import Finder, together

if TYPE_CHECKING:
    from training.generation.slots import Slots

LANGUAGES = ("cs", "de", "es", "fr", "hi", "it", "ja", "ko", "nl", "pl", "pt", "ru", "sv", "tr", "uk", "zh")
IMPLIED: Mapping[str, tuple[str, ...]] = {"format_glob": ("format",)}
"""Slots whose value follows from one of others."""
_TIGHT = ("ja", "zh")
"""Languages that put no space between words."""
_OF_LINES = ("texts", "topics", "times")


def _list(language: str, name: str) -> tuple[str, ...]:
    """Lines, or single words where the list is one of names."""
    return (lines_of if name in _OF_LINES else words_of)("abroad", language, name)


def _name(language: str, slots: "Slots") -> str:
    dice = slots.dice
    stems = dice.sample(_list(language, "stems"), 2)
    stem = dice.choice((stems[0], stems[0], f"{stems[0]}_{stems[1]}", f"{stems[0]}{dice.randint(1, 30)}"))
    return f"{stem}.{dice.choice(words_of('abroad', 'files', 'endings'))}"


def _folder(language: str, slots: "Slots") -> str:
    first, second = slots.dice.sample(_list(language, "folders"), 2)
    return slots.dice.choice((first, first, f"{first}/{second}", f"src/{first}"))


def _file(language: str, slots: "Slots") -> str:
    name = _name(language, slots)
    return slots.dice.choice(
        (name, f"{_folder(language, slots)}/{name}", f"{_folder(language, slots)}/{name}")
    )


def _word(language: str, slots: "Slots") -> str:
    first, second = slots.dice.sample(_list(language, "words"), 2)
    return slots.dice.choice((first, first, first, f"{first}_{second}", first.upper()))


def _text(language: str, slots: "Slots") -> str:
    dice = slots.dice
    word = dice.choice(_list(language, "words"))
    text = dice.choice(_list(language, "texts"))
    return dice.choice((text, text, f"{word}: {text}", word, f"{text} {dice.randint(1, 99)}"))


def _query(language: str, slots: "Slots") -> str:
    dice, space = slots.dice, "" if language in _TIGHT else " "
    topic = dice.choice(_list(language, "topics"))
    return dice.choice((topic, topic + space + dice.choice(_list(language, "times"))))


def _format(slots: "Slots") -> dict[str, str]:
    """A language or format of files, its glob and a file of it."""
    formats = data("abroad")["formats"]
    name = slots.dice.choice(sorted(formats))
    glob, noun = formats[name], slots.dice.choice(words("nouns"))
    return {"format": name, "format_glob": glob, "format_file": noun + glob.removeprefix("*")}


_KINDS: Mapping[str, Callable[[str, "Slots"], str]] = {
    "name": _name,
    "folder": _folder,
    "file": _file,
    "word": _word,
    "text": _text,
    "query": _query,
}
FINDERS: Mapping[str, Finder] = {
    **{f"{kind}_{one}": partial(make, one) for kind, make in _KINDS.items() for one in LANGUAGES},
    **together(_format, ("format", "format_glob", "format_file")),
}
"""``file_de`` is a file with a German name, and so on."""
