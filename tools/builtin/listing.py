"""``list_files``.

Invariant: the listing is sorted, bounded and says what it leaves out. Small folders are shown whole,
larger ones a level at a time. Covered: ignore files, glob patterns, huge and deep folders. Not covered:
sizes, dates.
"""

import asyncio
import itertools
import os
from collections.abc import Iterator

from tools.base import ToolContext
from tools.builtin.paths import Place, located, shown
from tools.builtin.tree import Entry, Ignores, children, walk
from tools.calls import Risk, ToolError, ToolResult
from tools.globs import Glob, GlobError
from tools.registry import tool

_MOST_SHOWN = 300
_MOST_VISITED = 100_000


@tool(risk=Risk.READ, timeout_s=30)
async def list_files(
    context: ToolContext, /, *, path: str | None = None, pattern: str | None = None
) -> ToolResult:
    """List files in a folder.

    Args:
        path: folder in the workspace
        pattern: glob such as *.py or src/**/*.ts
    """
    return await asyncio.to_thread(_list, context, path or ".", pattern or "")


def _list(context: ToolContext, path: str, pattern: str) -> ToolResult:
    with located(context.workspace, path) as place:
        if not place.is_folder:
            return ToolResult(success=True, text=place.shown)
        notes: list[str] = []
        ignores = Ignores(context.workspace, place.parts)
        if pattern:
            found, more = _matching(place, pattern, ignores, notes)
        else:
            found, more = _everything(place, ignores, notes)
        holds = not found and any(os.scandir(place.folder))
    if not found:
        empty = f"{place.shown} holds only ignored names" if holds else f"{place.shown} is empty"
        text = f"no file in {place.shown} matches {shown(pattern)}" if pattern else empty
        return ToolResult(success=True, text="\n".join([text, *_bracketed(notes)]))
    if more:
        notes.append(more)
    lines = [shown(entry.path) + ("/" if entry.is_folder else "") for entry in found]
    return ToolResult(success=True, text="\n".join([*lines, *_bracketed(notes)]), truncated=bool(more))


def _matching(place: Place, pattern: str, ignores: Ignores, notes: list[str]) -> tuple[list[Entry], str]:
    escaped = f"\\{pattern}" if pattern[0] in "!#" else pattern
    try:
        glob = Glob(escaped.removeprefix("./"))
    except GlobError as error:
        raise ToolError(f"the pattern {shown(pattern)[:200]}: {error}") from error
    depth = len(place.parts)
    matches = (
        entry
        for entry in _visited(place, ignores, notes)
        if not entry.is_folder and glob.matches("/".join(entry.parts[depth:]))
    )
    found = list(itertools.islice(matches, _MOST_SHOWN + 1))
    more = f"more than {_MOST_SHOWN} match; give a narrower pattern or a path"
    return found[:_MOST_SHOWN], more if len(found) > _MOST_SHOWN else ""


def _everything(place: Place, ignores: Ignores, notes: list[str]) -> tuple[list[Entry], str]:
    """All files below where they are few, else what lies directly in the folder."""
    files = (entry for entry in _visited(place, ignores, notes) if not entry.is_folder)
    found = list(itertools.islice(files, _MOST_SHOWN + 1))
    if len(found) <= _MOST_SHOWN and found:
        return found, ""
    notes.clear()
    direct = children(place, ignores, notes)
    if len(direct) > _MOST_SHOWN:
        left_out = len(direct) - _MOST_SHOWN
        return direct[:_MOST_SHOWN], f"{left_out} more; give a pattern"
    return direct, "only the first level is shown; give a path or a pattern for more" if found else ""


def _visited(place: Place, ignores: Ignores, notes: list[str]) -> Iterator[Entry]:
    for count, entry in enumerate(walk(place, ignores, notes)):
        if count == _MOST_VISITED:
            notes.append(f"stopped after {_MOST_VISITED} names; give a path")
            return
        yield entry


def _bracketed(notes: list[str]) -> list[str]:
    return [f"[{note}]" for note in notes[:5]]
