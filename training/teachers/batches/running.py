"""A run by batches: handed over in parts, waited for, fetched, each reply stored once.

Invariant: a part is in the journal before it is handed over, with its id after, and until all of it was
fetched. Whoever resumes adopts what earlier processes handed over, and asks only for what is not in it. All
requests are in memory, unlike in a run without batches.
"""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from functools import partial
from typing import TypeVar

from training.teachers.api import ApiProvider
from training.teachers.base import TeacherError, TeacherProvider, TeacherReply, TeacherRequest, Unanswered
from training.teachers.batches.base import BatchApi
from training.teachers.batches.parts import Part, next_part
from training.teachers.identity import request_key
from training.teachers.open_batches import OpenBatch, intent
from training.teachers.patience import Said, unheard
from training.teachers.run import Answered, TeacherRun
from training.teachers.spending import Spending, write_off

HANDING_OVER_S = 900.0
POLL_S = 30.0
Result = TypeVar("Result")


async def batched(
    run: TeacherRun,
    provider: TeacherProvider,
    requests: Iterable[TeacherRequest],
    *,
    poll_s: float = POLL_S,
    said: Said = unheard,
) -> AsyncIterator[Answered]:
    """The requests with their replies, by the provider's batch API.

    The first one is asked by itself, so that what the model does not take is known before the rest is handed
    over. Raises BudgetSpent once what fits is fetched, TeacherError.
    """
    if not isinstance(provider, ApiProvider) or provider.batches is None:
        raise TeacherError(f"{provider.config.provider} has no batch API; ask without it")
    work = _Work(run, provider, provider.batches, poll_s, said)
    pending: dict[str, TeacherRequest] = {}
    for request in requests:
        key = request_key(provider.config, request)
        reply = run.stored(key)
        if reply is not None:
            yield Answered(request, reply)
        else:
            pending[key] = request
    await work.adopt()
    taken = {key for batch in work.mine() for key in batch.keys}
    fresh = {key: request for key, request in pending.items() if key not in taken}
    if len(fresh) > 1:
        key, first = next(iter(fresh.items()))
        yield await run.answered(provider, fresh.pop(key))
        del pending[key], first
    ended = await work.hand_over(fresh)
    for batch in work.mine():
        async for answered in work.fetch(batch, pending):
            yield answered
    if ended is not None:
        raise ended


class _Work:
    def __init__(
        self, run: TeacherRun, provider: ApiProvider, api: BatchApi, poll_s: float, said: Said
    ) -> None:
        self._run = run
        self._journal = run.books.journal
        self._provider = provider
        self._api = api
        self._poll_s = poll_s
        self._said = said

    def mine(self) -> list[OpenBatch]:
        """The open batches of this provider and model."""
        config = self._provider.config
        return [
            one
            for one in self._run.open_batches.values()
            if (one.provider, one.model) == (config.provider, config.model)
        ]

    async def adopt(self) -> None:
        """Find the ids of batches whose process died too early; forget those that never came to be."""
        for batch in self.mine():
            if batch.id:
                continue
            known = {one.id for one in self._run.open_batches.values()}
            found = await self._insist(partial(self._api.find, batch, known))
            if found:
                self._named(batch, found)
            else:
                await self._close(batch)

    async def hand_over(self, fresh: dict[str, TeacherRequest]) -> TeacherError | None:
        """Create batches for ``fresh``; what ended that early, where something did."""
        price = self._run.price(self._provider)
        try:
            while fresh:
                part = next_part(self._run.books, self._provider, self._api, fresh, price)
                await self._create(part)
        except TeacherError as problem:
            return problem
        return None

    async def _create(self, part: Part) -> None:
        config = self._provider.config
        label = f"apprentice-{secrets.token_hex(8)}"
        batch = OpenBatch(label, config.provider, config.model, part.worst, len(part.worst), time.time())
        self._journal.write("batch", label, **intent(batch))
        self._run.open_batches[label] = batch
        attempts = 0

        async def once() -> str:
            nonlocal attempts
            attempts += 1
            known = {one.id for one in self._run.open_batches.values()}
            # The answer to an earlier attempt may be all that was lost.
            found = await self._api.find(batch, known) if attempts > 1 else None
            return found or await self._api.create(part.bodies, label)

        try:
            self._named(batch, await self._insist(once))
        except Unanswered as problem:
            if not problem.billed:
                await self._close(batch)
            raise TeacherError(f"the batch could not be handed over: {problem}") from None
        except TeacherError:
            await self._close(batch)
            raise
        self._said(f"handed over {batch.total} requests as {batch.id}")

    def _named(self, batch: OpenBatch, batch_id: str) -> None:
        batch.id = batch_id
        self._journal.write("batch", batch.label, id=batch_id)

    async def fetch(self, batch: OpenBatch, pending: dict[str, TeacherRequest]) -> AsyncIterator[Answered]:
        """Wait for the batch; give out what became of its requests. Closed once all of that is stored."""
        try:
            await self._ended(batch)
        except Unanswered:
            raise
        except TeacherError:
            await self._close(batch)
            raise
        async for key, reply in self._results(batch, pending):
            request = pending[key]
            spending = self._spending(batch, key, request)
            if isinstance(reply, Unanswered):
                await spending.failed(reply)
                self._run.metrics.unanswered += 1
                answered = Answered(request, None, str(reply))
            else:
                reply = await spending.replied(reply)
                self._run.count(reply, fresh=True)
                answered = Answered(request, reply)
            del batch.keys[key]
            yield answered
        for key in [key for key in batch.keys if key not in pending]:
            await self._drop(batch, key)
        left = [pending[key] for key in batch.keys]
        await self._close(batch)
        for request in left:
            self._run.metrics.unanswered += 1
            yield Answered(request, None, f"batch {batch.id} ended without it; resume to ask again")

    async def _drop(self, batch: OpenBatch, key: str) -> None:
        """A request that is not asked for any more, though it may have been paid for."""
        about = {
            "example": key,
            "provider": batch.provider,
            "model": batch.model,
            "purpose": "not asked again",
        }
        worst = batch.keys.pop(key)
        self._run.ledger.add(write_off(self._journal, key, {"about": about, "usd": worst}))
        await self._run.books.budget.settle(worst, worst, held=True)

    async def _results(
        self, batch: OpenBatch, pending: dict[str, TeacherRequest]
    ) -> AsyncIterator[tuple[str, TeacherReply | Unanswered]]:
        """Each result once, however often the connection is lost on the way."""
        number = 0
        while True:
            wanted = {key: pending[key] for key in batch.keys if key in pending}
            try:
                async for key, reply in self._api.results(batch.id, wanted):
                    if key in batch.keys:
                        yield key, reply
                return
            except Exception as error:  # noqa: BLE001 - as in ApiProvider.guarded
                problem = self._provider.meaning(error, self._provider.config.timeout_s)
            number += 1
            await asyncio.sleep(self._provider.patience.wait_s(problem, number))

    async def _ended(self, batch: OpenBatch) -> None:
        shown = ""
        while True:
            state = await self._insist(lambda: self._api.look(batch.id))
            now = f"{batch.id}: {state.status}, {state.answered + state.failed} of {batch.total} done"
            if now != shown:
                self._said(now)
                shown = now
            if state.done:
                return
            await asyncio.sleep(self._poll_s)

    async def _insist(self, once: Callable[[], Awaitable[Result]]) -> Result:
        return await self._provider.patience.insist(
            lambda: self._provider.guarded(once, timeout_s=HANDING_OVER_S)
        )

    def _spending(self, batch: OpenBatch, key: str, request: TeacherRequest) -> Spending:
        price = self._run.price(self._provider)
        spending = Spending(self._run.books, key, request, self._provider.config, price, batch=batch.label)
        spending.worst = batch.keys[key]
        spending.open = True
        return spending

    async def _close(self, batch: OpenBatch) -> None:
        """All that can be had of it is stored: what is left of its reserve is free again."""
        self._journal.write("collected", batch.label)
        self._run.open_batches.pop(batch.label, None)
        for worst in batch.keys.values():
            await self._run.books.budget.settle(worst, 0.0, held=True)
