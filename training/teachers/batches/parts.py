"""Which requests go into one batch: as many as the provider takes, and as the budget has room for."""

from dataclasses import dataclass

import orjson

from training.teachers.api import ApiProvider
from training.teachers.base import TeacherRequest
from training.teachers.batches.base import BatchApi
from training.teachers.prices import Price
from training.teachers.replies import Json
from training.teachers.spending import Books, Spending

AROUND_BODY = 256
"""Bytes that a batch takes for a request beside its body."""


@dataclass(frozen=True)
class Part:
    """Bodies by key, and what each may cost at most, which is reserved."""

    bodies: dict[str, Json]
    worst: dict[str, float]


def next_part(
    books: Books,
    provider: ApiProvider,
    api: BatchApi,
    fresh: dict[str, TeacherRequest],
    price: Price | None,
) -> Part:
    """Takes requests out of ``fresh``. Raises BudgetSpent where not one more fits."""
    bodies: dict[str, Json] = {}
    worst: dict[str, float] = {}
    size = 0
    while fresh and len(bodies) < api.most_requests:
        key, request = next(iter(fresh.items()))
        body = provider.body(request)
        size += len(orjson.dumps(body)) + AROUND_BODY
        spending = Spending(books, key, request, provider.config, price, batch="part")
        fits = books.budget.fits(spending.worst)
        if bodies and (size > api.most_bytes or not fits):
            break
        if not fits:
            raise books.budget.exceeded(spending.worst)
        books.budget.hold(spending.worst)
        bodies[key], worst[key] = body, spending.worst
        del fresh[key]
    return Part(bodies, worst)
