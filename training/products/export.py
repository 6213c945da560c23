"""A published product, or a part of it, as a file: JSON lines, CSV or Parquet.

Invariant: a file appears whole, by rename, or not at all. JSON lines are those that were published, but
for what the caller does to them on the way out (``Outgoing``). In CSV and Parquet a list or an object is its
JSON as text.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Literal, NamedTuple, get_args

from training.products.base import ProductError, Row
from training.products.csv_lines import csv_lines, flat
from training.products.disk import replacing
from training.products.published import Published

Format = Literal["jsonl", "csv", "parquet"]
FORMATS: tuple[str, ...] = get_args(Format)
Progress = Callable[[int], None]
"""Told how many rows were written so far; what it raises ends the export."""


class Outgoing(NamedTuple):
    """What each line of JSON, and each row of another format, passes through before it is written."""

    line: Callable[[bytes], bytes]
    row: Callable[[Mapping[str, Any]], Row]


AS_PUBLISHED = Outgoing(bytes, dict)

_BATCH = 5000
_STEP = 1000


def export(
    published: Published,
    target: Path | BinaryIO,
    kind: str,
    filters: Mapping[str, Any] | None = None,
    *,
    order: str | None = None,
    limit: int | None = None,
    progress: Progress | None = None,
    outgoing: Outgoing = AS_PUBLISHED,
) -> int:
    """Write the rows that match to a path or an open binary stream; how many they are.

    Raises ProductError: an unknown format, no pyarrow, a file that cannot be written.
    """
    if kind not in FORMATS:
        raise ProductError(f"the format {kind!r} is not known; known: {', '.join(FORMATS)}")
    write = {"jsonl": _jsonl, "csv": _csv, "parquet": _parquet}[kind]
    counted = _Counted(published.positions(filters, order=order, limit=limit), progress)
    if not isinstance(target, Path):
        write(published, counted, target, outgoing)
        return counted.done
    try:
        with replacing(target) as file:
            write(published, counted, file, outgoing)
            return counted.done
    except OSError as error:
        raise ProductError(f"{target} cannot be written: {error.strerror or error}") from error


class _Counted:
    """Places of rows, counted as they are taken; ``progress`` is told about once per thousand."""

    def __init__(self, positions: Iterable[int], progress: Progress | None) -> None:
        self._positions = positions
        self._progress = progress
        self.done = 0

    def __iter__(self) -> Iterator[int]:
        for position in self._positions:
            yield position
            self.done += 1
            if self._progress is not None and self.done % _STEP == 0:
                self._progress(self.done)


def _jsonl(published: Published, positions: Iterable[int], file: BinaryIO, out: Outgoing) -> None:
    file.writelines(out.line(published.line(one)) for one in positions)


def _csv(published: Published, positions: Iterable[int], file: BinaryIO, out: Outgoing) -> None:
    columns = list(published.product.row.model_fields)
    file.writelines(csv_lines(columns, (out.row(published.row(one)) for one in positions)))


def _parquet(published: Published, positions: Iterable[int], file: BinaryIO, out: Outgoing) -> None:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        from sandbox.packages import install_extra

        raise ProductError(
            f"Parquet needs pyarrow, which is not installed: {install_extra('parquet')}"
        ) from error
    facts = {"product": published.product.id, "version": published.manifest.version}
    types = {"integer": pyarrow.int64(), "number": pyarrow.float64(), "boolean": pyarrow.bool_()}
    properties = published.manifest.schema["properties"]
    columns = [
        (name, types.get(_type(properties[name]), pyarrow.string()))
        for name in published.product.row.model_fields
    ]
    schema = pyarrow.schema(columns, metadata=facts)
    try:
        with parquet.ParquetWriter(file, schema) as writer:
            for batch in _batches(out.row(published.row(one)) for one in positions):
                flattened = [{name: flat(row.get(name)) for name in schema.names} for row in batch]
                writer.write_batch(pyarrow.RecordBatch.from_pylist(flattened, schema))
    except (pyarrow.ArrowInvalid, OverflowError) as error:
        raise ProductError(
            f"a value does not fit into Parquet ({error}); export to .jsonl or .csv"
        ) from error


def _type(declared: Mapping[str, Any]) -> str:
    """The one type of a field beside null; empty where it has none, or may be nested."""
    options = [one.get("type") for one in declared.get("anyOf", [declared]) if one.get("type") != "null"]
    return str(options[0]) if len(options) == 1 else ""


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    left = iter(rows)
    while batch := list(islice(left, _BATCH)):
        yield batch
