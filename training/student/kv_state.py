"""A saved KV state, and a shelf of them that fits a number of bytes."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass


@dataclass(frozen=True)
class KvState:
    """What llama.cpp computed for ``tokens``; meaningful only to the same model with the same adapter."""

    tokens: tuple[int, ...]
    data: bytes | bytearray

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.data)


class Shelf:
    """States by key, at most ``budget`` bytes of them: the one used longest ago goes first."""

    def __init__(self, budget: int) -> None:
        self._budget = budget
        self._states: OrderedDict[Hashable, KvState] = OrderedDict()

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(state.size for state in self._states.values())

    def get(self, key: Hashable) -> KvState | None:
        """The state of ``key``, which counts as used."""
        state = self._states.get(key)
        if state:
            self._states.move_to_end(key)
        return state

    def put(self, key: Hashable, state: KvState) -> None:
        """Keep ``state`` in the place of what ``key`` had; one that is larger than the shelf is not kept."""
        if state.size > self._budget:
            return
        self._states[key] = state
        self._states.move_to_end(key)
        while self.size > self._budget:
            self._states.popitem(last=False)
