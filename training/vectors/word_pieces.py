"""Texts as the pieces of words that BERT's uncased vocabulary knows: its own tokenizer, without the library.

Invariant: the pieces are those of ``tokenizers`` for ``bert-base-uncased``, without its special tokens, but
for what came into Unicode after its tables.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

_LONGEST = 100
"""Letters of a word; a longer one is unknown."""
_UNKNOWN = "[UNK]"
_BLANKS = "\t\n\r"
_PLAIN = re.compile(r"[a-z0-9]+|[!-/:-@\[-`{-~]")
"""A word or a sign of ASCII, in lower case."""
_IDEOGRAPHS = (
    (0x4E00, 0x9FFF),
    (0x3400, 0x4DBF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B820, 0x2CEAF),
    (0xF900, 0xFAFF),
    (0x2F800, 0x2FA1F),
)


class WordPieces:
    """``vocabulary`` has a piece at the place of its id; pieces within a word begin with ``##``. ``unknown``
    gives the id of a word that no pieces make; without it, that is the one of ``[UNK]``.
    """

    def __init__(self, vocabulary: Sequence[str], unknown: Callable[[str], int] | None = None) -> None:
        self._ids = {piece: place for place, piece in enumerate(vocabulary)}
        self._unknown = unknown or (lambda word: self._ids[_UNKNOWN])
        self._of_word = lru_cache(maxsize=200_000)(self._split)

    def ids(self, text: str) -> list[int]:
        """Of a text in its order."""
        clean = _clean(text)
        words = _PLAIN.findall(clean.lower()) if clean.isascii() else _words(clean)
        return [one for word in words for one in self._of_word(word)]

    def _split(self, word: str) -> tuple[int, ...]:
        """The longest piece first, and so on; the one for unknown words where a rest fits none."""
        found: list[int] = []
        start = 0
        while start < len(word) <= _LONGEST:
            prefix = "##" if start else ""
            ends = range(len(word), start, -1)
            end = next((end for end in ends if prefix + word[start:end] in self._ids), start)
            if end == start:
                return (self._unknown(word),)
            found.append(self._ids[prefix + word[start:end]])
            start = end
        return tuple(found) or (self._unknown(word),)


def _words(clean: str) -> Iterator[str]:
    """Lower case without accents, apart at blanks, signs and ideographs."""
    word = ""
    for letter in unicodedata.normalize("NFD", clean).lower():
        if unicodedata.category(letter) == "Mn":
            continue
        if letter == " ":
            if word:
                yield word
            word = ""
        elif _is_sign(letter) or _is_ideograph(letter):
            if word:
                yield word
            yield letter
            word = ""
        else:
            word += letter
    if word:
        yield word


def _clean(text: str) -> str:
    """Every kind of blank as a blank, and nothing that cannot be seen."""
    if text.isprintable() and text.isascii():
        return text
    return "".join(" " if _is_blank(letter) else letter for letter in text if not _is_unseen(letter))


def _is_blank(letter: str) -> bool:
    return letter in _BLANKS or unicodedata.category(letter) in {"Zs", "Zl", "Zp"}


def _is_unseen(letter: str) -> bool:
    return letter not in _BLANKS and (
        letter == "\ufffd" or unicodedata.category(letter) in {"Cc", "Cf", "Co", "Cs"}
    )


def _is_sign(letter: str) -> bool:
    plain = letter.isascii() and letter.isprintable() and not letter.isalnum() and letter != " "
    return plain or unicodedata.category(letter).startswith("P")


def _is_ideograph(letter: str) -> bool:
    return any(first <= ord(letter) <= last for first, last in _IDEOGRAPHS)
