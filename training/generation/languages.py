"""Which natural language a request is in, where that is plain.

Short requests about code are mostly names; whatever detector guesses at them is wrong too often. So words of
code are left out, and without clear evidence the language is unknown, which contradicts nothing.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from functools import cache

from training.generation.data_files import data

CLEAR = 2
"""Frequent words of one language that are evidence, and by how many it is ahead of the next one."""
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_CODE = re.compile(r"`[^`]*`|\"[^\"]*\"|\S*[/\\_.(){}\[\]=<>]\S+|\S+\(\)")
_SCRIPTS = {
    "HIRAGANA": ("ja",),
    "KATAKANA": ("ja",),
    "CJK": ("zh", "ja"),
    "HANGUL": ("ko",),
    "CYRILLIC": ("ru", "uk", "bg", "sr", "be", "mk"),
    "ARABIC": ("ar", "fa", "ur"),
    "GREEK": ("el",),
    "HEBREW": ("he", "yi"),
    "DEVANAGARI": ("hi", "mr", "ne"),
    "THAI": ("th",),
}
_MUCH = 0.3


def languages_of(text: str) -> frozenset[str]:
    """The ISO 639-1 codes of those that it may be in; empty where that is not plain."""
    plain = _CODE.sub(" ", text)
    letters = [letter for letter in plain if letter.isalpha()]
    scripts = Counter(unicodedata.name(letter, "").split(" ")[0] for letter in letters)
    known = {name: count for name, count in scripts.items() if name in _SCRIPTS}
    if letters and sum(known.values()) > _MUCH * len(letters):
        return min((frozenset(_SCRIPTS[name]) for name in known), key=len)
    words = set(_WORD.findall(plain.casefold()))
    counted = {language: len(words & frequent) for language, frequent in _frequent().items()}
    (first, most), (_, next_most) = sorted(counted.items(), key=lambda pair: -pair[1])[:2]
    return frozenset({first} if most >= CLEAR and most - next_most >= CLEAR else ())


@cache
def _frequent() -> Mapping[str, frozenset[str]]:
    return {name: frozenset(words.split()) for name, words in data("quality")["languages"].items()}
