"""What a data product is: a declaration, and a builder that makes its rows from the event log.

Invariant: a declaration holds no figure about content; what is said of quality is measured when a version is
published. Every row names the events and datasets that it was made of.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from training.events.base import EventType

if TYPE_CHECKING:
    from training.events.views import LogView

Row = dict[str, Any]

_ZONE = r"(Z|[+-]\d{2}:\d{2})"
Moment = Annotated[str, Field(pattern=rf"^\d{{4}}-\d{{2}}-\d{{2}}T\d{{2}}:\d{{2}}:\d{{2}}(\.\d+)?{_ZONE}$")]
"""A time in ISO 8601 with its zone."""
Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
"""A day of UTC."""
Share = Annotated[float, Field(ge=0, le=1)]
Amount = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=0)]
Name = Annotated[str, Field(min_length=1)]


class ProductError(Exception):
    """A product cannot be built, published, read or exported: one line, what, where, how to mend it."""


class RowModel(BaseModel):
    """The base of every row's schema: nothing is coerced, nothing undeclared passes."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


@dataclass(frozen=True, slots=True)
class Built:
    """One row as its builder made it, with what it was made of.

    ``row`` is None where events belong to no row; ``contradictions`` says so, and whatever else in the
    events cannot be true together.
    """

    row: Row | None
    events: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    contradictions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Refresh:
    """When a published version is out of date.

    It is as soon as the log holds an event of one of ``events`` that the version has not seen. The newest
    row loses timeliness once it is older than ``max_age_s`` seconds.
    """

    events: tuple[EventType, ...]
    max_age_s: float


@dataclass(frozen=True)
class Product:
    """A named view over events.

    ``row`` is the schema of a row; ``key`` the fields that are the same in two rows only where one is a
    duplicate; ``essential`` the fields without which a row is of little use; ``indexed`` those that
    queries look up (nested names with dots); ``upstream`` the products that it is made of.
    """

    id: str
    domain: str
    owner: str
    description: str
    row: type[RowModel]
    build: Callable[["LogView"], Iterator[Built]]
    refresh: Refresh
    key: tuple[str, ...]
    essential: tuple[str, ...]
    indexed: tuple[str, ...]
    timestamp: str = "timestamp"
    upstream: tuple[str, ...] = ()

    def schema(self) -> dict[str, Any]:
        """The JSON Schema of a row."""
        return {"$schema": "https://json-schema.org/draft/2020-12/schema", **self.row.model_json_schema()}


def errors_of(model: type[RowModel], row: Row) -> dict[str, str]:
    """What in ``row`` breaks the schema, by top-level field; empty where nothing does."""
    try:
        model.model_validate(row)
    except ValidationError as error:
        found: dict[str, str] = {}
        for one in error.errors(include_url=False, include_input=False, include_context=False):
            found.setdefault(str(one["loc"][0]), f"{'.'.join(map(str, one['loc']))}: {one['msg']}")
        return found
    return {}


def field(row: Row, name: str) -> Any:
    """The value of a nested name such as ``outcome.success``; None where a part of it is missing."""
    value: Any = row
    for part in name.split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(part)
    return value


def number(value: Any) -> float | None:
    """``value`` where it is a number (a truth value is none), else None."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
