"""Foreign text as inert ``Content``: folded, coloured, short. Pure functions, no widgets.

Invariant: every string that comes from outside goes through ``assistant.text_safety`` here, and
becomes ``Content`` by its plain constructor, never by markup.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from textual.content import Content

from assistant.text_safety import clean, clean_line, visible

FOLD_LINES = 6
LINE_LIMIT = 400
SHOWN_LIMIT = 200_000
MARKDOWN_LIMIT = 100_000
MARKDOWN_TABLE_LINES = 60


@dataclass(frozen=True)
class Folded:
    """The head of a text, and how many of its lines are not shown."""

    text: str
    hidden: int


def fold(text: str, lines: int = FOLD_LINES, width: int = LINE_LIMIT, *, tail: bool = False) -> Folded:
    """At most ``lines`` lines of ``width`` characters: the first ones, or with ``tail`` the last."""
    every = text.rstrip("\n").splitlines() if "\n" in text or "\r" in text else [text]
    kept = every[-lines:] if tail else every[:lines]
    shown = [clean_line(line, width) for line in kept]
    return Folded("\n".join(shown), max(0, len(every) - lines))


def whole(text: str, limit: int = SHOWN_LIMIT) -> str:
    """The text for a details screen: everything up to ``limit`` characters, then head and tail."""
    if len(text) > limit:
        half = limit // 2
        text = f"{text[:half]}\n… {len(text) - limit:,} characters left out …\n{text[-half:]}"
    return clean(text)


def argument_line(arguments: Mapping[str, Any], limit: int = 160) -> str:
    """``path="src/a.py" start_line=3``, inert and on one line."""
    if len(arguments) == 1:
        only = next(iter(arguments.values()))
        if isinstance(only, str):
            return clean_line(only, limit)
    parts = (f"{clean_line(str(name), 40)}={_value(value, limit)}" for name, value in arguments.items())
    return clean_line(" ".join(parts), limit)


def _value(value: Any, limit: int) -> str:
    if isinstance(value, str):
        return json.dumps(value[:limit], ensure_ascii=False)
    return clean_line(json.dumps(value, ensure_ascii=False, default=str), limit)


def argument_text(arguments: Mapping[str, Any]) -> str:
    """The arguments as a person reads them: a lone string as it is, else one block per name."""
    if len(arguments) == 1:
        only = next(iter(arguments.values()))
        if isinstance(only, str):
            return only
    blocks = []
    for name, value in arguments.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
        blocks.append(f"{name}:\n{text}" if "\n" in text else f"{name}: {text}")
    return "\n".join(blocks)


_DIFF_STYLES = {
    "+": "$success on $added-background",
    "-": "$error on $removed-background",
    "@": "$secondary",
}


def diff_content(diff: str, lines: int = 2000) -> Content:
    """A unified diff, coloured by line, exact up to visible escapes; at most ``lines`` lines of it."""
    every = diff.split("\n")
    parts: list[tuple[str, str] | str] = []
    for line in every[:lines]:
        style = "bold" if line.startswith(("+++", "---")) else _DIFF_STYLES.get(line[:1], "")
        parts += [(visible(line), style), "\n"]
    if len(every) > lines:
        parts.append((f"… {len(every) - lines:,} more lines, Ctrl+O shows them\n", "$text-muted"))
    return Content.assemble(*parts).rstrip()


def diff_counts(diff: str) -> tuple[int, int]:
    """Lines added and removed."""
    lines = diff.splitlines()
    added = sum(line.startswith("+") and not line.startswith("+++") for line in lines)
    removed = sum(line.startswith("-") and not line.startswith("---") for line in lines)
    return added, removed


_DEEP = re.compile(r"^(?:[ \t]*(?:>|[-*+]|\d{1,9}[.)])){12,}|^[ \t]{48,}\S", re.MULTILINE)


def renders_as_markdown(text: str) -> bool:
    """False for text that would cost too much as widgets: it is then drawn as plain text."""
    if len(text) > MARKDOWN_LIMIT:
        return False
    table_lines = sum(line.lstrip().startswith("|") or line.count("|") > 8 for line in text.splitlines())
    return table_lines <= MARKDOWN_TABLE_LINES and text.count("|") < 2000 and not _DEEP.search(text)


def count(number: int) -> str:
    """``950``, ``1.2k``, ``12k``."""
    if number < 1000:
        return str(number)
    return f"{number / 1000:.1f}k" if number < 10_000 else f"{number // 1000}k"


def rows(number: int) -> str:
    """``1 row``, ``12,000 rows``."""
    return f"{number:,} row{'' if number == 1 else 's'}"


def duration(milliseconds: float) -> str:
    """``12 ms``, ``1.4 s``, ``2 min 5 s``."""
    if milliseconds < 1000:
        return f"{milliseconds:.0f} ms"
    seconds = milliseconds / 1000
    return f"{seconds:.1f} s" if seconds < 60 else f"{int(seconds // 60)} min {int(seconds % 60)} s"


def queue_content(queue: Sequence[str], shown: int = 3) -> Content:
    """The requests that wait, one line each."""
    lines = [f"⋯ {clean_line(text, 100)}" for text in queue[:shown]]
    if len(queue) > shown:
        lines.append(f"  and {len(queue) - shown} more")
    return Content("\n".join(lines))
