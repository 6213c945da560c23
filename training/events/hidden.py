"""Text as a reader sees it, without what hides between its letters.

Invariant: a place in the view maps back to the text it came from, so that what is found in the view is
taken out of the text whole, with what was hidden inside it.
"""

import re
from bisect import bisect_right

_ESCAPES = (
    r"(?:\x1b\[|\x9b)[0-?]{0,64}[ -/]{0,8}[@-~]"  # CSI
    r"|\x1b[\]PX^_][^\x07\x1b\n]{0,512}(?:\x07|\x1b\\)"  # OSC, DCS, SOS, PM, APC
    r"|\x1b[ -/]{1,8}[0-~]|\x1b[0-OQ-WYZ\\`-~]"
    r"|\\(?:x1[bB]|0?33|e|u001[bB]|u\{1b\})\[[0-9;]{0,32}[A-Za-z]"  # the same, written as an escape
    r"|\\(?:x00|u0000|0(?![0-9])|u200[b-fB-F]|u2060|u[fF][eE][fF]{2}|u00[aA][dD])"
)
_SINGLE = (
    "\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9a\x9c-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff"
)
_HIDDEN = re.compile(rf"{_ESCAPES}|[{_SINGLE}]+|[\x1b\x9b]")

GATE_HINTS = (
    rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\xc2[\x80-\x9f\xad]|\xcd\x8f|\xd8\x9c|\xe1\x85[\x9f\xa0]|\xe1\x9e[\xb4\xb5]",
    rb"\xe1\xa0[\x8b-\x8f]|\xe2\x80[\x8b-\x8f\xaa-\xae]|\xe2\x81[\xa0-\xaf]|\xe3\x85\xa4|\xef\xb8[\x80-\x8f]",
    rb"\xef\xbb\xbf|\xef\xbe\xa0|\xef\xbf[\xb0-\xbb]|\xf3\xa0[\x80-\xbf]",
    rb"\\u(?:00[019ad]|200[b-f]|2060|feff)|\\[bf]|\\+(?:x1b|x00|0?33|e|u\{1b\})\[|\\+x00|\\\\0",
)
"""RE2 patterns that stop at whatever ``View`` would leave out, as it is or as JSON writes it."""


class View:
    """``text`` without hidden characters; ``parted`` has blanks in their place."""

    def __init__(self, original: str) -> None:
        self.original = original
        starts: list[int] = [0]
        shifts: list[int] = [0]
        pieces: list[str] = []
        parted: list[str] = []
        end = removed = 0
        for match in _HIDDEN.finditer(original):
            pieces.append(original[end : match.start()])
            parted += (pieces[-1], " " * (match.end() - match.start()))
            end = match.end()
            removed += end - match.start()
            starts.append(end - removed)
            shifts.append(removed)
        self._starts, self._shifts = starts, shifts
        self.is_plain = end == 0
        self.text = original if self.is_plain else "".join((*pieces, original[end:]))
        self.parted = original if self.is_plain else "".join((*parted, original[end:]))

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """Where ``start`` to ``end`` of the view are in the original."""
        if self.is_plain:
            return start, end
        return self._place(start), self._place(end - 1) + 1

    def _place(self, position: int) -> int:
        return position + self._shifts[bisect_right(self._starts, position) - 1]


_ENCODED = {
    **{
        f"%{code}": sign
        for code, sign in (("3D", "="), ("3A", ":"), ("22", '"'), ("27", "'"), ("26", "&"), ("20", " "))
    },
    **{
        f"%{code}": sign
        for code, sign in (("2F", "/"), ("40", "@"), ("7B", "{"), ("7D", "}"), ("2C", ","), ("3F", "?"))
    },
    "&quot;": '"',
    "&apos;": "'",
    "&amp;": "&",
    "&equals;": "=",
    "&colon;": ":",
    **{f"&#{ord(sign)};": sign for sign in "\"'=:&"},
    **{f"&#x{ord(sign):x};": sign for sign in "\"'=:&"},
    **{f"\\u{ord(sign):04x}": sign for sign in "\"'=:&"},
    **{f"\\x{ord(sign):x}": sign for sign in "\"'=:&"},
}
_SIGN = re.compile("|".join(map(re.escape, _ENCODED)), re.IGNORECASE)


class Decoded:
    """``original`` with the signs of URLs, HTML, JSON and C in place of how those write them."""

    def __init__(self, original: str) -> None:
        pieces: list[str] = []
        self._starts, self._shifts = [0], [0]
        end = removed = 0
        for match in _SIGN.finditer(original):
            pieces += (original[end : match.start()], _ENCODED[_spelled(match[0])])
            end = match.end()
            removed += len(match[0]) - 1
            self._starts.append(end - removed)
            self._shifts.append(removed)
        self.is_plain = end == 0
        self.text = original if self.is_plain else "".join((*pieces, original[end:]))

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """Where ``start`` to ``end`` of the decoded text are in the original."""
        return self._place(start), self._place(end - 1) + 1

    def _place(self, position: int) -> int:
        return position + self._shifts[bisect_right(self._starts, position) - 1]


def _spelled(found: str) -> str:
    """The key of the table for what was found in any case."""
    return found.upper() if found[0] == "%" else found.lower()
