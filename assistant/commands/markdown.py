"""Small pieces of Markdown that hold foreign text without becoming markup.

Invariant: what is quoted here shows up character by character; a backtick, a pipe or a line break in a
value never ends its cell, its code span or its block.
"""

import re
from collections.abc import Iterable, Sequence

from assistant.text_safety import clean, clean_line


def code(text: str, limit: int = 200) -> str:
    """A code span of one line."""
    line = clean_line(text, limit)
    ticks = "`" * (_longest_run(line) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{ticks}{pad}{line}{pad}{ticks}" if line else ""


def block(text: str, language: str = "") -> str:
    """A fenced block."""
    shown = clean(text).rstrip("\n")
    fence = "`" * max(3, _longest_run(shown) + 1)
    return f"{fence}{language}\n{shown}\n{fence}"


def plain(text: str, limit: int = 200) -> str:
    """Foreign words of one line in prose: what Markdown would act upon is escaped."""
    return re.sub(r"([\\`*_\[\]<>|#~])", r"\\\1", clean_line(text, limit))


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; the cells are Markdown already."""
    lines = [list(header), ["---"] * len(header), *(list(row) for row in rows)]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(text: str) -> str:
    return re.sub(r"(?<!\\)\|", r"\\|", text)


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)
