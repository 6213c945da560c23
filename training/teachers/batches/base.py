"""What a batch is, whoever runs it.

Invariant: a request is known in a batch by its key alone, so that replies find their requests in any order,
after any number of restarts.
"""

from collections.abc import AsyncIterator, Container, Mapping
from dataclasses import dataclass
from typing import Protocol

import orjson

from training.teachers.base import TeacherReply, TeacherRequest, Unanswered
from training.teachers.open_batches import OpenBatch
from training.teachers.replies import Json


@dataclass(frozen=True)
class BatchState:
    """How a batch stands, in the provider's word for it. What is done may have been done in part."""

    status: str
    done: bool
    answered: int = 0
    failed: int = 0
    total: int = 0


class BatchApi(Protocol):
    """One provider's batches. Each method is one attempt, and raises what the SDK raises."""

    most_requests: int
    most_bytes: int

    async def create(self, bodies: Mapping[str, Json], label: str) -> str:
        """Hand over the bodies of requests by their keys; the batch's id."""

    async def find(self, batch: OpenBatch, known: Container[str]) -> str | None:
        """The id of a batch that was created and whose id was lost: none of ``known``. None where there is
        none."""

    async def look(self, batch_id: str) -> BatchState:
        """Raises TeacherError where the provider refused the batch as a whole."""

    def results(
        self, batch_id: str, requests: Mapping[str, TeacherRequest]
    ) -> AsyncIterator[tuple[str, TeacherReply | Unanswered]]:
        """What became of ``requests``, in any order; those that are not named were not done."""

    async def cancel(self, batch_id: str) -> None:
        """What is done until then can still be had, and is paid for."""


def line_of(line: str) -> tuple[Json, str]:
    """One line of results and the key of its request; an empty one where it is no result."""
    try:
        data = orjson.loads(line or "{}")
    except orjson.JSONDecodeError:
        return {}, ""
    return (data, str(data.get("custom_id", ""))) if isinstance(data, dict) else ({}, "")
