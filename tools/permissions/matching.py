"""A rule's words against the words of one simple command.

Three readings of one pattern. ``covers`` approves: every word is accounted for, and what has to be
spelled is spelled. ``touches`` denies or asks: it also sees the program under another path, behind
its leading options, and in words that are only known when they run. ``mentions`` asks: it sees the
program's name in text that another program could run. Not covered: a name that is put together there.
"""

import re
from collections.abc import Collection, Sequence
from enum import IntEnum

from tools.permissions.parts import Part
from tools.permissions.words import Kind, Word, literal


class Touch(IntEnum):
    """Whether a part is what a rule names."""

    NO = 0
    MAYBE = 1
    YES = 2


def covers(pattern: Sequence[str], part: Part, dangers: Collection[int]) -> bool:
    """Whether an allow rule approves ``part``; ``dangers`` are positions that its ``*`` does not cover."""
    if part.writes or not part.words:
        return False
    if len(part.words) in dangers and "*" in pattern:
        return False
    spelled = {position + len(part.assignments) for position in dangers} | set(range(len(part.assignments)))
    words = [*map(literal, part.assignments), *part.words]
    states = _closed({0}, pattern)
    for position, word in enumerate(words):
        reached: set[int] = set()
        for state in states:
            if state == len(pattern):
                continue
            if pattern[state] == "*" and position not in spelled:
                reached.add(state)
            elif pattern[state] != "*" and _same(pattern[state], word, position in spelled):
                reached.add(state + 1)
        states = _closed(reached, pattern)
    return len(pattern) in states


def touches(pattern: Sequence[str], part: Part) -> Touch:
    """Whether a deny or ask rule names ``part``."""
    best = Touch.NO
    for words in _readings(part):
        if _matches(pattern, words, lenient=False):
            return Touch.YES
        if _matches(pattern, words, lenient=True):
            best = Touch.MAYBE
    return best


def mentions(pattern: Sequence[str], part: Part) -> bool:
    """Whether an argument or a prefix of ``part``, which could be run, spells the rule's program."""
    if not pattern or "*" in pattern[0]:
        return False
    program = re.compile(rf"(?:(?<![\w-])|(?<=-\w)){re.escape(pattern[0])}(?![\w-])")
    behind = part.text.removeprefix(part.words[0].text) if part.words else part.text
    texts = (behind, *part.assignments, *(word.text for word in part.words[1:]))
    return any(program.search(text) for text in texts)


def _readings(part: Part) -> list[list[Word]]:
    """The part's words as they stand, with the program's bare name, and without its leading options."""
    if not part.words:
        return []
    words = list(part.words)
    bare = [literal(part.program.rsplit("/", 1)[-1]), *words[1:]] if part.program else words
    rest = bare[1:]
    while rest and rest[0].text.startswith("-"):
        takes_value = rest[0].text in ("-C", "-c", "--git-dir", "--work-tree", "--prefix")
        rest = rest[2 if takes_value else 1 :]
    return [words, bare, [bare[0], *rest]]


def _matches(pattern: Sequence[str], words: Sequence[Word], lenient: bool) -> bool:
    states = _closed({0}, pattern)
    for word in words:
        reached: set[int] = set()
        for state in states:
            if lenient and not word.literal:
                reached |= set(range(state, len(pattern) + 1))
            if state == len(pattern):
                continue
            if pattern[state] == "*":
                reached.add(state)
            elif word.kind is not Kind.DYNAMIC and _fits(pattern[state], word.shape):
                reached.add(state + 1)
        states = _closed(reached, pattern)
    return len(pattern) in states


def _closed(states: set[int], pattern: Sequence[str]) -> set[int]:
    """``states`` and those behind each ``*``, which may stand for no word at all."""
    closed = set(states)
    for state in states:
        while state < len(pattern) and pattern[state] == "*":
            state += 1
            closed.add(state)
    return closed


def _same(pattern: str, word: Word, spelled: bool) -> bool:
    """Whether one pattern word approves ``word``; a ``*`` never climbs out of a folder with ``..``."""
    if word.kind is Kind.DYNAMIC or (spelled and ("*" in pattern or not word.literal)):
        return False
    climbs = ".." in re.split(r"[/=]", word.text) and ".." not in re.split(r"[/=]", pattern)
    return not climbs and _fits(pattern, word.shape)


def _fits(pattern: str, text: str) -> bool:
    """Whether ``text`` is ``pattern``, whose stars stand for anything; each piece is looked for only once."""
    first, *others = re.split(r"\*+", pattern)
    if not others:
        return text == first
    *middle, last = others
    at = len(first)
    if not text.startswith(first) or not text.endswith(last) or len(text) < at + len(last):
        return False
    end = len(text) - len(last)
    for piece in middle:
        at = text.find(piece, at, end)
        if at < 0:
            return False
        at += len(piece)
    return True
