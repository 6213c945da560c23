"""Several scripted teachers side by side, because most of an example's time goes by while its calls run.

Invariant: which of them makes an example changes nothing in it.
"""

import asyncio
import os
from contextlib import AsyncExitStack
from functools import partial
from types import TracebackType
from typing import Self

from sandbox.settings import SandboxSettings
from training.datasets.example import Example
from training.generation.scripted import PER_WORLD, ScriptedTeacher
from training.generation.settings import Parts

MOST = 8


class Crew:
    """Fulfils ``Source``. An async context manager. Examples of one repository are made by one teacher.

    The first teacher is opened with the crew, so that a missing sandbox is said at once, each other one at
    its first example.
    """

    def __init__(
        self,
        seed: int,
        sandbox: SandboxSettings | None = None,
        parts: Parts | None = None,
        teachers: int = 0,
    ) -> None:
        wanted = teachers or min(MOST, 2 * (os.cpu_count() or 2))
        self._new = partial(ScriptedTeacher, seed, parts, sandbox)
        self._teachers: list[ScriptedTeacher | None] = [None] * wanted
        self._turns = [asyncio.Lock() for _ in self._teachers]
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        await self._teacher(0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def make(self, index: int) -> Example:
        place = index // PER_WORLD % len(self._teachers)
        async with self._turns[place]:
            teacher = await self._teacher(place)
            return await teacher.make(index)

    async def _teacher(self, place: int) -> ScriptedTeacher:
        teacher = self._teachers[place]
        if teacher is None:
            teacher = await self._stack.enter_async_context(self._new())
            self._teachers[place] = teacher
        return teacher
