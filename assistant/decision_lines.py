"""Decisions as lines of a file: JSON lines or CSV, the oldest first.

Invariant: a file is there whole, under its name, or not at all; memory does not grow with the log.
"""

import os
import tempfile
from array import array
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Literal, get_args

import orjson

from assistant.label_text import with_label
from assistant.outgoing import outgoing_line, outgoing_row

Form = Literal["jsonl", "csv"]
FORMS: tuple[str, ...] = get_args(Form)

_SPOOLED = 32 << 20


def lines_of(found: Iterable[Mapping[str, Any]], form: str, safe: bool = True) -> Iterator[bytes]:
    """Rows of decisions, which come newest first, as lines of that form; inert and without secrets."""
    if form != "csv":
        return json_lines(map(with_label, found), safe)
    lines = json_lines(found, safe)
    from training.products.csv_lines import csv_lines
    from training.products.history import DecisionRow

    return csv_lines(
        list(DecisionRow.model_fields),
        map(outgoing_row, map(orjson.loads, lines)) if safe else map(orjson.loads, lines),
    )


def json_lines(found: Iterable[Mapping[str, Any]], safe: bool = True) -> Iterator[bytes]:
    """Anything that comes newest first as JSON lines, the oldest first: turned round on the disk."""
    ends = array("Q", [0])
    with tempfile.SpooledTemporaryFile(_SPOOLED) as spool:
        for row in found:
            ends.append(ends[-1] + spool.write(orjson.dumps(row) + b"\n"))
        for start, end in zip(ends[-2::-1], ends[:0:-1], strict=True):
            spool.seek(start)
            line = spool.read(end - start)
            yield outgoing_line(line) if safe else line


@contextmanager
def new_file(path: Path) -> Iterator[IO[bytes]]:
    """A file that takes its name when it is whole and on the disk.

    Raises OSError; FileExistsError where the name is taken, which is left as it is.
    """
    if path.exists() or path.is_symlink():
        raise FileExistsError(f"{path} is there already")
    with tempfile.NamedTemporaryFile("wb", dir=path.parent, prefix=f".{path.name}.") as file:
        yield file.file
        file.flush()
        os.fsync(file.fileno())
        os.link(file.name, path)


def write_decisions(found: Iterable[Mapping[str, Any]], path: Path) -> int:
    """Write rows, which come newest first, into a new file, in the form that its name ends in. How many.

    Raises OSError; FileExistsError where the name is taken.
    """
    rows = Counted(found)
    with new_file(path) as file:
        file.writelines(lines_of(rows, path.suffix.removeprefix(".")))
    return rows.count


class Counted:
    """Rows, counted as they pass."""

    def __init__(self, rows: Iterable[Mapping[str, Any]]) -> None:
        self._rows = rows
        self.count = 0

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        for row in self._rows:
            self.count += 1
            yield row
