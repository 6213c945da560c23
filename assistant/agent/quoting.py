"""Lines of files and results as they are quoted in an answer: as code, with the place they stand at."""

from collections.abc import Sequence

LONGEST_LINE = 300
SHOWN_LINES = 20


def quoted(place: str, text: str) -> str:
    """``text`` as code behind its place; without a place where that is empty."""
    text = text.strip()
    text = text if len(text) <= LONGEST_LINE else f"{text[: LONGEST_LINE - 1]}…"
    return f"{code(place)}: {code(text)}" if place else code(text)


def code(text: str) -> str:
    """Inline code, whatever backticks are in it."""
    marks = "`" * (1 + ticks(text))
    return f"{marks} {text} {marks}" if len(marks) > 1 else f"`{text}`"


def block(lines: list[str]) -> str:
    """A block of code, whatever backticks are in it."""
    fence = "`" * max(3, 1 + max(map(ticks, lines), default=0))
    return "\n".join([fence, *lines, fence])


def ticks(text: str) -> int:
    """The longest run of backticks."""
    return max(map(len, "".join(one if one == "`" else " " for one in text).split()), default=0)


def shown_lines(lines: Sequence[str]) -> str:
    """A text as a block of code, its beginning where it is long."""
    kept = [line[:LONGEST_LINE] for line in lines[:SHOWN_LINES]]
    more = len(lines) - len(kept)
    return (
        f"{block(kept)}\n{more:,} more {'line stands' if more == 1 else 'lines stand'} above."
        if more > 0
        else block(kept)
    )
