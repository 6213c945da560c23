"""Commands, addresses, topics and texts made from forms, because no list of them could be long enough."""

import random
import re
from collections.abc import Callable

from training.generation.catalogue import forms, words

_CHOICE = re.compile(r"\[([^\[\]]*\|[^\[\]]*)\]")
_WORD = re.compile(r"<([a-z]+)>")
_NUMBER = re.compile(r"<(\d+)-(\d+)>")


def make(kind: str, dice: random.Random) -> str:
    """One of a kind of ``made_up.toml``."""
    made = dice.choice(forms(kind))
    replacements: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
        (_CHOICE, lambda match: dice.choice(match[1].split("|"))),
        (_NUMBER, lambda match: str(dice.randint(int(match[1]), int(match[2])))),
        (_WORD, lambda match: dice.choice(words(match[1]))),
    )
    for pattern, replacement in replacements:
        made = pattern.sub(replacement, made)
    return made
