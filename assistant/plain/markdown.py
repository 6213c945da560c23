"""Markdown of the commands as lines for a terminal: tables aligned, headings bold, marks taken away.

For text that the program itself wrote; answers of the student are printed as they are.
"""

import re
import unicodedata

from assistant.plain.ink import Ink

SPAN = re.compile(
    r"(?P<ticks>`+)(?P<code>.+?)(?P=ticks)(?!`)|\*\*(?P<bold>.+?)\*\*|\\(?P<escaped>[\\`*_\[\]<>|#~])"
)
FENCE = re.compile(r"(`{3,})\s*(\S*)")


def render(markdown: str, ink: Ink) -> str:
    """The lines to print, ending with a line break."""
    lines = markdown.strip("\n").split("\n")
    found: list[str] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        fence = FENCE.match(line)
        if fence:
            end = next((i for i in range(at + 1, len(lines)) if lines[i] == fence[1]), len(lines))
            found += ["  " + row for row in ink.code("\n".join(lines[at + 1 : end]), fence[2]).split("\n")]
            at = end + 1
        elif line.startswith("|"):
            end = next((i for i in range(at, len(lines)) if not lines[i].startswith("|")), len(lines))
            found += _table(lines[at:end], ink)
            at = end
        else:
            heading = re.match(r"#+ (.*)", line)
            found.append(ink.bold(_words(heading[1])) if heading else _words(line))
            at += 1
    return "\n".join(found) + "\n"


def _words(text: str) -> str:
    """Without the marks of code, bold and escapes."""

    def shown(match: re.Match[str]) -> str:
        if match["code"]:
            inner = match["code"]
            padded = inner.startswith(" `") or inner.endswith("` ")
            return inner[1:-1] if padded else inner
        return match["bold"] or match["escaped"]

    return SPAN.sub(shown, text)


def _table(lines: list[str], ink: Ink) -> list[str]:
    rows = [[_words(cell.replace("\\|", "|")) for cell in _cells(line)] for line in lines]
    del rows[1:2]
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    padded = [
        "  ".join(c + " " * (w - _width(c)) for c, w in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return [ink.bold(padded[0]), *padded[1:]] if padded[0] else padded[1:]


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip())[1:-1]]


def _width(text: str) -> int:
    """Cells on the screen."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )
