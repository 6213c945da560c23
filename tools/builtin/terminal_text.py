"""What a program printed, as a reader would find it: no colours, no progress that was drawn over.

Invariant: what stays is in order and unchanged, and where equal lines are left out their number is said.
Covered: escape sequences, lines overwritten by a carriage return, runs of equal lines. Not covered:
full-screen programs.
"""

import re
from itertools import groupby

_ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]"  # colours and cursor movements
    r"|\][^\x07\x1b\n]{0,4096}(?:\x07|\x1b\\)?"  # titles and links
    r"|[PX^_][^\x1b\n]{0,4096}(?:\x1b\\)?"
    r"|[ -/]*[0-~])?"
)
_FEWEST_EQUAL = 5


def as_read(output: str) -> str:
    """The text of ``output``."""
    text = _ESCAPES.sub("", output) if "\x1b" in output else output
    lines = text.replace("\r\n", "\n").split("\n")
    if "\r" in text:
        lines = [_last_drawn(line) for line in lines]
    return "\n".join(shown for line, run in groupby(lines) for shown in _once(line, len(list(run))))


def _last_drawn(line: str) -> str:
    """What was written after the last return; a return at the very end overwrites nothing."""
    return line.rstrip("\r").rpartition("\r")[2]


def _once(line: str, count: int) -> list[str]:
    if count < _FEWEST_EQUAL or not line.strip():
        return [line] * count
    return [line, f"[the line above {count - 1} more times]"]
