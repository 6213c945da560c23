"""``search_files``.

Invariant: ripgrep and the Python engine give equal results: the same files (text up to 4 MB, no links,
hidden ones included, ignored ones not), sorted by path and line. No pattern is compiled in this process, nor
anywhere before its cost is estimated. Covered: regular expressions of both engines; one that does not compile
is searched as text and that is said; one that only Python knows is handed over to it. What stands nowhere as
written is searched once more with the case of letters and what separates words left aside, so that "max
retries" finds MAX_RETRIES; the result says so. Not covered: matches over several lines.
"""

import asyncio
import functools
import re
import threading
import time
from collections.abc import Iterable
from dataclasses import replace

from sandbox.programs import ProgramError, find_program
from tools.base import ToolContext
from tools.builtin.bounded_search import search_in_process
from tools.builtin.paths import located, shown
from tools.builtin.ripgrep import RipgrepRefused, search_with_ripgrep
from tools.builtin.searching import Found, Query
from tools.builtin.tree import Ignores
from tools.calls import Risk, ToolError, ToolResult
from tools.patterns import LONGEST_THOROUGH, PatternRefused, check_cost
from tools.registry import tool

_LONGEST_PATTERN = 10_000
_LOOSER = "nothing is written so; found without regard to case and to what separates words"
_WORDS = re.compile(r"[^\W_][\w -]*")
_BETWEEN_WORDS = re.compile(r"[\s_-]+|(?<=[a-z0-9])(?=[A-Z])")


@tool(risk=Risk.READ, timeout_s=40)
async def search_files(context: ToolContext, /, *, pattern: str, path: str | None = None) -> ToolResult:
    """Search the text of files with a regular expression.

    Args:
        pattern: regular expression
        path: file or folder; everything without it
    """
    return await search(context, pattern, path or ".", _ripgrep(context))


async def search(context: ToolContext, pattern: str, path: str, ripgrep: str | None) -> ToolResult:
    """Search with the ripgrep at that path, or in Python where it is None."""
    stop = threading.Event()
    try:
        return await asyncio.to_thread(functools.partial(_search, context, pattern, path, ripgrep, stop))
    finally:
        stop.set()


def look_up(context: ToolContext, pattern: str, seconds: float) -> bool:
    """Whether something in the workspace matches as it is written. Blocks; raises ToolError."""
    check_cost(pattern)
    with located(context.workspace, ".") as place:
        ignores = Ignores(context.workspace, place.parts)
        query = Query(pattern, False, place, ignores, threading.Event(), time.monotonic() + seconds)
        return bool(_found(query, _ripgrep(context)).matches)


def _ripgrep(context: ToolContext) -> str | None:
    try:
        return find_program("rg", context.workspace).path
    except ProgramError:  # doctor says why; the engine in Python is slower and finds the same
        return None


def _search(
    context: ToolContext, pattern: str, path: str, ripgrep: str | None, stop: threading.Event
) -> ToolResult:
    if not pattern or "\0" in pattern or len(pattern) > _LONGEST_PATTERN:
        raise ToolError(f"pattern must hold 1 to {_LONGEST_PATTERN} characters and no NUL")
    if any("\ud800" <= one <= "\udfff" for one in pattern):
        raise ToolError("pattern holds half of a character; no text file does")
    try:
        check_cost(pattern)
    except PatternRefused as error:
        raise ToolError(f"{error}; give a simpler one") from error
    with located(context.workspace, path) as place:
        query = Query.of(pattern, place, Ignores(context.workspace, place.parts), stop)
        found = _found(query, ripgrep)
        notes = [*query.notes]
        if not found.matches and (looser := loosened(query, found.literal)):
            found = _found(looser, ripgrep)
            notes += [_LOOSER] * bool(found.matches)
    if found.cut:
        notes.append(f"only the first {len(found.matches)} matches are shown; narrow the pattern or the path")
    lines = [f"{shown(name)}:{number}: {line}" for name, number, line in sorted(found.matches)]
    if not lines:
        lines = [f"no match for {shown(pattern)[:200]} in {place.shown}"]
    text = "\n".join([*lines, *_bracketed(notes)])
    return ToolResult(success=True, text=text, truncated=found.cut)


def loosened(query: Query, literal: bool) -> Query | None:
    """The search without regard to case and, of plain words, to what separates them; None if no other.

    ``literal`` says that the pattern was plain text.
    """
    import regex  # type: ignore[import-untyped]

    pattern = regex.escape(query.pattern) if literal else query.pattern
    if len(pattern) > LONGEST_THOROUGH - len("(?i)"):
        return None
    if _WORDS.fullmatch(pattern):
        pattern = r"[\s_-]*".join(filter(None, _BETWEEN_WORDS.split(pattern)))
    if pattern == query.pattern and pattern.lower() == pattern.upper():
        return None
    return replace(query, pattern=f"(?i){pattern}", literal=False, lenient=False)


def _found(query: Query, ripgrep: str | None) -> Found:
    if ripgrep is not None:
        try:
            return search_with_ripgrep(query, ripgrep)
        except RipgrepRefused:  # a pattern that only the Python engine knows, such as a look-behind
            return search_in_process(query)
    return search_in_process(query)


def _bracketed(notes: Iterable[str]) -> list[str]:
    return [f"[{note}]" for note in dict.fromkeys(notes)][:5]
