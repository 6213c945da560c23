"""The student's window as a bar: which part takes how many cells. Pure.

Invariant: the cells add up to the width, and whatever takes a token takes a cell.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.agent.window import Use

FREE, REPLY = "free", "reply"
KEYS = {
    "instructions": "i",
    "tools": "t",
    "examples": "e",
    "project": "p",
    "recap": "c",
    "requests": "q",
    "student": "s",
    "results": "r",
    FREE: ".",
    REPLY: "=",
}
MEANINGS = {
    "instructions": "what it is told to be",
    "tools": "what it may call",
    "examples": "turns that show it how",
    "project": "your AGENTS.md",
    "recap": "what was done in compacted turns",
    "requests": "your own words",
    "student": "its calls and answers",
    "results": "what its calls returned",
    FREE: "for what comes",
    REPLY: "kept free for its next reply",
}


@dataclass(frozen=True)
class Slice:
    """One part of the bar. ``share`` is 0..1 of the window, ``budget`` in tokens or 0 for none."""

    name: str
    tokens: int
    share: float
    budget: int
    cells: int


def slices(use: Use, width: int) -> list[Slice]:
    """The parts that hold something, the free room and the room for the reply, over ``width`` cells."""
    sizes = [(part.name, part.tokens, part.budget) for part in use.parts if part.tokens]
    sizes += [(FREE, use.free, 0), (REPLY, use.reply, 0)]
    whole = max(use.window, sum(tokens for _, tokens, _ in sizes), 1)
    cells = _cells([tokens for _, tokens, _ in sizes], width)
    return [
        Slice(name, tokens, tokens / whole, budget, count)
        for (name, tokens, budget), count in zip(sizes, cells, strict=True)
    ]


def _cells(tokens: Sequence[int], width: int) -> list[int]:
    """``width`` cells by size, at least one each; the largest part gives what is missing."""
    whole = max(sum(tokens), 1)
    cells = [max(round(width * one / whole), 1) if one else 0 for one in tokens]
    largest = max(range(len(cells)), key=cells.__getitem__)
    cells[largest] = max(cells[largest] + width - sum(cells), 0)
    return cells


def headline(use: Use) -> str:
    """How full the window is, and what happens next."""
    if not use.window:
        return "the size of the student's window is not known yet"
    facts = [
        f"{use.used:,} of {use.window:,} tokens ({use.used / use.window:.0%})",
        f"compacts by itself at {use.compact_at:,}",
    ]
    if use.compactions:
        facts.append(f"compacted {use.compactions:,} time{'' if use.compactions == 1 else 's'}")
    return "; ".join(facts)
