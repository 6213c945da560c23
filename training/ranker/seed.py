"""The requests that the ranker begins with, made from templates."""

import random
import re
import tomllib
from importlib import resources

from training.ranker.examples import Example

FILLINGS = 4
_SLOT = re.compile(r"\{([a-z]+)\}")


def seed_examples() -> list[Example]:
    """Every template with up to four fillings of its slots; the same ones every time."""
    content = tomllib.loads((resources.files("training.ranker") / "seed.toml").read_text("utf-8"))
    slots: dict[str, list[str]] = content["slots"]
    return [
        example
        for tool, templates in content["requests"].items()
        for template in templates
        for example in _filled(template, tool, slots)
    ]


def _filled(template: str, tool: str, slots: dict[str, list[str]]) -> list[Example]:
    """One template's examples; together they weigh as much as the square root of their number.

    Which fillings it gets depends on itself alone, so that a new template changes no other.
    """
    chance = random.Random(template)

    def value(slot: re.Match[str]) -> str:
        return chance.choice(slots[slot[1]]) if slot[1] in slots else slot[0]

    filled = dict.fromkeys(_SLOT.sub(value, template) for _ in range(FILLINGS))
    weight = len(filled) ** -0.5
    return [Example(request, group=f"seed: {template}", right={tool: weight}) for request in filled]
