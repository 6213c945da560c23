"""Rows as lines of CSV.

Invariant: a list or an object is its JSON as text; a text that a spreadsheet program would run as a formula
gets an apostrophe in front. Nothing else is changed.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import orjson

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def csv_lines(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """The head, then a record for each row; UTF-8."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    for row in rows:
        yield _taken(text)
        writer.writerow([_cell(row.get(name)) for name in columns])
    yield _taken(text)


def flat(value: Any) -> Any:
    """A list or an object as its JSON; anything else as it is."""
    return orjson.dumps(value).decode() if isinstance(value, list | dict) else value


def _cell(value: Any) -> str | int | float | None:
    value = flat(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and value.lstrip(" ").startswith(_FORMULA):
        return f"'{value}"
    return value  # type: ignore[no-any-return]


def _taken(text: io.StringIO) -> bytes:
    line = text.getvalue().encode()
    text.seek(0)
    text.truncate()
    return line
