"""Results that are no answer: something was carried out, or something is missing."""

import random
from typing import Any, Literal

from training.generation.data_files import data, lines
from training.generation.noise import noisy
from training.generation.reading.base import ReadingExample
from training.generation.reading.values import Scope, draw

_NOISE = 0.3


def ending(form: Literal["done", "ask"], dice: random.Random) -> ReadingExample:
    """An example of one of the two forms."""
    found = dice.choice(data("reading/endings")[form])
    scope = Scope(dice, {})
    asked = dice.choice(lines(found["requests"]))
    request = scope.fill(asked)
    arguments: dict[str, Any] = {}
    for part in found["arguments"].split(" ;; "):
        name, _, value = part.partition("=")
        filled = scope.fill(value)
        arguments[name] = int(filled) if name == "start_line" else filled
    text = tuple(scope.fill(draw(line, dice)) for line in found["lines"])
    source = arguments.get("path") or arguments.get("command") or found["tool"]
    return ReadingExample(
        source=source,
        lines=text,
        question=noisy(request, dice, _NOISE, kept=scope.used_in(asked)),
        form=form,
        line=None,
        answer="",
        kind=f"{form}-{found['tool'].replace('_', '-')}",
        call=(found["tool"], arguments),
    )
