"""A provider without a network: it replies at once, and keeps the bill in a file that outlives it."""

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from training.teachers.base import (
    FREE,
    ProviderConfig,
    Spend,
    TeacherReply,
    TeacherRequest,
    Tokens,
    Unanswered,
)
from training.teachers.patience import Patience

SOME = Tokens(100, 0, 0, 10)
Fault = Callable[[int], Unanswered | None]


class BilledProvider:
    """Fulfils ``TeacherProvider``. A reply is paid for once, however often it is asked for, where the fake
    knows idempotency keys; else each time. ``fault`` says what attempt number n fails with."""

    def __init__(
        self,
        bill: Path,
        *,
        idempotent: bool = True,
        fault: Fault = lambda number: None,
        concurrency: int = 4,
        tokens: Tokens | None = SOME,
    ) -> None:
        self.config = ProviderConfig(
            "openai", "teacher-1", max_tokens=10, concurrency=concurrency, attempts=3, backoff_s=0.001
        )
        self._bill = bill
        self._idempotent = idempotent
        self._fault = fault
        self._tokens = tokens
        self._patience = Patience(self.config)
        self._room = asyncio.Semaphore(concurrency)
        self._number = 0
        self.under_way = 0
        self.most_under_way = 0

    async def ask(self, request: TeacherRequest, spend: Spend = FREE) -> TeacherReply:
        async with self._room:
            return await self._patience.insist(lambda: self._once(request), spend)

    async def _once(self, request: TeacherRequest) -> TeacherReply:
        self._number += 1
        number = self._number
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await asyncio.sleep(0)
            problem = self._fault(number)
            if problem is not None:
                raise problem
            if not (self._idempotent and paid(self._bill)[request.id]):
                with self._bill.open("a") as file:
                    file.write(f"{request.id}\n")
            return TeacherReply(
                text=f"echo {request.id}", tokens=self._tokens, provider="openai", model="teacher-1"
            )
        finally:
            self.under_way -= 1

    async def count(self, request: TeacherRequest) -> tuple[int, str]:
        return 100, "counted by a fake"

    async def close(self) -> None:
        return None


def paid(bill: Path) -> Counter[str]:
    """How often each request was paid for."""
    return Counter(bill.read_text().split()) if bill.exists() else Counter()
