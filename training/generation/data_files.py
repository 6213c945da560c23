"""The package's data files, each read once, and the lists in them.

Invariant: whoever reads a file gets the same objects, and changes nothing in them.
"""

import tomllib
from functools import cache
from importlib import resources
from typing import Any

_DATA = resources.files("training.generation") / "data"
ARROW = " => "
"""Stands between what is asked, said or there before, and what is right of it."""


@cache
def data(name: str) -> dict[str, Any]:
    """The tables of ``data/<name>.toml``."""
    return tomllib.loads(text_of(name))


def text_of(name: str) -> str:
    """``data/<name>.toml`` as it is written."""
    return (_DATA / f"{name}.toml").read_text("utf-8")


def names_in(folder: str) -> list[str]:
    """The files of a folder, as ``data`` takes them without the folder."""
    files = sorted(file.name for file in (_DATA / folder).iterdir())
    return [name.removesuffix(".toml") for name in files if name.endswith(".toml")]


@cache
def words_of(name: str, *path: str) -> tuple[str, ...]:
    """A text of the file, word by word."""
    return tuple(_found(name, path).split())


@cache
def lines_of(name: str, *path: str) -> tuple[str, ...]:
    """A text of the file, line by line."""
    return lines(_found(name, path))


@cache
def pairs_of(name: str, *path: str) -> tuple[tuple[str, str], ...]:
    """A text of the file whose lines have two sides with `` | `` between them."""
    parts = (line.partition(" | ") for line in lines_of(name, *path))
    return tuple((left, right) for left, _, right in parts)


def lines(text: str) -> tuple[str, ...]:
    """Line by line. Empty lines around the text are none of them."""
    return tuple(text.strip("\n").splitlines())


def _found(name: str, path: tuple[str, ...]) -> str:
    found: Any = data(name)
    for key in path:
        found = found[key]
    text: str = found
    return text
