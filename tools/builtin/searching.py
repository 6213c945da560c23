"""What a search is, and the Python engine of ``search_files``.

Invariant: the engines return the first matches in the order of paths and lines, over the same files, and
both stop at the deadline, at the cap, or when the search is given up. A regular expression that takes too
long on one line ends the search with a line that says so. The Python engine compiles what it is given, and
nothing can interrupt that: the program itself runs it in a process of its own (``bounded_search``).
"""

import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tools import patterns
from tools.builtin.atomic import read_bytes
from tools.builtin.paths import Place, located, open_file, shown
from tools.builtin.texts import decode, lines_of
from tools.builtin.tree import Ignores, walk
from tools.calls import ToolError

MOST_MATCHES = 200
LONGEST_LINE = 300
LARGEST_FILE = 4 << 20
SECONDS = 30.0
_SECONDS_PER_LINE = 2.0
_SAME_EVERYWHERE = re.compile(r"(?:[^\\\[?{]|\\[^\w\s]|(?<!\()\?(?!\+))*")
"""Expressions that mean the same to RE2 and to ``regex``: no classes, no flags, no look-around."""

Match = tuple[str, int, str]
"""Path from the workspace, line number from 1, the line as it is shown."""


@dataclass
class Found:
    """``literal`` says that the pattern was no regular expression and was searched as plain text."""

    matches: list[Match] = field(default_factory=list)
    cut: bool = False
    literal: bool = False


@dataclass
class Query:
    """One search. ``literal`` means plain text; without ``lenient``, what is no expression finds nothing."""

    pattern: str
    literal: bool
    place: Place
    ignores: Ignores
    stop: threading.Event
    deadline: float
    notes: list[str] = field(default_factory=list)

    lenient: bool = True

    @classmethod
    def of(cls, pattern: str, place: Place, ignores: Ignores, stop: threading.Event) -> "Query":
        """A search that begins now."""
        return cls(pattern, False, place, ignores, stop, time.monotonic() + SECONDS)

    def given_up(self, within_s: float = 0.0) -> bool:
        """True where nobody waits for the search, now or ``within_s`` from now, or its time is over."""
        return self.stop.wait(within_s) or time.monotonic() > self.deadline

    def check(self) -> None:
        """Raise ToolError where the search took too long, or nobody waits for it any more."""
        if self.given_up():
            raise ToolError(f"the search was stopped after {SECONDS:g} s; narrow the pattern or the path")

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
    """Line by line with RE2, or the ``regex`` module, which bounds the time of one line."""
    found = Found(literal=query.literal)
    matches = _matcher(query, found)
    if matches is None:
        return found
    for parts in query.files():
        name = "/".join(parts)
        for number, line in enumerate(_lines(query, parts), start=1):
            query.check()
            try:
                if not matches(line.removesuffix("\n")):
                    continue
            except TimeoutError as error:
                where = f"{shown(name)}:{number}"
                raise ToolError(
                    f"the regular expression takes too long at {where}; give a simpler one"
                ) from error
            if len(found.matches) == MOST_MATCHES:
                found.cut = True
                return found
            found.matches.append((name, number, short(line)))
    return found


def short(line: str) -> str:
    """A line as it is shown: without its end, at most ``LONGEST_LINE`` characters."""
    line = line.rstrip("\r\n").replace("\0", "")
    return line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]}... ({len(line)} characters)"


def _matcher(query: Query, found: Found) -> Callable[[str], bool] | None:
    """Whether a line matches; None where the pattern is no regular expression and that is not lenient."""
    if not query.literal:
        if _SAME_EVERYWHERE.fullmatch(query.pattern) and (fast := patterns.fast(query.pattern)) is not None:
            return lambda line: fast.search(line.encode("utf-8", "replace")) is not None
        try:
            thorough = patterns.thorough(query.pattern)
        except patterns.PatternRefused as error:
            raise ToolError(f"{error}; give a simpler one") from error
        except ValueError as error:
            if not query.lenient:
                return None
            query.notes.append(f"{error}; searched as plain text")
            found.literal = True
        else:
            return lambda line: thorough.search(line, timeout=_SECONDS_PER_LINE) is not None
    return lambda line: query.pattern in line


def _lines(query: Query, parts: tuple[str, ...]) -> list[str]:
    """The lines of a text file; none where it is binary, too large or gone."""
    try:
        with located(query.place.workspace, "/".join((".", *parts))) as place:
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
