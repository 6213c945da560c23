"""Finding the one piece of text that an edit means.

Invariant: exactly one place is replaced or nothing is; whitespace is forgiven only where that leaves one
candidate, and everything else about the text must be equal.
"""

import difflib

from tools.builtin.texts import lines_of
from tools.calls import ToolError

_MOST_COMPARED = 5000
_LONGEST_SHOWN = 600


def replaced(text: str, old: str, new: str, name: str) -> str:
    """``text`` with the one occurrence of ``old`` replaced. Raises ToolError with the nearest text."""
    if not old.strip():
        raise ToolError("old_text is empty; give the text to replace, or use write_file for the whole file")
    if old == new:
        raise ToolError("old_text and new_text are the same; nothing would change")
    if "\r\n" in text and "\r\n" not in old:
        old, new = old.replace("\n", "\r\n"), new.replace("\n", "\r\n")
    found = text.count(old)
    if found == 1:
        return text.replace(old, new)
    if found > 1:
        raise ToolError(
            f"old_text is in {name} {found} times (lines {_lines_with(text, old)}); add a line around it"
        )
    return _replaced_loosely(text, old, new, name)


def _replaced_loosely(text: str, old: str, new: str, name: str) -> str:
    lines = lines_of(text)
    wanted = [" ".join(line.split()) for line in old.strip("\r\n").splitlines()]
    squeezed = [" ".join(line.split()) for line in lines]
    size = len(wanted)
    starts = [at for at in range(len(lines) - size + 1) if squeezed[at : at + size] == wanted]
    if len(starts) > 1:
        numbers = ", ".join(str(at + 1) for at in starts[:8])
        raise ToolError(f"old_text is in {name} {len(starts)} times but for whitespace (lines {numbers})")
    if not starts:
        raise ToolError(f"old_text is not in {name}; {_nearest(lines, squeezed, wanted)}")
    start = starts[0]
    there = lines[start : start + size]
    return "".join([*lines[:start], _like(there, old, new), *lines[start + size :]])


def _like(there: list[str], old: str, new: str) -> str:
    """``new`` indented as the file is where ``old`` was not, with the same last line end."""
    asked = _indentation(old.strip("\r\n").splitlines())
    actual = _indentation(there)
    shifted = [
        actual + line[len(asked) :] if line.strip() and line.startswith(asked) else line
        for line in lines_of(new.strip("\n") if new.strip() else "")
    ]
    end = there[-1][len(there[-1].rstrip("\r\n")) :]
    joined = "".join(shifted).rstrip("\r\n")
    return joined + end if joined else ""


def _indentation(lines: list[str]) -> str:
    first = next((line for line in lines if line.strip()), "")
    return first[: len(first) - len(first.lstrip())]


def _lines_with(text: str, old: str) -> str:
    numbers: list[str] = []
    at = text.find(old)
    while at >= 0 and len(numbers) < 8:
        numbers.append(str(text.count("\n", 0, at) + 1))
        at = text.find(old, at + len(old))
    return ", ".join(numbers)


def _nearest(lines: list[str], squeezed: list[str], wanted: list[str]) -> str:
    """The text most like ``wanted`` with its line number."""
    probe = max(wanted, key=len)
    candidates = [line[:500] for line in squeezed[:_MOST_COMPARED]]
    near = difflib.get_close_matches(probe[:500], candidates, n=1, cutoff=0.5)
    if not near:
        return "nothing in it is like it; read the file first"
    at = max(0, candidates.index(near[0]) - wanted.index(probe))
    shown = "".join(lines[at : at + len(wanted)])[:_LONGEST_SHOWN].rstrip("\r\n")
    return f"the nearest text is at line {at + 1}:\n{shown}"
