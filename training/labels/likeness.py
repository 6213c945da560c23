"""Whether one request asks for the same as another in other words, or takes back what was done for it.

Invariant: deterministic, on this machine, from the static vectors that come with the program. A request that
names other files, or other numbers, is another request.
"""

import re
from functools import lru_cache

ALIKE, ALIKE_UNNAMED, ALIKE_RETRIED = 0.5, 0.65, 0.2
"""Cosines from which on two requests ask for the same: as a rule; where only one of them names something;
where both led to the same tool. Measured in ``benchmarks/poisoned_log.py``."""
_LONGEST = 2_000
_QUOTED = re.compile(r"`[^`\n]+`|\"[^\"\n]+\"")
_NAME = re.compile(r"[\w/.-]*(?:[./_]\w|\d)[\w/.-]*")
_IT = r"(?:that|this|it)"
_NOT = r"(?: not|n'?t)"
_LEADING = re.compile(
    r"\W*(?:no|nope|wrong|stop|undo|revert|nein|falsch|non|faux|oops|try again|once more)\b(?!\.\w)"
    rf"|\W*{_IT}(?:'s| is| was)? (?:wrong|not (?:right|what|it)|incorrect|broken|nonsense)\b"
    rf"|\W*{_IT} (?:did|does){_NOT} (?:work|help|do)\b"
    r"|\W*(?:not (?:that|what)|why did you|i (?:said|meant|asked))\b"
    rf"|\W*you (?:did{_NOT}|should(?:{_NOT})?|forgot|broke)\b"
)
_ANYWHERE = re.compile(
    rf"\b(?:(?:take|put) {_IT} back|(?:undo|revert) (?:{_IT}|your)|not what i (?:asked|wanted|meant)"
    r"|still (?:broken|wrong|fails?|failing|not|there|does ?n[o']t)|i (?:meant|wanted))\b"
)


def objects(request: str) -> bool:
    """Whether a request says that what was done before it was wrong."""
    text = " ".join(request[:_LONGEST].casefold().split())
    return _LEADING.match(text) is not None or _ANYWHERE.search(text) is not None


@lru_cache(maxsize=4_096)
def asks_again(one: str, other: str, *, retried: bool = False) -> bool:
    """Whether ``other`` asks for the same as ``one``, in the same words or in others.

    ``retried``: the same tool was called for it.
    """
    first, second = (" ".join(text[:_LONGEST].casefold().split()) for text in (one, other))
    if first == second:
        return True
    names, others = _names(first), _names(second)
    if names and others and not (names <= others or others <= names):
        return False
    if retried and names and names == others:
        return True
    if bool(names) is not bool(others):
        bound = ALIKE if retried else ALIKE_UNNAMED
    else:
        bound = ALIKE_RETRIED if retried else ALIKE
    return likeness(_plain(first, names & others), _plain(second, names & others)) >= bound


def likeness(one: str, other: str) -> float:
    """Cosine of the two texts; 1 where neither holds a word."""
    if not one or not other:
        return float(one == other)
    from training.vectors.static_words import StaticWords

    vectors = StaticWords().embed([one, other])
    return float(vectors[0] @ vectors[1])


def _names(text: str) -> frozenset[str]:
    """Files, numbers and what is quoted: what a request is about."""
    quoted = (one.strip('`"') for one in _QUOTED.findall(text))
    return frozenset(name.strip(".-/") for name in (*quoted, *_NAME.findall(text)))


def _plain(text: str, names: frozenset[str]) -> str:
    """Without the names that both have, which would make any two requests about one file alike."""
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, " ")
    return " ".join(re.findall(r"[^\W_]+", text))
