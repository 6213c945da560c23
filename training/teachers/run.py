"""A run: many requests to teachers, resumable, each paid for once, within a budget.

Invariant: whatever ended an earlier process in the same folder, a request that has a reply there is answered
from it. Memory does not grow with the replies but for an index of some twenty bytes each.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Self

from training.teachers.base import (
    GenerationMetrics,
    TeacherError,
    TeacherProvider,
    TeacherReply,
    TeacherRequest,
    Tokens,
    Unanswered,
    UnknownPrice,
)
from training.teachers.budget import Budget
from training.teachers.identity import request_key
from training.teachers.journal import Journal
from training.teachers.ledger import Ledger, charge_of
from training.teachers.open_batches import OpenBatch, take
from training.teachers.prices import Price, PriceList
from training.teachers.spending import Books, Spending, write_off

FAILURES_IN_A_ROW = 20


@dataclass(frozen=True)
class Answered:
    """A request with its reply, or without one and with the reason in one line."""

    request: TeacherRequest
    reply: TeacherReply | None
    problem: str = ""


class TeacherRun:
    """Everything that is asked under one folder and one budget, of one provider or several.

    A context manager: ``with TeacherRun(folder, price_list()) as run``. Raises TeacherError where another
    process works in the folder.
    """

    def __init__(self, folder: Path, prices: PriceList, max_cost_usd: float | None = None) -> None:
        self._started = monotonic()
        self._prices = prices
        self._asking: dict[str, asyncio.Future[None]] = {}
        self._failed_in_a_row = 0
        self.books = Books(Journal(folder), Budget(max_cost_usd), Ledger(), GenerationMetrics())
        self.open_batches: dict[str, OpenBatch] = {}
        self._recover()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def metrics(self) -> GenerationMetrics:
        """This process's part of the run."""
        return self.books.metrics

    @property
    def ledger(self) -> Ledger:
        """All that was charged in this folder, by this process and those before it."""
        return self.books.ledger

    def _recover(self) -> None:
        """Read what earlier processes left; what they had under way counts as spent."""
        books, asked = self.books, {}
        for entry in books.journal.entries():
            if entry["what"] == "asked":
                asked[entry["key"]] = entry
            elif entry["what"] in ("reply", "nothing"):
                asked.pop(entry["key"], None)
            take(self.open_batches, entry)
            if (charge := charge_of(entry)) is not None:
                books.ledger.add(charge)
        for key, entry in asked.items():
            books.ledger.add(write_off(books.journal, key, entry))
        books.budget.spent = books.ledger.total.cost_usd
        for batch in self.open_batches.values():
            for worst in batch.keys.values():
                books.budget.hold(worst)

    def price(self, provider: TeacherProvider) -> Price | None:
        """None where it is not known; with a budget that is an error, UnknownPrice."""
        try:
            return self._prices.of(provider.config)
        except UnknownPrice:
            if self.books.budget.limit is not None:
                raise
            return None

    async def ask(self, provider: TeacherProvider, request: TeacherRequest) -> TeacherReply:
        """The reply that is stored, or one that is paid for now. Raises as ``TeacherProvider.ask`` does."""
        key = request_key(provider.config, request)
        self.metrics.requests += 1
        while (other := self._asking.get(key)) is not None:
            await asyncio.wait([other])
        if (stored := self.stored(key)) is not None:
            return stored
        done = self._asking[key] = asyncio.get_running_loop().create_future()
        try:
            return await self._paid(provider, request, key)
        finally:
            del self._asking[key]
            done.set_result(None)

    def stored(self, key: str) -> TeacherReply | None:
        """The reply that was paid for before, counted."""
        reply = self.books.journal.reply(key)
        if reply is not None:
            self.metrics.stored += 1
            self.count(reply, fresh=False)
        return reply

    async def _paid(self, provider: TeacherProvider, request: TeacherRequest, key: str) -> TeacherReply:
        spending = Spending(self.books, key, request, provider.config, self.price(provider))
        try:
            reply = await spending.replied(await provider.ask(request, spending))
        except asyncio.CancelledError:
            if spending.open:
                await spending.failed(Unanswered("cancelled before the reply", billed=True))
            raise
        self.count(reply, fresh=True)
        return reply

    def count(self, reply: TeacherReply, *, fresh: bool) -> None:
        """Take a reply into the metrics."""
        metrics = self.metrics
        metrics.replies += 1
        metrics.refusals += reply.stop == "refusal"
        metrics.cut += reply.stop == "length"
        metrics.seconds = monotonic() - self._started
        if fresh:
            metrics.tokens += reply.tokens or Tokens()
            metrics.cost_usd += reply.cost_usd or 0.0
            metrics.unpriced += reply.cost_usd is None
            metrics.total_ms += reply.latency_ms
            metrics.longest_ms = max(metrics.longest_ms, reply.latency_ms)

    async def replies(
        self, provider: TeacherProvider, requests: Iterable[TeacherRequest]
    ) -> AsyncIterator[Answered]:
        """The requests with their replies, as they come. ``requests`` is read as they are needed.

        Where no further request makes sense (BudgetSpent, a refused key, a row of failures) what is under way
        is awaited and given out first; then the error is raised.
        """
        waiting = iter(requests)
        under_way: set[asyncio.Task[Answered]] = set()
        ended: TeacherError | None = None
        room = 2 * provider.config.concurrency
        try:
            while True:
                while ended is None and len(under_way) < room and (one := next(waiting, None)) is not None:
                    under_way.add(asyncio.create_task(self.answered(provider, one)))
                if not under_way:
                    break
                done, under_way = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    problem = task.exception()
                    if isinstance(problem, TeacherError):
                        ended = ended or problem
                    elif problem is not None:
                        raise problem
                    else:
                        yield task.result()
        finally:
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)
        if ended is not None:
            raise ended

    async def answered(self, provider: TeacherProvider, request: TeacherRequest) -> Answered:
        """``ask``, with the failure of one request as a word on it; too many in a row raise."""
        try:
            reply = await self.ask(provider, request)
        except Unanswered as problem:
            self.metrics.unanswered += 1
            self._failed_in_a_row += 1
            if self._failed_in_a_row >= max(FAILURES_IN_A_ROW, 2 * provider.config.concurrency):
                line = f"the last {self._failed_in_a_row} requests all failed: {problem}"
                raise TeacherError(line) from None
            return Answered(request, None, str(problem))
        self._failed_in_a_row = 0
        return Answered(request, reply)

    def close(self) -> None:
        """Safe to call twice."""
        self.books.journal.close()
