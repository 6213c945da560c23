"""Several scripted teachers side by side, because most of an example's time goes by while its calls run.

Invariant: which of them makes an example changes nothing in it.
"""

import asyncio
import os
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from sandbox.settings import SandboxSettings
from training.datasets.example import Example
from training.generation.scripted import PER_WORLD, ScriptedTeacher

MOST = 8


class Crew:
    """Fulfils ``Source``. An async context manager. Examples of one repository are made by one teacher."""

    def __init__(self, seed: int, sandbox: SandboxSettings | None = None, teachers: int = 0) -> None:
        wanted = teachers or min(MOST, max(2, os.cpu_count() or 2))
        self._teachers = [ScriptedTeacher(seed, sandbox=sandbox) for _ in range(wanted)]
        self._turns = [asyncio.Lock() for _ in self._teachers]
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            for teacher in self._teachers:
                await stack.enter_async_context(teacher)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def make(self, index: int) -> Example:
        place = index // PER_WORLD % len(self._teachers)
        async with self._turns[place]:
            return await self._teachers[place].make(index)
