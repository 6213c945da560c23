"""Stored text on its way out of the program: to a pipe, a file, the clipboard.

Invariant: what leaves here carries no secret that redaction knows, and nothing that a terminal, an editor or
a viewer of Markdown could act upon. In JSON, odd characters become escapes, so that a reader gets them back.
"""

import re
from collections.abc import Mapping
from typing import Any

from assistant.text_safety import clean

_ODD = re.compile(
    "[\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
_ACTIVE = re.compile(
    r"<(?=[A-Za-z/!?])|!(?=\[)|\](?=\(\s*(?:javascript|vbscript|data|file):)|\](?=:\s)", re.IGNORECASE
)
_HEADING = re.compile(r"^( {0,3})(#{1,6}\s|=+\s*$|-+\s*$)")


def outgoing_text(text: str) -> str:
    """``text`` without secrets, inert."""
    from training.events.redaction import redact_text

    return clean(redact_text(text))


def outgoing_value(value: Any) -> Any:
    """``value``, at any depth, without secrets; to be printed as ASCII JSON, which is inert."""
    from training.events.redaction import redact

    return redact(value)[0]


def outgoing_line(line: bytes) -> bytes:
    """A line of JSON without secrets, odd characters as escapes; the same bytes where there are none."""
    import orjson

    from training.events.gate import may_hold_secrets

    if may_hold_secrets(line):
        stored = orjson.loads(line)
        redacted = outgoing_value(stored)
        if redacted != stored:
            line = orjson.dumps(redacted) + (b"\n" if line.endswith(b"\n") else b"")
    if line.isascii() and b"\x7f" not in line:
        return line
    return _ODD.sub(_json_escape, line.decode("utf-8", "replace")).encode()


def outgoing_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row for a format without escapes: no secrets, every text inert."""
    cleaned: dict[str, Any] = _inert(outgoing_value(row))
    return cleaned


def outgoing_markdown(text: str) -> str:
    """Text of a conversation for a Markdown file: no secrets, HTML, images or headings; fences are closed."""
    lines: list[str] = []
    fence = ""
    for line in outgoing_text(text).split("\n"):
        mark = _FENCE.match(line)
        if fence:
            if mark and mark[1].startswith(fence) and not line.strip(" `~"):
                fence = ""
            lines.append(line)
            continue
        if mark:
            fence = mark[1]
            lines.append(line)
            continue
        line = _ACTIVE.sub(lambda found: "&lt;" if found[0] == "<" else "\\" + found[0], line)
        lines.append(_HEADING.sub(r"\1\\\2", line))
    return "\n".join([*lines, fence] if fence else lines)


def _inert(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {_inert(key): _inert(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_inert(one) for one in value]
    return value


def _json_escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code <= 0xFFFF:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"
