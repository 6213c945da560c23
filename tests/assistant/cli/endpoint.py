"""A loopback endpoint in a thread of its own, so that the code under test may run a loop itself."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

from tests.training.student.loopback import Loopback, Reply

Rule = Callable[[dict[str, Any]], Reply]


class Endpoint:
    """Replies by ``rule``, which may change; ``asked`` counts the decisions."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.asked = 0
        self.url = ""
        self._loop = asyncio.new_event_loop()
        self._end = asyncio.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: self._loop.run_until_complete(self._serve()))

    async def _serve(self) -> None:
        async with Loopback(rule=self._reply) as server:
            self.url = server.url
            self._ready.set()
            await self._end.wait()

    def _reply(self, body: dict[str, Any]) -> Reply:
        self.asked += 1
        return self.rule(body)

    def __enter__(self) -> "Endpoint":
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(10)
        self._loop.close()
