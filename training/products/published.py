"""One published version, open for queries.

Invariant: what is read is proved against the manifest's hash first; a version never changes, so the index is
built once. Rows stay in the file (mapped, so the kernel may drop them) and are parsed as they are returned;
in memory are 8 bytes per row and the columns of the indexed fields.
"""

import mmap
from array import array
from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import Any

import orjson

from training.products.base import Product, ProductError, Row, field
from training.products.columns import Chosen, Column
from training.products.filters import Condition, conditions, key_of
from training.products.manifest import Manifest
from training.products.plan import Test, in_any_order, in_field_order, in_file_order
from training.products.writing import LINEAGE, ROWS


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
        start = self._ends[position - 1] + 1 if position else 0
        return orjson.loads(self._content[start : self._ends[position]])


class Published:
    """Queries over one version. Safe for several threads."""

    def __init__(self, product: Product, folder: Path, manifest: Manifest) -> None:
        self.product = product
        self.manifest = manifest
        self._folder = folder
        self._fields = dict.fromkeys(product.row.model_fields)
        self._rows = Lines(folder / ROWS, manifest.sums[ROWS])
        self._lineage: Lines | None = None
        self._columns: dict[str, Column] | None = None
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
        self._refuse_unknown([one.field for one in wanted] + ([order.removeprefix("-")] if order else []))
        columns = self._indexed() if wanted or order else {}
        chosen = [columns[one.field].choose(one) for one in wanted if one.field in columns]
        rest = [one for one in wanted if one.field not in columns]
        return islice(self._walk(order, limit, columns, chosen, self._test(rest)), limit)

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

    def _refuse_unknown(self, names: list[str]) -> None:
        for name in names:
            if name.partition(".")[0] not in self._fields:
                known = ", ".join(self._fields)
                raise ProductError(f"{self.product.id} has no field {name!r}; it has: {known}")

    def row(self, position: int) -> Row:
        """The row at a place in the file."""
        found: Row = self._rows[position]
        return found

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

    def _indexed(self) -> dict[str, Column]:
        """The columns, built at the first query that needs them: one pass over all rows."""
        with self._building:
            if self._columns is None:
                values: dict[str, list[Any]] = {name: [] for name in self.product.indexed}
                for position in range(len(self._rows)):
                    row = self._rows[position]
                    for name, column in values.items():
                        column.append(field(row, name))
                self._columns = {name: Column(values.pop(name)) for name in self.product.indexed}
            return self._columns
