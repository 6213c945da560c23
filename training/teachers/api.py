"""A teacher behind an API: what its protocols have in common.

Invariant: one request is one attempt; the SDKs' own retries are off, because nobody could count them. A
field that a model does not take is left out from then on, and said.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

import orjson

from training.api_errors import without
from training.teachers.base import (
    FREE,
    Passing,
    ProviderConfig,
    Spend,
    TeacherError,
    TeacherReply,
    TeacherRequest,
    Unusable,
)
from training.teachers.batches.base import BatchApi
from training.teachers.counting import about
from training.teachers.failures import Refused, Where, lost, meaning
from training.teachers.identity import request_key
from training.teachers.patience import Patience, Said, unheard
from training.teachers.replies import Json

COUNT_S = 15.0
Result = TypeVar("Result")


class Api(Protocol):
    """One protocol, over its SDK. Raises Refused, or whatever the SDK fails with."""

    @property
    def where(self) -> Where: ...

    @property
    def optional(self) -> Sequence[str]:
        """Names of fields that a server may refuse and be asked without."""

    @property
    def batches(self) -> BatchApi | None: ...

    def body(self, request: TeacherRequest) -> Json: ...

    async def post(self, body: Json, key: str) -> bytes:
        """The whole reply of one attempt. ``key`` tells servers that know idempotency keys it is the same."""

    def read(self, data: Json, request: TeacherRequest) -> TeacherReply: ...

    async def count(self, request: TeacherRequest) -> tuple[int, str]: ...

    async def close(self) -> None: ...


class ApiProvider:
    """Fulfils ``TeacherProvider`` over an ``Api``."""

    def __init__(self, config: ProviderConfig, api: Api, said: Said = unheard) -> None:
        self.config = config
        self.patience = Patience(config, said)
        self._api = api
        self._said = said
        self._room = asyncio.Semaphore(config.concurrency)
        self._not_taken: list[str] = []
        self._counts = True

    @property
    def batches(self) -> BatchApi | None:
        return self._api.batches

    async def ask(self, request: TeacherRequest, spend: Spend = FREE) -> TeacherReply:
        key = request_key(self.config, request)

        async def once() -> TeacherReply:
            nonlocal key
            try:
                return await self._once(request, key)
            except Unusable:
                # A server that knows idempotency keys would give the same reply again.
                key = f"{key[:64]}-again"
                raise

        async with self._room:
            return await self.patience.insist(once, spend)

    async def _once(self, request: TeacherRequest, key: str) -> TeacherReply:
        started = time.perf_counter()
        content = await self.guarded(lambda: self._post(request, key))
        try:
            data = orjson.loads(content)
        except orjson.JSONDecodeError:
            raise self._not_json(content) from None
        if not isinstance(data, dict) or data.get("error"):
            raise Unusable(f"{self._api.where.name} sent an error with status 200: {self._line(data)}")
        reply = self._api.read(data, request)
        return replace(reply, latency_ms=(time.perf_counter() - started) * 1000)

    def body(self, request: TeacherRequest) -> Json:
        """What is sent, without what the model is known not to take."""
        body = self._api.body(request)
        for message in self._not_taken:
            body = without(body, message, self._api.optional) or body
        return body

    async def _post(self, request: TeacherRequest, key: str) -> bytes:
        """One attempt; again at once without a field that is refused, which nobody bills."""
        body = self.body(request)
        while True:
            try:
                return await self._api.post(body, key)
            except Refused as problem:
                smaller = None
                if problem.status in (400, 422):
                    smaller = without(body, problem.message, self._api.optional)
                if smaller is None:
                    raise
                self._leave_out(problem.message, body.keys() - smaller.keys())
                body = smaller

    def _leave_out(self, message: str, names: set[str]) -> None:
        if message not in self._not_taken:
            self._not_taken.append(message)
            self._said(f"{self._api.where.name} does not take {', '.join(sorted(names))}; asking without")

    async def guarded(self, attempt: Callable[[], Awaitable[Result]], timeout_s: float = 0.0) -> Result:
        """``attempt`` within a time-out. What it fails with has no trace of the request left."""
        limit = timeout_s or self.config.timeout_s
        try:
            async with asyncio.timeout(limit):
                return await attempt()
        except Exception as error:  # noqa: BLE001 - whatever an SDK raises has one meaning: no answer
            problem = self.meaning(error, limit)
        raise problem

    def meaning(self, error: Exception, timeout_s: float) -> TeacherError:
        """What the SDK, or the server behind it, failed with."""
        if isinstance(error, TeacherError):
            return error
        if isinstance(error, Refused):
            return meaning(self._api.where, error)
        return lost(self._api.where, error, timeout_s)

    def _not_json(self, content: bytes) -> TeacherError:
        if content.lstrip()[:1] == b"<":
            return TeacherError(f"{self._api.where.name} answers with a web page; is the address right?")
        shown = self._line(content[:80].decode("utf-8", "replace"))
        return Unusable(f"{self._api.where.name} sent what is not JSON: {shown}")

    def _line(self, value: object) -> str:
        return self._api.where.line(value)

    async def count(self, request: TeacherRequest) -> tuple[int, str]:
        """By the API, or roughly where it is not there or busy: an estimate is worth no waiting.

        Servers other than the provider's own need not know how to count.
        """
        async with self._room:
            if self._counts:
                try:
                    return await self.guarded(lambda: self._api.count(request), timeout_s=COUNT_S)
                except TeacherError as problem:
                    if not (isinstance(problem, Passing) or self.config.base_url):
                        raise
                    self._counts = False
        return about(request)

    async def close(self) -> None:
        await self._api.close()
