"""Whether a sed script only prints, deletes and replaces.

Covered: one command per script, with line numbers or one plain pattern as its address. Every other
script counts as unsafe, because ``e``, ``w`` and ``s///e`` run and write. Not covered: nothing is
parsed further.
"""

import re
from collections.abc import Sequence

from tools.permissions.words import Word

_ADDRESS = r"(?:(?:\d+|\$|/(?:[^/\\\n]|\\[^\n])*/)(?:,(?:\+?\d+|\$|/(?:[^/\\\n]|\\[^\n])*/))?)?!?"
_SUBSTITUTE = r"s([/|,#:@%!])(?:(?!\1)[^\\\n]|\\[^\n])*\1(?:(?!\1)[^\\\n]|\\[^\n])*\1[gIp\d]*"
_SAFE = re.compile(rf"\s*{_ADDRESS}\s*(?:[pdq=lnNDGHhgx]|{_SUBSTITUTE})\s*")
_FLAGS = re.compile(r"-[nErsuz]+|--quiet|--silent|--regexp-extended|--separate|--null-data|--posix")


def unsafe_sed(arguments: Sequence[Word]) -> str:
    """Why ``sed`` with these arguments could run or write, or "" where it cannot."""
    scripts: list[Word] = []
    operands: list[Word] = []
    position = 0
    while position < len(arguments):
        word = arguments[position]
        position += 1
        if word.may_be_option():
            return "an argument is only known when it runs"
        if word.text in ("-e", "--expression") and position < len(arguments):
            scripts.append(arguments[position])
            position += 1
        elif not word.text.startswith("-") or word.text == "-":
            operands.append(word)
        elif not _FLAGS.fullmatch(word.text):
            return f"{word.text} writes in place, or is not known to be harmless"
    if not scripts:
        scripts = operands[:1]
    for script in scripts:
        if not script.literal or not _SAFE.fullmatch(script.text):
            return "the script could run commands or write files"
    return ""
