"""The one piece of work that a turn waits for: it reports while it runs, and can be cancelled from outside.

Invariant: the work is over when its iterator is: it is cancelled where the consumer stops early.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Done(Generic[Result]):
    """The last thing that ``Work.stream`` yields."""

    result: Result


class Work:
    """One thing at a time."""

    def __init__(self) -> None:
        self._task: asyncio.Future[Any] | None = None

    def cancel(self) -> None:
        """Cancel what is under way, if anything is; whoever waits for it gets CancelledError."""
        if self._task:
            self._task.cancel()

    async def stream(
        self, start: Callable[[Callable[[Item], None]], Awaitable[Result]]
    ) -> AsyncIterator[Item | Done[Result]]:
        """Run ``start(report)`` and yield what it reports, then ``Done``. Raises what it raises."""
        queue: asyncio.Queue[Item | None] = asyncio.Queue()

        async def run() -> Result:
            return await start(queue.put_nowait)

        task = asyncio.create_task(run())
        task.add_done_callback(lambda _: queue.put_nowait(None))
        self._task = task
        try:
            while (item := await queue.get()) is not None:
                yield item
            yield Done(task.result())
        finally:
            self._task = None
            if not task.done():
                task.cancel()
                await asyncio.wait([task])

    async def wait(self, future: "asyncio.Future[Result]") -> Result:
        """The future's result."""
        self._task = future
        try:
            return await future
        finally:
            self._task = None
