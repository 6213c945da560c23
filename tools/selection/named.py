"""Which tools a request names.

Invariant: a tool whose name stands in the request, as it is written or in words (``git diff`` for
``git_diff``), is always found, so that it is never hidden. Only a name that no ordinary sentence holds
(``git_diff``, not ``fetch``) is taken for a wish.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

_JOINT = re.compile(r"[\W_]+|(?<=[a-z\d])(?=[A-Z])")
_ORDINARY = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")


@dataclass(frozen=True)
class Named:
    """``mentioned`` are not to be hidden; ``wished`` of them come first."""

    mentioned: frozenset[str] = frozenset()
    wished: frozenset[str] = frozenset()


def named(request: str, names: tuple[str, ...]) -> Named:
    """Which of ``names`` the request holds, in any case."""
    folded, spoken = request.casefold(), _spoken(request)
    mentioned, wished = set(), set()
    for name, literal, in_words in _looked_for(names):
        if literal in folded and _as_word(literal).search(folded):
            mentioned.add(name)
            if not _ORDINARY.fullmatch(name):
                wished.add(name)
        elif in_words in spoken:
            mentioned.add(name)
    return Named(frozenset(mentioned), frozenset(wished))


@lru_cache(maxsize=64)
def _looked_for(names: tuple[str, ...]) -> list[tuple[str, str, str]]:
    """Each name as it is, in lower case, and in words."""
    return [(name, name.casefold(), _spoken(name)) for name in names]


@lru_cache(maxsize=1024)
def _as_word(literal: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(literal)}(?!\w)")


def _spoken(text: str) -> str:
    """The words of a text between single spaces: ``readFile`` and ``read_file`` are `` read file ``."""
    return f" {' '.join(_JOINT.sub(' ', text).casefold().split())} "
