"""One published version, open for queries.

Invariant: what is read is proved against the manifest's hash first; a version never changes, so the index is
built once. Rows stay in the file (mapped, so the kernel may drop them) and are parsed as they are returned;
in memory are 8 bytes per row and the columns of the indexed fields that queries asked for.
"""

import mmap
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import Any

import orjson

from training.products.base import Product, ProductError, Row, field
from training.products.columns import Chosen, Column
from training.products.fields import refuse_unknown
from training.products.filters import Condition, conditions, key_of
from training.products.manifest import Manifest
from training.products.plan import Test, in_any_order, in_field_order, in_file_order
from training.products.writing import LINEAGE, ROWS

Progress = Callable[[int, int], None]
"""Told how many rows of how many were read, about once per thousand."""
_STEP = 1000


class Lines:
    """A file of JSON lines, each parsed when it is asked for. Raises ProductError where it is damaged."""

    def __init__(self, path: Path, expected: str) -> None:
        try:
            with path.open("rb") as file:
                empty = not path.stat().st_size
                self._content: Any = b"" if empty else mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except OSError as error:
            raise ProductError(
                f"{path} cannot be read: {error.strerror}; publish the product again"
            ) from error
        if blake2b(self._content, digest_size=16).hexdigest() != expected:
            raise ProductError(f"{path} is damaged: it is not what was published; publish the product again")
        self._ends = array("Q")
        end = self._content.find(b"\n")
        while end >= 0:
            self._ends.append(end)
            end = self._content.find(b"\n", end + 1)

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, position: int) -> Any:
        return orjson.loads(self.raw(position))

    def raw(self, position: int) -> bytes:
        """The line as it lies in the file, with its end."""
        start = self._ends[position - 1] + 1 if position else 0
        line: bytes = self._content[start : self._ends[position] + 1]
        return line


class Published:
    """Queries over one version. Safe for several threads."""

    def __init__(self, product: Product, folder: Path, manifest: Manifest) -> None:
        self.product = product
        self.manifest = manifest
        self._folder = folder
        self._rows = Lines(folder / ROWS, manifest.sums[ROWS])
        self._lineage: Lines | None = None
        self._columns: dict[str, Column] = {}
        self._building = Lock()

    def __len__(self) -> int:
        return len(self._rows)

    def query(
        self, filters: Mapping[str, Any] | None = None, *, order: str | None = None, limit: int | None = None
    ) -> list[Row]:
        """Rows that fulfil all filters, in the order of the file, or of the field ``order`` (``-`` in front:
        the highest first; equal ones in the order of the file; null is below everything).
        """
        return [self._rows[position] for position in self.positions(filters, order=order, limit=limit)]

    def positions(
        self, filters: Mapping[str, Any] | None = None, *, order: str | None = None, limit: int | None = None
    ) -> Iterator[int]:
        """The places of those rows in the file, found as they are asked for."""
        if limit is not None and limit < 0:
            raise ProductError(f"the limit is {limit}; give 0 or more")
        wanted = conditions(filters)
        columns = self.index(self._asked(wanted, order))
        chosen = [columns[one.field].choose(one) for one in wanted if one.field in columns]
        rest = [one for one in wanted if one.field not in columns]
        return islice(self._walk(order, limit, columns, chosen, self._test(rest)), limit)

    def check(self, filters: Mapping[str, Any] | None, order: str | None = None) -> list[str]:
        """The fields that such a query looks up, to be handed to ``index``. Raises ProductError."""
        return self._asked(conditions(filters), order)

    def index(self, names: Iterable[str], progress: Progress | None = None) -> Mapping[str, Column]:
        """All columns that there are; those of ``names`` that are missing are built first, in one pass."""
        with self._building:
            missing: dict[str, list[Any]] = {name: [] for name in names if name not in self._columns}
            for position in range(len(self._rows)) if missing else ():
                row = self._rows[position]
                for name, values in missing.items():
                    values.append(field(row, name))
                if progress is not None and position % _STEP == 0:
                    progress(position, len(self._rows))
            for name in tuple(missing):
                self._columns[name] = Column(missing.pop(name))
            return self._columns

    def _asked(self, wanted: Iterable[Condition], order: str | None) -> list[str]:
        asked = [one.field for one in wanted] + ([order.removeprefix("-")] if order else [])
        for name in asked:
            refuse_unknown(self.product.id, self.manifest.schema, name)
        return [name for name in dict.fromkeys(asked) if name in self.product.indexed]

    def _walk(
        self,
        order: str | None,
        limit: int | None,
        columns: Mapping[str, Column],
        chosen: list[Chosen],
        test: Test | None,
    ) -> Iterable[int]:
        size = len(self)
        if order is None:
            return in_file_order(chosen, size, limit, test)
        name, falling = order.removeprefix("-"), order.startswith("-")
        if name in columns:
            return in_field_order(columns[name], falling, chosen, size, limit, test)
        return in_any_order(lambda place: key_of(field(self._rows[place], name)), falling, chosen, size, test)

    def row(self, position: int) -> Row:
        """The row at a place in the file."""
        found: Row = self._rows[position]
        return found

    def line(self, position: int) -> bytes:
        """The same row as the JSON line that was published."""
        return self._rows.raw(position)

    def sources(self, position: int) -> dict[str, list[str]]:
        """``{"events", "datasets"}`` that the row at ``position`` was made of, by their ids."""
        if self._lineage is None:
            self._lineage = Lines(self._folder / LINEAGE, self.manifest.sums[LINEAGE])
        found: dict[str, list[str]] = self._lineage[position]
        return found

    def _test(self, rest: list[Condition]) -> Test | None:
        """Reads a row for the conditions that have no index; None where there are none."""
        if not rest:
            return None

        def holds(position: int) -> bool:
            row = self._rows[position]
            return all(one.holds(key_of(field(row, one.field))) for one in rest)

        return holds
