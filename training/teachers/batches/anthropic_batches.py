"""Anthropic's message batches: requests in one body, results as lines.

A batch has no label there. One whose id was lost is known by when it was made and by how many requests it
has; what is fetched from it counts only where its keys are ours.
"""

from collections.abc import AsyncIterator, Container, Mapping
from typing import TYPE_CHECKING

from training.api_errors import error_of
from training.teachers.base import TeacherReply, TeacherRequest, Unanswered
from training.teachers.batches.base import BatchState, line_of
from training.teachers.failures import refusals
from training.teachers.open_batches import OpenBatch
from training.teachers.replies import Json

if TYPE_CHECKING:
    from training.teachers.anthropic_api import AnthropicApi

CLOCKS_S = 120.0
"""How far the provider's clock and ours may be apart."""


class AnthropicBatches:
    """Fulfils ``BatchApi``; errors of a status are ``Refused``."""

    most_requests = 100_000
    most_bytes = 250 << 20

    def __init__(self, api: "AnthropicApi") -> None:
        self._api = api

    async def create(self, bodies: Mapping[str, Json], label: str) -> str:
        with refusals(self._api.where):
            batch = await self._api.client.messages.batches.create(
                requests=[{"custom_id": key, "params": body} for key, body in bodies.items()]  # type: ignore[typeddict-item]
            )
        return str(batch.id)

    async def find(self, batch: OpenBatch, known: Container[str]) -> str | None:
        with refusals(self._api.where):
            page = await self._api.client.messages.batches.list(limit=100)
        for one in page.data:
            counts = one.request_counts
            total = counts.processing + counts.succeeded + counts.errored + counts.canceled + counts.expired
            late_enough = one.created_at.timestamp() >= batch.created - CLOCKS_S
            if late_enough and total == batch.total and one.id not in known:
                return one.id
        return None

    async def look(self, batch_id: str) -> BatchState:
        with refusals(self._api.where):
            batch = await self._api.client.messages.batches.retrieve(batch_id)
        counts = batch.request_counts
        failed = counts.errored + counts.canceled + counts.expired
        return BatchState(
            batch.processing_status,
            batch.processing_status == "ended",
            counts.succeeded,
            failed,
            counts.succeeded + failed + counts.processing,
        )

    async def results(
        self, batch_id: str, requests: Mapping[str, TeacherRequest]
    ) -> AsyncIterator[tuple[str, TeacherReply | Unanswered]]:
        batches = self._api.client.messages.batches.with_streaming_response
        with refusals(self._api.where):
            async with batches.results(batch_id) as response:
                async for line in response.iter_lines():
                    if found := self._result(line, requests):
                        yield found

    def _result(
        self, line: str, requests: Mapping[str, TeacherRequest]
    ) -> tuple[str, TeacherReply | Unanswered] | None:
        """One line of results; None where it is for no request of these, or no JSON."""
        data, key = line_of(line)
        result = data.get("result")
        if key not in requests or not isinstance(result, dict):
            return None
        message = result.get("message")
        if result.get("type") == "succeeded" and isinstance(message, dict):
            try:
                return key, self._api.read(message, requests[key])
            except Unanswered as problem:
                return key, problem
        error = result.get("error")
        said = error_of(error).get("message") if isinstance(error, dict) else result.get("type")
        return key, Unanswered(f"Anthropic did not do it: {self._api.where.line(said or 'no reason given')}")

    async def cancel(self, batch_id: str) -> None:
        with refusals(self._api.where):
            await self._api.client.messages.batches.cancel(batch_id)
