"""Which tools an example offers of the built-in ones: all, a fixed set, or all but the right one.

Invariant: what an example calls is on offer. The sets are few, because examples that offer the same tools
are trained together.
"""

import random
from collections.abc import Iterable

from tools.protocol.messages import Signature
from tools.registry import ANSWER, Registry
from tools.selection.bundles import bundles


class Shelf:
    """The signatures of a registry, to choose from."""

    def __init__(self, registry: Registry) -> None:
        self._all = tuple(one for one in registry.signatures() if one.name != ANSWER.name)

    def for_calls(self, called: Iterable[str], dice: random.Random) -> tuple[Signature, ...]:
        """Mostly all; now and then a fixed set that holds what is called."""
        needed = set(called)
        fitting = [held for held in bundles().values() if needed <= held]
        if dice.random() < 0.88 or not fitting:
            return self._all
        held = dice.choice(fitting)
        return tuple(one for one in self._all if one.name in held)

    def without(self, called: Iterable[str], dice: random.Random) -> tuple[Signature, ...]:
        """A fixed set without any of what the request would need, and without what could stand in for it."""
        useless = set(called) | _substitutes(called)
        fitting = [held for held in bundles().values() if not useless & held]
        if not fitting:
            return tuple(one for one in self._all if one.name not in useless)
        held = dice.choice(fitting)
        return tuple(one for one in self._all if one.name in held)


def _substitutes(called: Iterable[str]) -> set[str]:
    """Tools that could do what the called ones do, in some way."""
    groups = (
        {"read_file", "run_shell", "run_python", "search_files", "list_files"},
        {"write_file", "edit_file", "run_shell", "run_python"},
        {"run_tests", "run_shell", "run_python"},
        {"git_diff", "run_shell"},
        {"web_search", "fetch_url", "search_docs"},
    )
    wanted = set(called)
    return set().union(*(group for group in groups if group & wanted))
