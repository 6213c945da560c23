"""How good a product's content is: five figures from 0 to 1, measured row by row while it is built.

Invariant: nothing here is declared or assumed. A figure that nothing speaks for or against (a product without
rows) is None, not 1.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b

import orjson

from training.products.base import Built, Product, Row, errors_of, field

TOLERANCE_S = 300.0
"""How far in the future, in seconds, a row may be dated before it contradicts the clock."""


@dataclass(frozen=True)
class Quality:
    """See the functions of the same names."""

    completeness: float | None
    accuracy: float | None
    timeliness: float | None
    consistency: float | None
    uniqueness: float | None


def completeness(filled: int, expected: int) -> float | None:
    """Essential values that are there, of all that should be.

    ``filled / expected``, where ``expected`` is rows times essential fields, and a value is there that is
    neither missing nor null nor an empty text, list or object.
    """
    return filled / expected if expected else None


def accuracy(wrong: int, values: int) -> float | None:
    """Values that are of the type and in the range that the schema demands.

    ``1 - wrong / values``, over the top-level fields that rows have; a field with several faults counts once.
    """
    return 1 - wrong / values if values else None


def timeliness(newest: datetime | None, now: datetime, max_age_s: float) -> float | None:
    """How fresh the newest row is: 1 up to the age ``max_age_s``, from there ``max_age_s / age``.

    So a row twice as old as it may be gives 0.5. None where no row has a time.
    """
    if newest is None:
        return None
    age_s = (now - newest).total_seconds()
    return 1.0 if age_s <= max_age_s else max_age_s / age_s


def consistency(contradictory: int, items: int) -> float | None:
    """Items without a contradiction, of all: ``1 - contradictory / items``.

    An item is a row, or an event that belongs to no row. Contradictions are those that the builder found (an
    outcome dated before its selection, two outcomes of one selection) and a row dated in the future.
    """
    return 1 - contradictory / items if items else None


def uniqueness(distinct: int, rows: int) -> float | None:
    """Rows that say something new: distinct values of the product's key, over rows."""
    return distinct / rows if rows else None


class Meter:
    """Measures a product's rows as they pass. Memory: 16 bytes, and a set's entry, per distinct row."""

    def __init__(self, product: Product, now: datetime) -> None:
        self._product = product
        self._now = now
        self._items = self._rows = self._contradictory = 0
        self._filled = self._values = self._wrong = 0
        self._keys: set[bytes] = set()
        self.newest: datetime | None = None
        self.oldest: datetime | None = None

    def add(self, built: Built) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Count one item in. Returns what breaks the schema, and what contradicts itself."""
        self._items += 1
        contradictions = built.contradictions
        errors: dict[str, str] = {}
        if built.row is not None:
            errors = errors_of(self._product.row, built.row)
            self._count(built.row, errors)
            if self._date(built.row):
                contradictions = (*contradictions, "dated in the future")
        self._contradictory += bool(contradictions)
        return tuple(errors.values()), contradictions

    def result(self) -> Quality:
        product = self._product
        return Quality(
            completeness(self._filled, self._rows * len(product.essential)),
            accuracy(self._wrong, self._values),
            timeliness(self.newest, self._now, product.refresh.max_age_s),
            consistency(self._contradictory, self._items),
            uniqueness(len(self._keys), self._rows),
        )

    def _count(self, row: Row, errors: Iterable[str]) -> None:
        self._rows += 1
        self._filled += sum(field(row, name) not in (None, "", [], {}) for name in self._product.essential)
        self._values += len(row)
        self._wrong += sum(name in row for name in errors)
        key = orjson.dumps([field(row, name) for name in self._product.key], option=orjson.OPT_SORT_KEYS)
        self._keys.add(blake2b(key, digest_size=16).digest())

    def _date(self, row: Row) -> bool:
        """Keep the row's time; whether it lies in the future."""
        moment = moment_of(row.get(self._product.timestamp))
        if moment is None:
            return False
        if (moment - self._now).total_seconds() > TOLERANCE_S:
            return True
        self.newest = max(self.newest or moment, moment)
        self.oldest = min(self.oldest or moment, moment)
        return False


def moment_of(value: object) -> datetime | None:
    """A time, or the start of a day of UTC; None where ``value`` is neither."""
    try:
        moment = datetime.fromisoformat(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
