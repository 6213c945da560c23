"""What a search is, and the Python engine of ``search_files``.

Invariant: the engines return the first matches in the order of paths and lines, over the same files, and
both stop at the deadline, at the cap, or when the search is given up. A regular expression that takes too
long on one line ends the search with a line that says so.
"""

import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tools.builtin.atomic import read_bytes
from tools.builtin.paths import Place, located, open_file, shown
from tools.builtin.texts import decode, lines_of
from tools.builtin.tree import Ignores, walk
from tools.calls import ToolError

MOST_MATCHES = 200
LARGEST_FILE = 4 << 20
_SECONDS = 30.0
_SECONDS_PER_LINE = 2.0

Match = tuple[str, int, str]
"""Path from the workspace, line number from 1, the line."""


@dataclass
class Found:
    matches: list[Match] = field(default_factory=list)
    cut: bool = False


@dataclass
class Query:
    """One search. ``compiled`` is a pattern of the ``regex`` module; ``literal`` means plain text."""

    pattern: str
    literal: bool
    compiled: Any
    place: Place
    ignores: Ignores
    stop: threading.Event
    deadline: float
    notes: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, pattern: str, place: Place, ignores: Ignores, stop: threading.Event) -> "Query":
        """A pattern that is no regular expression is searched as plain text, and that is said."""
        import regex  # type: ignore[import-untyped]

        notes: list[str] = []
        try:
            compiled, literal = regex.compile(pattern), False
        except (regex.error, RecursionError, OverflowError) as error:
            notes.append(f"not a regular expression ({error}); searched as plain text")
            compiled, literal = regex.compile(regex.escape(pattern)), True
        return cls(pattern, literal, compiled, place, ignores, stop, time.monotonic() + _SECONDS, notes)

    def given_up(self, within_s: float = 0.0) -> bool:
        """True where nobody waits for the search, now or ``within_s`` from now, or its time is over."""
        return self.stop.wait(within_s) or time.monotonic() > self.deadline

    def check(self) -> None:
        """Raise ToolError where the search took too long, or nobody waits for it any more."""
        if self.given_up():
            raise ToolError(f"the search was stopped after {_SECONDS:g} s; narrow the pattern or the path")

    def files(self) -> Iterator[tuple[str, ...]]:
        """The regular files to search, sorted, without ignored and very large ones.

        A file that was named itself is searched whatever the ignore rules say, or refused by name.
        """
        if not self.place.is_folder:
            os.close(open_file(self.place))
            if not self._fits(self.place.parts):
                raise ToolError(f"{self.place.shown} is larger than {LARGEST_FILE >> 20} MB; not searched")
            yield self.place.parts
            return
        for entry in walk(self.place, self.ignores, self.notes):
            self.check()
            if entry.is_file and self._fits(entry.parts):
                yield entry.parts

    def _fits(self, parts: tuple[str, ...]) -> bool:
        try:
            return self.place.workspace.joinpath(*parts).lstat().st_size <= LARGEST_FILE
        except OSError:  # gone meanwhile, or a path longer than the system takes
            return False


def search_with_python(query: Query) -> Found:
    """Line by line with the ``regex`` module, which bounds the time of one line."""
    found = Found()
    for parts in query.files():
        name = "/".join(parts)
        for number, line in enumerate(_lines(query, parts), start=1):
            query.check()
            if not _matches(query, line.removesuffix("\n"), f"{shown(name)}:{number}"):
                continue
            if len(found.matches) == MOST_MATCHES:
                found.cut = True
                return found
            found.matches.append((name, number, line))
    return found


def _lines(query: Query, parts: tuple[str, ...]) -> list[str]:
    """The lines of a text file; none where it is binary, too large or gone."""
    try:
        with located(query.place.workspace, "/".join(parts)) as place:
            content = read_bytes(place, LARGEST_FILE)
        if content.startswith((b"\xff\xfe", b"\xfe\xff")):
            return lines_of(decode(content, place.shown).characters.removeprefix("\ufeff"))
    except ToolError:
        if query.place.is_folder:
            return []
        raise
    if b"\0" in content:
        return []
    return lines_of(content.decode("utf-8", "replace").removeprefix("\ufeff"))


def _matches(query: Query, line: str, where: str) -> bool:
    try:
        return query.compiled.search(line, timeout=_SECONDS_PER_LINE, concurrent=True) is not None
    except TimeoutError as error:
        raise ToolError(f"the regular expression takes too long at {where}; give a simpler one") from error
