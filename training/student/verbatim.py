"""Names and paths that a call copies from what was said are kept as they were written there.

A small student copies the words and loses the letters' case: ``agents.md`` for ``AGENTS.md``. A whole string
argument that was said, but for the case of its letters, becomes what was said. Invariant: nothing else
changes, and nothing that was said just so. Covered: what looks like a path or an identifier, and quoted text.
Not covered: ordinary words, whose case is grammar, and parts of an argument.
"""

import re
from collections.abc import Sequence
from typing import Any

from tools.protocol.messages import Message

QUOTED = re.compile(r"`([^`\n]{1,200})`|\"([^\"\n]{1,200})\"|'([^'\n]{1,200})'")
WORD = re.compile(r"\S{2,200}")
AROUND = "`'\"()[]{}<>,;:!?"
LONGEST_TEXT = 8000
"""Characters of one message that are looked at."""
PLAIN_KEYS = frozenset({"type", "description", "title", "default"})
"""A string with other keywords in its schema, such as ``enum``, says itself what it may be."""


def kept_verbatim(
    arguments: dict[str, Any], schema: dict[str, Any], messages: Sequence[Message]
) -> dict[str, Any]:
    """``arguments`` with the strings that were said as they were said, the newest saying first."""
    free = [name for name, value in arguments.items() if value and _is_free(value, schema, name)]
    if not free:
        return arguments
    said = _said(messages)
    exact = {text for texts in said.values() for text in texts}
    changed = {
        name: said[value.casefold()][0]
        for name in free
        if (value := arguments[name]) not in exact and value.casefold() in said
    }
    return arguments | changed


def _is_free(value: Any, schema: dict[str, Any], name: str) -> bool:
    kind = schema.get("properties", {}).get(name, {})
    return isinstance(value, str) and kind.get("type") == "string" and kind.keys() <= PLAIN_KEYS


def _said(messages: Sequence[Message]) -> dict[str, list[str]]:
    """What the person and the tools wrote, by its folded case, the newest first."""
    said: dict[str, list[str]] = {}
    for message in reversed(messages):
        if message.role != "assistant":
            for text in names_in(message.text[:LONGEST_TEXT]):
                said.setdefault(text.casefold(), []).append(text)
    return said


def names_in(text: str) -> list[str]:
    """The quoted texts, paths and identifiers of ``text``."""
    quoted = [next(filter(None, match.groups())) for match in QUOTED.finditer(text)]
    words = [match.group().strip(AROUND).rstrip(".") for match in WORD.finditer(text)]
    return [*quoted, *(word for word in words if _is_name(word))]


def _is_name(word: str) -> bool:
    """True for what is more than a word: it has capitals inside, or characters that words have not."""
    return bool(word) and (not word.isalpha() or any(letter.isupper() for letter in word[1:]))
