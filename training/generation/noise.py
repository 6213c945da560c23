"""What people write around a request, and how they mistype it.

Invariant: slots and what is ``kept``, and so every argument, stay as they are; only the words between them
change.
"""

import random
import re
from collections.abc import Sequence

from training.generation.catalogue import Noise, noise

_SLOT = r"\{[a-z_0-9]+\}"
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


def noisy(request: str, dice: random.Random, share: float = 0.45, kept: Sequence[str] = ()) -> str:
    """The request, as often as ``share`` says with one kind of noise."""
    if dice.random() >= share:
        return request
    found = noise()
    roll = dice.random()
    if roll < 0.3:
        return mistyped(request, dice, kept)
    if roll < 0.4:
        return _abbreviated(request, found, kept)
    if roll < 0.52:
        return _recased(request, dice, kept)
    if roll < 0.6 and found.pastes:
        return f"{dice.choice(found.pastes).strip()}\n{request}"
    if roll < 0.7 and found.asides:
        return f"{dice.choice(found.asides).strip()} {request}"
    return _wrapped(request, dice, found, kept)


def mistyped(request: str, dice: random.Random, kept: Sequence[str] = ()) -> str:
    """One to three letters of the words between slots swapped, dropped, doubled or hit beside."""
    parts = _parts(request, kept)
    for _ in range(dice.choice((1, 1, 2, 3))):
        places = [at for at in range(0, len(parts), 2) if len(parts[at].strip()) > 3]
        if not places:
            break
        at = dice.choice(places)
        parts[at] = _with_typo(parts[at], dice)
    return "".join(parts)


def _with_typo(text: str, dice: random.Random) -> str:
    letters = [at for at in range(1, len(text) - 1) if text[at].isalpha() and text[at - 1].isalpha()]
    if not letters:
        return text
    at = dice.choice(letters)
    roll = dice.random()
    if roll < 0.35:
        return text[: at - 1] + text[at] + text[at - 1] + text[at + 1 :]
    if roll < 0.65:
        return text[:at] + text[at + 1 :]
    if roll < 0.8:
        return text[:at] + text[at] + text[at:]
    return text[:at] + _beside(text[at], dice) + text[at + 1 :]


def _beside(letter: str, dice: random.Random) -> str:
    """A key next to this one on the keyboard."""
    row = next((row for row in _ROWS if letter.lower() in row), letter)
    at = row.find(letter.lower())
    return row[max(0, min(len(row) - 1, at + dice.choice((-1, 1))))]


def _abbreviated(request: str, found: Noise, kept: Sequence[str]) -> str:
    parts = _parts(request, kept)
    return "".join(part if at % 2 else _shortened(part, found) for at, part in enumerate(parts))


def _shortened(text: str, found: Noise) -> str:
    return " ".join(found.abbreviations.get(word.lower(), word) for word in text.split(" "))


def _recased(request: str, dice: random.Random, kept: Sequence[str]) -> str:
    """In capitals or small letters, or without its punctuation."""
    change = dice.choice((str.lower, str.lower, str.upper, str.capitalize, _bare, _bare))
    parts = _parts(request, kept)
    if change is str.capitalize:
        return request[:1].upper() + request[1:] if parts[0] else request
    return "".join(part if at % 2 else change(part) for at, part in enumerate(parts))


def _bare(text: str) -> str:
    return re.sub(r"[?!,']", "", text)


def _wrapped(request: str, dice: random.Random, found: Noise, kept: Sequence[str]) -> str:
    opener = dice.choice(found.openers) if found.openers and dice.random() < 0.6 else ""
    closer = dice.choice(found.closers) if found.closers and (not opener or dice.random() < 0.4) else ""
    starts_free = bool(_parts(request, kept)[0]) and not request[:2].isupper()
    body = request[:1].lower() + request[1:] if opener and starts_free else request
    return opener + (re.sub(r"(?<=\w)[.?!]$", "", body) + closer if closer else body)


def _parts(request: str, kept: Sequence[str]) -> list[str]:
    """What may change at even places, what may not at odd ones."""
    stays = "|".join((_SLOT, *(re.escape(text) for text in sorted(kept, key=len, reverse=True))))
    return re.split(f"({stays})", request)
