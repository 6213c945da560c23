"""Near misses: the words of a corrected request about something else, which must stay decided as it is now.

Invariant: a request that a correction decides at once is no near miss. A request that names something has
none: what it means for another thing of its kind is what the correction says.
"""

import random
from collections.abc import Sequence

from training.corrections.base import Correction
from training.corrections.nearest import Nearest
from training.corrections.wording import normal, wording
from training.learning.rewording import core_of, form_of, verb_of

_FILES = (
    "src/billing.py", "lib/parser.rs", "tests/test_orders.py", "app/models/user.rb", "docs/usage.md",
    "internal/queue.go", "web/index.html", "scripts/report.sh",
)  # fmt: skip
_ACTS = ("explain", "fix", "describe", "document", "rename")


def near_misses(
    corrections: Sequence[Correction], each: int, dice: random.Random
) -> dict[str, tuple[str, ...]]:
    """For each correction, by its id, at most ``each`` requests near to it that mean something else."""
    nearest = Nearest(corrections)
    taken = {normal(one.request) for one in corrections}
    found: dict[str, tuple[str, ...]] = {}
    for one in corrections:
        fresh: list[str] = []
        for request in _near(one.request, dice):
            if len(fresh) < each and normal(request) not in taken and not decided(nearest, request):
                taken.add(normal(request))
                fresh.append(request)
        found[one.id] = tuple(fresh)
    return found


def decided(nearest: Nearest, request: str) -> bool:
    """Whether one of the corrections decides a request at once."""
    return nearest.of(request, lambda one: True) is not None


def _near(request: str, dice: random.Random) -> list[str]:
    if wording(request).things:
        return []
    core = core_of(request)
    mark = "?" if form_of(core) == "question" else ""
    files = dice.sample(_FILES, 3)
    found = [f"{core} in {file}{mark}" for file in files]
    if verb := verb_of(core):
        rest = core[len(verb) + 1 :].removeprefix("me ")
        found += [f"{act} {rest} in {dice.choice(_FILES)}" for act in dice.sample(_ACTS, 2)]
    dice.shuffle(found)
    return found
