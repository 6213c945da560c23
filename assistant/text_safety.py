"""Makes foreign text inert before it is shown.

Invariant: what ``clean`` or ``visible`` returns holds no character that a terminal could act upon and
none that hides or reorders others; it is always encodable as UTF-8. What a model, file, tool, log or
API wrote passes through here, and is then drawn without markup.
"""

import re

_CSI = r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
_SHORT = r"\x1b[ -/]+[0-~]|\x1b[0-OQ-WYZ\\`-~]"
_DROPPED = re.compile(f"{_CSI}|{_SHORT}")

_COMBINING = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_PILE = re.compile(f"([{_COMBINING}]{{4}})[{_COMBINING}]+")
_CONTROLS = "\x00-\x08\x0b-\x1f\x7f-\x9f"
_INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164"
    "\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_DRAWN_IN_COLOUR = (
    "0-9#*\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u27bf\u2900-\u2bff\u3030\u303d\u3297\u3299"
    "\U0001f000-\U0001faff"
)
"""Characters behind which one U+FE0F asks for an emoji; elsewhere a variation selector hides something."""
_VARIATIONS = f"[\ufe00-\ufe0e\u180f]|(?<![{_DRAWN_IN_COLOUR}])\ufe0f"
_UNSAFE = re.compile(f"[{_CONTROLS}{_INVISIBLE}]|{_VARIATIONS}")
_BLANKS = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000\U00016fe4\U0001d159"
_PRIVATE = "\ufffe\uffff\ue000-\uf8ff\U000f0000-\U0010ffff"
_DECEIVING = re.compile(f"{_UNSAFE.pattern}|[{_BLANKS}{_PRIVATE}]")
"""What looks like a space and is none, or like nothing, or like whatever the font says."""
_LONG_GAP = re.compile(r"[^\S\n]{24,}")
_EMPTY_LINES = re.compile(r"\n(?:[^\S\n]*\n){4,}")


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def clean(text: str) -> str:
    """Foreign text for the screen: colours and cursor movements are dropped, the rest is shown as escapes.

    A carriage return becomes a line break, so that nothing is overwritten. OSC, DCS and APC strings
    stay readable (``\\x1b]52;...``), because what they carry may matter to the reader.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\x1b" in text or "\x9b" in text:
        text = _DROPPED.sub("", text)
    return _PILE.sub(r"\1", _UNSAFE.sub(_escape, text))


def clean_line(text: str, limit: int = 200) -> str:
    """Foreign text for one line of the screen: line breaks shown, at most ``limit`` characters."""
    shown = clean(text[: limit * 4]).replace("\n", "\\n").replace("\t", " ")
    return shown if len(shown) <= limit and len(text) <= limit * 4 else shown[: limit - 1] + "…"


def visible(text: str) -> str:
    """The exact text of what waits for an approval: nothing is dropped, every oddity is an escape.

    Long gaps and runs of empty lines, which could push a part out of sight, are replaced by their size.
    """
    text = _DECEIVING.sub(_escape, text)
    text = _EMPTY_LINES.sub(lambda match: f"\n⟨{match[0].count(chr(10)) - 1} empty lines⟩\n", text)
    text = _LONG_GAP.sub(lambda match: f" ⟨{len(match[0])} spaces⟩ ", text)
    return _PILE.sub(lambda match: match[1] + f"⟨{len(match[0]) - 4} combining⟩", text)
