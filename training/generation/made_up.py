"""Commands, addresses, topics and texts made from forms, because no list of them could be long enough."""

import random
import re
from collections.abc import Callable, Sequence

from training.generation.catalogue import forms, words

_CHOICE = re.compile(r"\[([^\[\]]*\|[^\[\]]*)\]")
_WORD = re.compile(r"<([a-z]+)>")
_NUMBER = re.compile(r"<(\d+)-(\d+)>")


def make(kind: str, dice: random.Random) -> str:
    """One of a kind of ``made_up.toml``."""
    return expanded(dice.choice(forms(kind)), dice, words)


def expanded(made: str, dice: random.Random, lists: Callable[[str], Sequence[str]]) -> str:
    """The form with its alternatives, numbers and words of ``lists`` chosen."""
    replacements: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
        (_CHOICE, lambda match: dice.choice(match[1].split("|"))),
        (_NUMBER, lambda match: str(dice.randint(int(match[1]), int(match[2])))),
        (_WORD, lambda match: dice.choice(lists(match[1]))),
    )
    for pattern, replacement in replacements:
        made = pattern.sub(replacement, made)
    return made
