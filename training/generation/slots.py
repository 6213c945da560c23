"""What the slots of a request stand for: facts of one repository, the same wherever the request names them.

Invariant: a value is derived from the repository as it stands, so that a call built from it does what the
request says. A slot that this repository cannot fill raises Unfillable; another repository may.
"""

import random
import re
from collections.abc import Mapping

from training.generation import (
    abroad,
    changes,
    commands,
    earlier,
    file_requests,
    inventions,
    searched,
    standing,
    task_code,
    task_facts,
    task_records,
    task_tables,
    task_words,
    task_worlds,
)
from training.generation.finders import Finder, Unfillable
from training.generation.worlds import Mistake, Setting, World

SLOT = re.compile(r"\{([a-z_0-9]+)\}")


class Slots:
    """Values by name, each found once. A name that ends in ``2`` or ``3`` is another value of its kind."""

    def __init__(self, world: World, dice: random.Random) -> None:
        self.world: World = world
        self.dice: random.Random = dice
        self.values: dict[str, str] = {}
        """Found so far. Finders put here what belongs together."""
        self._setting: Setting | None = None

    def __getitem__(self, name: str) -> str:
        if name not in self.values:
            self.values[name] = self._found(name)
        return self.values[name]

    def fill(self, text: str) -> str:
        """The text with every slot filled. Other braces are left alone."""
        return SLOT.sub(lambda match: self[match[1]] if match[1] in KNOWN else match[0], text)

    def names_in(self, text: str) -> list[str]:
        """The slots of a text."""
        return [name for name in SLOT.findall(text) if name in KNOWN]

    def _found(self, name: str) -> str:
        base = name.rstrip("23")
        if base == name:
            return _FINDERS[name](self)
        taken = {value for other, value in self.values.items() if other.rstrip("23") == base}
        for _ in range(12):
            value = _FINDERS[base](self)
            if value not in taken:
                return value
        raise Unfillable(name)

    def choose(self, values: "list[str] | tuple[str, ...]", name: str) -> str:
        """One of them. Raises Unfillable where there is none."""
        if not values:
            raise Unfillable(name)
        return self.dice.choice(values)

    @property
    def setting(self) -> Setting:
        """The one line of configuration that this request is about."""
        if self._setting is None:
            if not self.world.settings:
                raise Unfillable("config")
            self._setting = self.dice.choice(self.world.settings)
        return self._setting

    @property
    def mistake(self) -> Mistake:
        """What is planted."""
        if self.world.mistake is None:
            raise Unfillable("broken_file")
        return self.world.mistake

    def text(self, slot: str = "file") -> str:
        """The file that a slot names, as it stands."""
        return self.world.now(self[slot])


_FINDERS: Mapping[str, Finder] = {
    **standing.FINDERS,
    **inventions.FINDERS,
    **earlier.FINDERS,
    **changes.FINDERS,
    **abroad.FINDERS,
    **file_requests.FINDERS,
    **searched.FINDERS,
    **commands.FINDERS,
    **task_facts.FINDERS,
    **task_tables.FINDERS,
    **task_words.FINDERS,
    **task_code.FINDERS,
    **task_records.FINDERS,
    **task_worlds.FINDERS,
}
KNOWN = frozenset(_FINDERS) | {f"{name}{digit}" for name in _FINDERS for digit in "23"}
