"""Bytes to text and back, and unified diffs.

Invariant: what ``decode`` returns is encoded by ``encode`` to the very same bytes where nothing changed.
"""

import codecs
import difflib
import io
import re
from dataclasses import dataclass

from tools.calls import ToolError

_MOST_COMPARED = 2000
_HUNK = re.compile(r"^@@ -(\d+)(,\d+)? \+(\d+)(,\d+)? @@$")
_NO_NEWLINE = "\n\\ No newline at end of file\n"


@dataclass(frozen=True)
class Text:
    """A decoded file: its characters and how they were encoded."""

    characters: str
    encoding: str = "utf-8"

    @property
    def note(self) -> str:
        """What the reader should know of the encoding; empty for UTF-8."""
        return "" if self.encoding in ("utf-8", "utf-8-sig") else f"decoded as {self.encoding}"


def decode(content: bytes, name: str) -> Text:
    """UTF-8, UTF-16 with its mark, else Latin-1. Raises ToolError for a binary file."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        little = content.startswith(codecs.BOM_UTF16_LE)
        encoding = "utf-16-le" if little else "utf-16-be"
        try:
            return Text(content.decode(encoding), encoding)
        except UnicodeDecodeError as error:
            raise ToolError(f"{name} is a binary file ({len(content)} bytes)") from error
    if b"\0" in content:
        raise ToolError(f"{name} is a binary file ({len(content)} bytes)")
    encoding = "utf-8-sig" if content.startswith(codecs.BOM_UTF8) else "utf-8"
    try:
        return Text(content.decode(encoding), encoding)
    except UnicodeDecodeError:
        return Text(content.decode("latin-1"), "latin-1")


def encode(text: Text, name: str) -> bytes:
    """The bytes of a text. Raises ToolError where its encoding cannot say it."""
    try:
        return text.characters.encode(text.encoding)
    except UnicodeEncodeError as error:
        character = text.characters[error.start].encode("unicode_escape").decode("ascii")
        raise ToolError(f"{name}: {text.encoding} cannot write the character {character}") from error


def lines_of(text: str) -> list[str]:
    """Lines with their ends. Only a newline ends a line, as for git and ripgrep."""
    return list(io.StringIO(text, newline="\n"))


def unified_diff(old: str, new: str, name: str, *, created: bool = False) -> str:
    """The diff from ``old`` to ``new``; exact, and linear in time where much of a large text changed."""
    before, after = lines_of(old), lines_of(new)
    start, end = _common_ends(before, after)
    skipped, ending = max(0, start - 3), max(0, end - 3)
    before, after = before[skipped : len(before) - ending], after[skipped : len(after) - ending]
    source = "/dev/null" if created else f"a/{name}"
    if len(before) + len(after) > _MOST_COMPARED:
        head = f"@@ -{skipped + 1},{len(before)} +{skipped + 1},{len(after)} @@\n"
        lines = [f"--- {source}\n", f"+++ b/{name}\n", head]
        lines += [f"-{line}" for line in before] + [f"+{line}" for line in after]
    else:
        found = difflib.unified_diff(before, after, source, f"b/{name}")
        lines = [_HUNK.sub(lambda match: _shifted(match, skipped), line) for line in found]
    return "".join(line if line.endswith("\n") else line + _NO_NEWLINE for line in lines)


def changed_lines(diff: str) -> str:
    """How many lines a diff adds and removes, as ``+2 -1``."""
    lines = diff.splitlines()[2:]
    added = sum(line.startswith("+") for line in lines)
    return f"+{added} -{sum(line.startswith('-') for line in lines)}"


def _common_ends(before: list[str], after: list[str]) -> tuple[int, int]:
    """How many lines are equal at the start and, after those, at the end."""
    most = min(len(before), len(after))
    start = next((at for at in range(most) if before[at] != after[at]), most)
    most -= start
    end = next((at for at in range(most) if before[-1 - at] != after[-1 - at]), most)
    return start, end


def _shifted(match: re.Match[str], by: int) -> str:
    return f"@@ -{int(match[1]) + by}{match[2] or ''} +{int(match[3]) + by}{match[4] or ''} @@"
