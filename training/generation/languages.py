"""Which natural language a request is in, where that is plain.

Short requests about code are mostly names; whatever detector guesses at them is wrong too often. So words of
code are left out, and without clear evidence the language is unknown: None, which contradicts nothing.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from functools import cache

from training.generation.words_of_quality import quality_words

CLEAR = 2
"""Frequent words of one language that are evidence, and by how many it is ahead of the next one."""
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_CODE = re.compile(r"`[^`]*`|\"[^\"]*\"|\S*[/\\_.(){}\[\]=<>]\S+|\S+\(\)")
_SCRIPTS = {
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "CJK": "zh",
    "HANGUL": "ko",
    "CYRILLIC": "ru",
    "ARABIC": "ar",
    "GREEK": "el",
    "HEBREW": "he",
    "DEVANAGARI": "hi",
    "THAI": "th",
}
_MUCH = 0.3


def language_of(text: str) -> str | None:
    """Its ISO 639-1 code."""
    letters = [letter for letter in _CODE.sub(" ", text) if letter.isalpha()]
    scripts = Counter(_SCRIPTS.get(unicodedata.name(letter, "").split(" ")[0], "") for letter in letters)
    del scripts[""]
    if letters and scripts.total() > _MUCH * len(letters):
        return "ja" if scripts["ja"] else scripts.most_common(1)[0][0]
    words = Counter(_WORD.findall(_CODE.sub(" ", text).casefold()))
    counted = {
        language: sum(min(words[word], 2) for word in frequent) for language, frequent in _frequent().items()
    }
    (first, most), (_, next_most) = sorted(counted.items(), key=lambda pair: -pair[1])[:2]
    return first if most >= CLEAR and most - next_most >= CLEAR else None


@cache
def _frequent() -> Mapping[str, frozenset[str]]:
    return {name: frozenset(words.split()) for name, words in quality_words()["languages"].items()}
