r"""The text of one shell word, resolved by the rules of bash.

Covered: quotes, backslashes, and which words bash would still change (globs, braces, tildes,
expansions). A second reading beside the parser's: what the two do not agree on is a problem, and a
command with a problem is asked. Not covered: what an expansion yields.
"""

import re
from dataclasses import dataclass
from enum import IntEnum

_ENDS_A_WORD = frozenset(" \t\n\r|&;()<>\"'`")
_GLOB = frozenset("*?[{}")
_EXPANSION = re.compile(r"""\$[A-Za-z0-9_({@*#?!$\-]|`""")
WILD = "\0"
"""Stands in ``Word.shape`` for a character that bash replaces; only a rule's ``*`` matches it."""


class Kind(IntEnum):
    """How much of a word is known before it runs; the larger wins where pieces are joined."""

    LITERAL = 0
    GLOB = 1
    DYNAMIC = 2


@dataclass(frozen=True)
class Word:
    """One argument.

    ``text`` is the value where ``kind`` is LITERAL, else as it was written. ``shape`` equals ``text``
    with ``WILD`` for what a glob, brace or tilde replaces; it means nothing where DYNAMIC.
    """

    text: str
    kind: Kind = Kind.LITERAL
    shape: str = ""

    @property
    def literal(self) -> bool:
        return self.kind is Kind.LITERAL

    def may_be_option(self) -> bool:
        """Whether bash could turn this word into one that starts with a dash."""
        if self.kind is Kind.GLOB:
            return self.shape[:1] in (WILD, "-")
        return self.kind is Kind.DYNAMIC


@dataclass(frozen=True)
class Piece:
    """A run of one quoting style within a word. ``problem`` is empty where it was understood."""

    text: str
    kind: Kind = Kind.LITERAL
    shape: str = ""
    problem: str = ""


def names(text: str) -> frozenset[str]:
    """The blank-separated names in ``text``, for tables."""
    return frozenset(text.split())


def literal(text: str) -> Word:
    """A word that is what it says."""
    return Word(text, Kind.LITERAL, text)


def dynamic(text: str) -> Word:
    """A word that is known only when it runs."""
    return Word(text, Kind.DYNAMIC)


def join(pieces: list[Piece], source: str) -> Word:
    """The word that ``pieces`` make; ``source`` is how it was written."""
    kind = max((piece.kind for piece in pieces), default=Kind.LITERAL)
    text = "".join(piece.text for piece in pieces)
    if kind is Kind.DYNAMIC:
        return dynamic(source)
    return Word(text, kind, "".join(piece.shape for piece in pieces))


def bare(text: str, at_start: bool) -> Piece:
    """An unquoted run. ``at_start`` says that it opens the word, where a tilde expands."""
    out: list[str] = []
    shape: list[str] = []
    kind = Kind.LITERAL
    position = 0
    while position < len(text):
        character = text[position]
        position += 1
        if character == "\\":
            if position == len(text):
                return Piece(text, Kind.DYNAMIC, problem="a backslash ends a word")
            escaped = text[position].replace("\n", "")
            position += 1
            out.append(escaped)
            shape.append(escaped)
            continue
        if character in _ENDS_A_WORD or character == "$":
            return Piece(text, Kind.DYNAMIC, problem=f"a word contains an unquoted {character!r}")
        wild = character in _GLOB or (character == "~" and at_start and position == 1)
        kind = max(kind, Kind.GLOB if wild else Kind.LITERAL)
        out.append(character)
        shape.append(WILD if wild else character)
    return Piece("".join(out), kind, "".join(shape))


def double_quoted(text: str) -> Piece:
    """What stands between double quotes, without the expansions in it."""
    plain = re.sub(r"\\[\\$`\"\n]", "", text)
    if _EXPANSION.search(plain) or '"' in plain:
        return Piece(text, Kind.DYNAMIC, problem="an expansion inside quotes is not understood")
    resolved = re.sub(r"\\([\\$`\"])|\\\n", lambda match: match.group(1) or "", text)
    return Piece(resolved, Kind.LITERAL, resolved)


def single_quoted(node_text: str) -> Piece:
    """A ``'...'`` run with its quotes."""
    inner = node_text[1:-1]
    if len(node_text) < 2 or "'" in inner:
        return Piece(node_text, Kind.DYNAMIC, problem="a quote is not understood")
    return Piece(inner, Kind.LITERAL, inner)


def ansi_quoted(node_text: str) -> Piece:
    r"""A ``$'...'`` run with its quotes; with escapes in it the value counts as unknown."""
    inner = node_text[2:-1]
    if "\\" in inner or "'" in inner:
        return Piece(node_text, Kind.DYNAMIC)
    return Piece(inner, Kind.LITERAL, inner)
