"""A published product, or a part of it, as a file: JSON lines, CSV or Parquet.

Invariant: a file appears whole, by rename, or not at all. In CSV and Parquet a list or an object is its
JSON as text; CSV texts that a spreadsheet program would run as a formula get an apostrophe in front.
"""

import csv
import io
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Literal, get_args

import orjson

from training.products.base import ProductError, Row
from training.products.published import Published

Format = Literal["jsonl", "csv", "parquet"]
FORMATS: tuple[str, ...] = get_args(Format)
Progress = Callable[[int], None]
"""Told how many rows were written so far."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_BATCH = 5000


def export(
    published: Published,
    target: Path | BinaryIO,
    kind: str,
    filters: Mapping[str, Any] | None = None,
    *,
    order: str | None = None,
    limit: int | None = None,
    progress: Progress | None = None,
) -> int:
    """Write the rows that match to a path or an open binary stream; how many they are.

    Raises ProductError: an unknown format, no pyarrow, a file that cannot be written.
    """
    if kind not in FORMATS:
        raise ProductError(f"the format {kind!r} is not known; known: {', '.join(FORMATS)}")
    write = {"jsonl": _jsonl, "csv": _csv, "parquet": _parquet}[kind]
    positions = published.positions(filters, order=order, limit=limit)
    batches = _batches((published.row(position) for position in positions), progress)
    columns = list(published.product.row.model_fields)
    if not isinstance(target, Path):
        return write(published, columns, batches, target)
    try:
        with _replacing(target) as file:
            return write(published, columns, batches, file)
    except OSError as error:
        raise ProductError(f"{target} cannot be written: {error.strerror or error}") from error


def _jsonl(published: Published, columns: Sequence[str], batches: Iterable[list[Row]], file: BinaryIO) -> int:
    written = 0
    for batch in batches:
        for row in batch:
            file.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))
        written += len(batch)
    return written


def _csv(published: Published, columns: Sequence[str], batches: Iterable[list[Row]], file: BinaryIO) -> int:
    written = 0
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    for batch in batches:
        for row in batch:
            writer.writerow(_cell(row.get(name)) for name in columns)
        written += len(batch)
        _drain(text, file)
    _drain(text, file)
    return written


def _drain(text: io.StringIO, file: BinaryIO) -> None:
    file.write(text.getvalue().encode())
    text.seek(0)
    text.truncate()


def _cell(value: Any) -> str | int | float | None:
    value = _flat(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and value.lstrip(" ").startswith(_FORMULA):
        return f"'{value}"
    return value  # type: ignore[no-any-return]


def _flat(value: Any) -> Any:
    return orjson.dumps(value).decode() if isinstance(value, list | dict) else value


def _parquet(
    published: Published, columns: Sequence[str], batches: Iterable[list[Row]], file: BinaryIO
) -> int:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise ProductError(
            "Parquet needs pyarrow, which is not installed: pip install 'apprentice[parquet]'"
        ) from error
    facts = {"product": published.product.id, "version": published.manifest.version}
    types = {"integer": pyarrow.int64(), "number": pyarrow.float64(), "boolean": pyarrow.bool_()}
    properties = published.manifest.schema["properties"]
    schema = pyarrow.schema(
        [(name, types.get(_type(properties[name]), pyarrow.string())) for name in columns], metadata=facts
    )
    written = 0
    with parquet.ParquetWriter(file, schema) as writer:
        for batch in batches:
            flat = [{name: _flat(row.get(name)) for name in columns} for row in batch]
            writer.write_batch(pyarrow.RecordBatch.from_pylist(flat, schema))
            written += len(batch)
    return written


def _type(declared: Mapping[str, Any]) -> str:
    """The one type of a field beside null; empty where it has none, or may be nested."""
    options = [one.get("type") for one in declared.get("anyOf", [declared]) if one.get("type") != "null"]
    return str(options[0]) if len(options) == 1 else ""


def _batches(rows: Iterable[Row], progress: Progress | None) -> Iterator[list[Row]]:
    left, done = iter(rows), 0
    while batch := list(islice(left, _BATCH)):
        yield batch
        done += len(batch)
        if progress:
            progress(done)


@contextmanager
def _replacing(target: Path) -> Iterator[BinaryIO]:
    """A file that takes the place of ``target`` when all is written."""
    part = target.with_name(f".{target.name}.{os.getpid()}.new")
    try:
        with part.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
