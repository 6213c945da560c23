"""``read_file``, ``write_file``, ``edit_file``.

Invariant: what the preview shows is what the write does, since both come from one plan; a file that
changed since it was shown to the user, or since it was read, is not written. Content is shown without line
numbers: the student copies it into ``old_text``. Covered: text in UTF-8, UTF-16 with a mark, Latin-1. Not
covered: binary files.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tools.base import Preview, ToolContext
from tools.builtin.atomic import read_bytes, write_bytes
from tools.builtin.matching import replaced
from tools.builtin.paths import Place, located
from tools.builtin.syntax import syntax_problem
from tools.builtin.texts import Text, changed_lines, decode, encode, lines_of, unified_diff
from tools.calls import Risk, ToolError, ToolResult
from tools.registry import tool


@dataclass(frozen=True)
class _Plan:
    """One write, not yet made. ``old`` is None for a new file."""

    place: Place
    old: bytes | None
    new: bytes
    diff: str

    @property
    def preview(self) -> Preview:
        return Preview(self.diff, _file(self.place), self.old)


@tool(risk=Risk.READ, timeout_s=20)
async def read_file(
    context: ToolContext, /, *, path: str, start_line: int | None = None, end_line: int | None = None
) -> ToolResult:
    """Read a text file, whole or some lines.

    Args:
        path: file in the workspace
        start_line: first line, from 1
        end_line: last line, included
    """
    return await asyncio.to_thread(_read, context, path, start_line, end_line)


def _preview_write(context: ToolContext, /, *, path: str, content: str) -> Preview:
    with _planned_write(context, path, content) as plan:
        return plan.preview


def _preview_edit(context: ToolContext, /, *, path: str, old_text: str, new_text: str) -> Preview:
    with _planned_edit(context, path, old_text, new_text) as plan:
        return plan.preview


def _problem_write(context: ToolContext, /, *, path: str, content: str) -> str:
    with _planned_write(context, path, content) as plan:
        return _problem(plan)


def _problem_edit(context: ToolContext, /, *, path: str, old_text: str, new_text: str) -> str:
    with _planned_edit(context, path, old_text, new_text) as plan:
        return _problem(plan)


@tool(risk=Risk.WRITE, timeout_s=20, preview=_preview_write, problem=_problem_write)
async def write_file(context: ToolContext, /, *, path: str, content: str) -> ToolResult:
    """Create a file or replace all of its content.

    Args:
        path: file in the workspace
        content: the whole new content
    """

    def write() -> ToolResult:
        if context.shown is not None:
            with _planned_write(context, path, content):
                pass  # refused before a folder is made
        with _planned_write(context, path, content, making=True) as plan:
            done = f"changed, {changed_lines(plan.diff)} lines" if plan.old is not None else "created"
            return _carried_out(context, plan, done)

    return await asyncio.to_thread(write)


@tool(risk=Risk.WRITE, timeout_s=20, preview=_preview_edit, problem=_problem_edit)
async def edit_file(context: ToolContext, /, *, path: str, old_text: str, new_text: str) -> ToolResult:
    """Replace one piece of text in a file.

    Args:
        path: file in the workspace
        old_text: text that is in the file exactly once
        new_text: text to put there
    """

    def edit() -> ToolResult:
        with _planned_edit(context, path, old_text, new_text) as plan:
            return _carried_out(context, plan, "changed")

    return await asyncio.to_thread(edit)


def _problem(plan: _Plan) -> str:
    """Where the new content does not parse; empty where the old one did not either."""
    shown = plan.place.shown
    problem = syntax_problem(shown, decode(plan.new, shown).characters)
    if problem and plan.old is not None and syntax_problem(shown, decode(plan.old, shown).characters):
        return ""
    return f"{shown} would not parse: {problem}" if problem else ""


def _read(context: ToolContext, path: str, start_line: int | None, end_line: int | None) -> ToolResult:
    first = 1 if start_line is None else start_line
    if first < 1 or (end_line is not None and end_line < first):
        raise ToolError("start_line counts from 1, and end_line must not be before it")
    with located(context.workspace, path) as place:
        content = read_bytes(place)
        text = decode(content, place.shown)
    if context.reads is not None:
        context.reads.saw(place.path, content)
    lines = lines_of(text.characters.removeprefix("\ufeff"))
    if not lines:
        return ToolResult(success=True, text=f"{place.shown} is empty")
    if first > len(lines):
        raise ToolError(f"{place.shown} has only {len(lines)} lines")
    wanted = lines[first - 1 : end_line]
    shown = _fitting(wanted, context.settings.result_characters - 200)
    head = _head(first, len(shown), len(lines), text.note, cut=len(shown) < len(wanted))
    return ToolResult(success=True, text=head + "".join(shown), truncated=len(shown) < len(wanted))


def _fitting(lines: list[str], characters: int) -> list[str]:
    """As many whole lines as fit; at least one, which the executor then cuts."""
    used = 0
    for count, line in enumerate(lines):
        used += len(line)
        if used > characters and count:
            return lines[:count]
    return lines


def _head(first: int, count: int, total: int, note: str, *, cut: bool) -> str:
    """What the call does not say by itself: that this is not the whole, and how it was decoded."""
    last = first + count - 1
    said = [f"lines {first}-{last} of {total}"] if count < total else []
    if cut:
        said.append(f"go on with start_line={last + 1}")
    if note:
        said.append(note)
    return f"[{'; '.join(said)}]\n" if said else ""


@contextmanager
def _planned_write(context: ToolContext, path: str, content: str, *, making: bool = False) -> Iterator[_Plan]:
    with located(context.workspace, path, writing=True, making=making) as place:
        new = encode(Text(content), place.shown)
        old = _current(context, place)
        if old is None:
            yield _Plan(place, None, new, unified_diff("", content, place.shown, created=True))
            return
        before = decode(old, place.shown).characters
        yield _Plan(place, old, new, unified_diff(before, content, place.shown))


@contextmanager
def _planned_edit(context: ToolContext, path: str, old_text: str, new_text: str) -> Iterator[_Plan]:
    with located(context.workspace, path, writing=True) as place:
        old = _current(context, place)
        if old is None:
            raise ToolError(f"{place.shown} does not exist; write_file creates it")
        before = decode(old, place.shown)
        after = Text(replaced(before.characters, old_text, new_text, place.shown), before.encoding)
        diff = unified_diff(before.characters, after.characters, place.shown)
        yield _Plan(place, old, encode(after, place.shown), diff)


def _current(context: ToolContext, place: Place) -> bytes | None:
    """What the file holds now, None where there is none.

    Raises ToolError with a diff where it changed since it was shown, or since the student read it.
    """
    if place.is_folder:
        raise ToolError(f"{place.shown} is a folder")
    content = read_bytes(place) if place.exists else None
    if context.shown is not None:
        _refuse_unshown(context.shown, place, content)
    if content is None or context.reads is None or not context.reads.changed_since_seen(place.path, content):
        return content
    known = context.reads.seen(place.path)
    line = f"{place.shown} changed since it was read; read it again before writing"
    if known is None:
        raise ToolError(line)
    raise ToolError(f"{line}. What changed:\n{_difference(known, content, place)}")


def _refuse_unshown(shown: Preview, place: Place, content: bytes | None) -> None:
    """Raise ToolError where the user agreed to write over something else than this."""
    if shown.file != _file(place):
        raise ToolError(f"{place.shown} leads to another file since it was shown; nothing was written")
    if shown.before == content:
        return
    line = f"{place.shown} changed since it was shown; nothing was written"
    try:
        difference = _difference(shown.before or b"", content or b"", place)
    except ToolError:  # it is no text any more
        raise ToolError(line) from None
    gone = " It does not exist any more." if content is None else ""
    raise ToolError(f"{line}.{gone} What changed:\n{difference}")


def _difference(before: bytes, after: bytes, place: Place) -> str:
    was, now = decode(before, place.shown).characters, decode(after, place.shown).characters
    return unified_diff(was, now, place.shown)


def _file(place: Place) -> str:
    return "/".join(place.parts)


def _carried_out(context: ToolContext, plan: _Plan, done: str) -> ToolResult:
    """Make the planned write; ``done`` is all that the call does not say by itself."""
    if plan.new == plan.old:
        return ToolResult(
            success=True, text=f"{plan.place.shown} already has this content; nothing was written"
        )
    write_bytes(plan.place, plan.new, plan.old)
    if context.reads is not None:
        context.reads.saw(plan.place.path, plan.new)
    return ToolResult(success=True, text=done, diff=plan.diff)
