"""OpenAI's batch API: a file of requests, a batch over it, a file of replies and one of errors."""

import io
from collections.abc import AsyncIterator, Container, Mapping
from typing import TYPE_CHECKING

import orjson

from training.api_errors import error_of
from training.teachers.base import TeacherError, TeacherReply, TeacherRequest, Unanswered
from training.teachers.batches.base import BatchState, line_of
from training.teachers.failures import refusals
from training.teachers.open_batches import OpenBatch
from training.teachers.replies import Json

if TYPE_CHECKING:
    from openai.types import Batch

    from training.teachers.openai_api import OpenAIApi

_DONE = ("completed", "expired", "cancelled")
_LABEL = "apprentice"


class OpenAIBatches:
    """Fulfils ``BatchApi``; errors of a status are ``Refused``. The label of a batch is in its metadata."""

    most_requests = 50_000
    most_bytes = 190 << 20

    def __init__(self, api: "OpenAIApi") -> None:
        self._api = api

    async def create(self, bodies: Mapping[str, Json], label: str) -> str:
        content = b"".join(orjson.dumps(_line(key, body)) + b"\n" for key, body in bodies.items())
        batches = self._api.client.batches
        with refusals(self._api.where):
            file = await self._api.client.files.create(
                file=(f"{label}.jsonl", io.BytesIO(content)), purpose="batch"
            )
            batch = await batches.create(
                completion_window="24h",
                endpoint="/v1/chat/completions",
                input_file_id=file.id,
                metadata={_LABEL: label},
            )
        return str(batch.id)

    async def find(self, batch: OpenBatch, known: Container[str]) -> str | None:
        with refusals(self._api.where):
            page = await self._api.client.batches.list(limit=100)
        for one in page.data:
            if (one.metadata or {}).get(_LABEL) == batch.label and one.id not in known:
                return one.id
        return None

    async def look(self, batch_id: str) -> BatchState:
        batch = await self._batch(batch_id)
        if batch.status == "failed":
            said = next(
                (one.message for one in (batch.errors and batch.errors.data) or []), "no reason given"
            )
            raise TeacherError(f"OpenAI refused the batch {batch_id}: {self._api.where.line(said)}")
        counts = batch.request_counts
        return BatchState(
            batch.status,
            batch.status in _DONE,
            counts.completed if counts else 0,
            counts.failed if counts else 0,
            counts.total if counts else 0,
        )

    async def _batch(self, batch_id: str) -> "Batch":
        with refusals(self._api.where):
            return await self._api.client.batches.retrieve(batch_id)

    async def results(
        self, batch_id: str, requests: Mapping[str, TeacherRequest]
    ) -> AsyncIterator[tuple[str, TeacherReply | Unanswered]]:
        batch = await self._batch(batch_id)
        for file_id in (batch.output_file_id, batch.error_file_id):
            if not file_id:
                continue
            with refusals(self._api.where):
                async with self._api.client.files.with_streaming_response.content(file_id) as response:
                    async for line in response.iter_lines():
                        if found := self._result(line, requests):
                            yield found

    def _result(
        self, line: str, requests: Mapping[str, TeacherRequest]
    ) -> tuple[str, TeacherReply | Unanswered] | None:
        """One line of a file; None where it is for no request of these, or no JSON."""
        data, key = line_of(line)
        if key not in requests:
            return None
        response = data.get("response")
        response = response if isinstance(response, dict) else {}
        body = response.get("body")
        if isinstance(body, dict) and response.get("status_code") == 200:
            try:
                return key, self._api.read(body, requests[key])
            except Unanswered as problem:
                return key, problem
        error = error_of(body if isinstance(body, dict) else data)
        said = self._api.where.line(error.get("message") or error.get("code") or "no reason given")
        return key, Unanswered(f"OpenAI did not do it: {said}")

    async def cancel(self, batch_id: str) -> None:
        with refusals(self._api.where):
            await self._api.client.batches.cancel(batch_id)


def _line(key: str, body: Json) -> Json:
    return {"custom_id": key, "method": "POST", "url": "/v1/chat/completions", "body": body}
