"""Secrets in other wordings than ``secret_corpus``, each wording once, and harmless text that resembles them.

Invariant: nothing here is a real secret; the values are generated with a fixed seed. The samples of a kind
are dealt to two halves in turn. The rules were improved while looking at the first half only; the second
half says how they do on text they were not written for.
"""

import json
import random
import re
import string
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_TEXTS = json.loads(Path(__file__).with_name("second_corpus.json").read_text(encoding="utf-8"))
HARMLESS: list[Any] = _TEXTS["harmless"]
_SLOT = re.compile(r"«([A-Z])»")
_ADJECTIVES = (
    *("amber", "brisk", "copper", "dusty", "eager", "frosty", "golden", "hollow", "ivory", "jolly"),
    *("lunar", "mellow", "noble"),
)
_NOUNS = (
    *("anchor", "badger", "cactus", "donkey", "ember", "falcon", "ginger", "harbor", "island", "jacket"),
    *("kettle", "lantern", "meadow"),
)


@dataclass(frozen=True)
class Sample:
    """``value`` holds each of ``secrets``."""

    kind: str
    half: int
    value: Any
    secrets: tuple[str, ...]


def samples() -> Iterator[Sample]:
    """Every secret of the corpus, the same ones each time."""
    dice = random.Random(77)
    for kind, values in _TEXTS["secrets"].items():
        for number, value in enumerate(values):
            secrets: list[str] = []
            filled = _filled(value, dice, secrets)
            yield Sample(kind, number % 2, filled, tuple(secrets))


def _filled(value: Any, dice: random.Random, secrets: list[str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(item, dice, secrets) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, dice, secrets) for item in value]
    if value == "«N»":
        secrets.append(_made("N", dice))
        return int(secrets[-1])
    if not isinstance(value, str):
        return value

    def fill(slot: re.Match[str]) -> str:
        secrets.append(_made(slot[1], dice))
        if slot[1] != "B":
            return secrets[-1]
        cut = len(secrets[-1]) // 2
        return secrets[-1][:cut] + "\n" + secrets[-1][cut:]

    return _SLOT.sub(fill, value)


def _made(letter: str, dice: random.Random) -> str:
    def of(alphabet: str, count: int) -> str:
        return "".join(dice.choice(alphabet) for _ in range(count))

    adjective, noun = dice.choice(_ADJECTIVES), dice.choice(_NOUNS)
    mixed = string.ascii_letters + string.digits
    return {
        "P": lambda: dice.choice((noun.title() + of("!#*?+", 1) + of("123456789", 3), of(mixed, 11) + "7x")),
        "W": lambda: adjective + dice.choice(_NOUNS) + noun,
        "S": lambda: " ".join((adjective, noun, dice.choice(_NOUNS), dice.choice(_ADJECTIVES))),
        "D": lambda: "-".join((adjective, noun, dice.choice(_NOUNS), dice.choice(_ADJECTIVES))),
        "N": lambda: of("123456789", 8),
        "G": lambda: of(mixed, 35) + "4kQ2z",
        "H": lambda: of("0123456789abcdef", 38) + "7e",
        "L": lambda: of(mixed, 26) + "9Vb3t",
        "K": lambda: "gh" + "p_" + of(mixed, 36),
        "B": lambda: "gh" + "p_" + of(mixed, 36),
    }[letter]()
