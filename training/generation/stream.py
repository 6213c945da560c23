"""The examples of one maker, in the order of their numbers, made ahead of their turn.

Invariant: ``place`` is where to go on so that nothing comes twice and nothing is left out; it does not depend
on the order in which replies come. No more is asked for than is still wanted.
"""

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from training.datasets.example import Example
from training.generation.base import GenerationError
from training.generation.makers import Maker
from training.generation.multiplying import Made
from training.generation.tally import Tally, last_request

GRACE_S = 15.0
"""How long what is under way may take when a run stops: a reply that nobody awaits is paid for nothing."""


@dataclass
class Place:
    """The item that is next, and how many of its examples were taken already."""

    item: int = 0
    taken: int = 0


class Stream:
    """``place`` and ``facts`` (of the tally) may be those of an earlier process."""

    def __init__(self, maker: Maker, place: Place, facts: Mapping[str, Any] | None = None) -> None:
        self.maker = maker
        self.place = place
        self.tally = Tally(facts)
        self._next_item = place.item
        self._under_way: deque[asyncio.Task[list[Made]]] = deque()
        self._ready: deque[Example] = deque()
        self._is_open = False
        self._barren = 0
        self._stopped = False
        self._room = asyncio.Semaphore(maker.at_once)

    async def next(self, wanted: int) -> Example:
        """The next example, of which ``wanted`` are needed. Raises GenerationError, TeacherError."""
        while not self._ready:
            self._close_item()
            await self._open_item(wanted)
        self.place.taken += 1
        return self._ready.popleft()

    def kept(self) -> None:
        """What was given last was good."""
        self._barren = 0

    def _close_item(self) -> None:
        if self._is_open:
            self.place.item, self.place.taken = self.place.item + 1, 0
            self._is_open = False

    async def _open_item(self, wanted: int) -> None:
        self._ask_ahead(wanted)
        # Not awaited itself: who is cancelled here would cancel what is paid for.
        await asyncio.wait([self._under_way[0]])
        made = self._under_way[0].result()
        self._under_way.popleft()
        examples = [one for one in made if isinstance(one, Example)]
        if self.place.taken == 0:
            self._count(made)
        self._ready.extend(examples[self.place.taken :])
        self._is_open = True
        self._barren += max(len(made), 1)
        if self._barren > self.maker.patience:
            raise GenerationError(
                f"{self.maker.name}: of the last {self.maker.patience} examples none was kept"
                + (f"; most often {self.tally.usual}" if self.tally.usual else "")
            )

    def _count(self, made: list[Made]) -> None:
        for one in made:
            if isinstance(one, Example):
                self.tally.take(last_request(one), None)
            else:
                self.tally.take("", one)

    def _ask_ahead(self, wanted: int) -> None:
        """At least one item; as many as may be needed, and as are worth making at a time."""
        many = min(self.maker.ahead, -(-wanted // self.maker.per_item))
        while len(self._under_way) < max(many, 1):
            self._under_way.append(asyncio.create_task(self._made(self._next_item)))
            self._next_item += 1

    async def _made(self, item: int) -> list[Made]:
        async with self._room:
            return [] if self._stopped else await self.maker.make(item)

    async def close(self) -> None:
        """Let what is under way come to its end, within ``GRACE_S``, so that its replies are kept."""
        self._stopped = True
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=GRACE_S)
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        self._under_way.clear()
