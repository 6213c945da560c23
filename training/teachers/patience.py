"""Asking again, as often and as late as makes sense.

Invariant: what a server asks to wait is waited, by all requests to it; otherwise the wait doubles with each
attempt, with jitter. A wait that nobody wants to sit through ends the work with the time to come back.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from training.teachers.base import FREE, Passing, ProviderConfig, Spend, TeacherError, Unusable

Result = TypeVar("Result")
Said = Callable[[str], None]


def unheard(_line: str) -> None:
    """For lines that nobody reads."""


class Patience:
    """For one provider. ``attempts`` counts all that were made."""

    def __init__(self, config: ProviderConfig, said: Said = unheard) -> None:
        self._config = config
        self._said = said
        self._not_before = 0.0
        self.attempts = 0

    async def insist(self, once: Callable[[], Awaitable[Result]], spend: Spend = FREE) -> Result:
        """``once`` again and again while what fails is passing. Raises what it fails with in the end."""
        number = 0
        while True:
            number += 1
            await self._until_allowed()
            await spend.attempt()
            self.attempts += 1
            try:
                return await once()
            except TeacherError as problem:
                await spend.failed(problem)
                wait = self.wait_s(problem, number)
                self._said(f"{problem}; trying again in {wait:.1f} s")
            await asyncio.sleep(wait)

    def wait_s(self, problem: TeacherError, number: int) -> float:
        """Seconds before the next attempt. Raises where there is none."""
        attempts = self._config.attempts
        last = min(2, attempts) if isinstance(problem, Unusable) else attempts
        if not isinstance(problem, Passing) or number >= last:
            raise problem
        asked = problem.asked_s
        if asked is None:
            longest = min(self._config.longest_wait_s, self._config.backoff_s * 2.0 ** (number - 1))
            return longest * random.uniform(0.5, 1.0)
        if asked > self._config.longest_wait_s:
            raise TeacherError(f"{problem}; it asks to come back in {asked:.0f} s: resume then")
        self._not_before = max(self._not_before, time.monotonic() + asked)
        return asked * random.uniform(1.0, 1.1)

    async def _until_allowed(self) -> None:
        """A server that is busy for one request is so for the others too."""
        while True:
            wait = self._not_before - time.monotonic()
            if wait <= 0:
                return
            await asyncio.sleep(wait * random.uniform(1.0, 1.1))
