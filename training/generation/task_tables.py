"""Slots of a small table: its file, one of its cells and another value for it.

Invariant: ``line`` is the row of ``item``, and ``fixed`` is that row with the ``new`` value in ``column``.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from training.generation.data_files import data
from training.generation.facts import between, listed
from training.generation.finders import Finder, together

if TYPE_CHECKING:
    from training.generation.slots import Slots


@dataclass(frozen=True)
class Table:
    """All values are as the file writes them."""

    kind: str
    path: str
    text: str
    item: str
    column: str
    value: str
    new: str
    line: str
    fixed: str
    last: str
    """The last row."""
    added: str
    """A row that could be added."""
    count: str
    """Rows without the header."""
    columns: str


def made_table(dice: random.Random) -> Table:
    """A table of ``task_facts.toml`` with some of its items."""
    kind = dice.choice(sorted(data("task_facts")["tables"]))
    names, *written = (part.strip() for part in data("task_facts")["tables"][kind].split(";"))
    items, columns = names.split(), [_column(one) for one in written]
    chosen = dice.sample(items, dice.randint(3, 6))
    rows = [[item, *_drawn(columns, dice)] for item in chosen]
    row, at = dice.choice(rows), dice.randrange(len(columns))
    column, span = columns[at]
    value = row[at + 1]
    new = next(one for one in iter(lambda: between(span, dice), "") if one != value)
    added = dice.choice([item for item in items if item not in chosen])
    folder = listed("table_folders", dice)
    header = ["name", *(name for name, _ in columns)]
    return Table(
        kind=kind,
        path=f"{folder}{kind}.csv",
        text="".join(f"{_line(one)}\n" for one in (header, *rows)),
        item=row[0],
        column=column,
        value=value,
        new=new,
        line=_line(row),
        fixed=_line([*row[: at + 1], new, *row[at + 2 :]]),
        last=_line(rows[-1]),
        added=_line([added, *_drawn(columns, dice)]),
        count=str(len(rows)),
        columns=", ".join(header[1:]),
    )


def _column(written: str) -> tuple[str, str]:
    """Its name and the span of its values."""
    name, span = written.split()
    return name, span


def _drawn(columns: list[tuple[str, str]], dice: random.Random) -> list[str]:
    return [between(span, dice) for _, span in columns]


def _line(row: list[str]) -> str:
    return ",".join(row)


def _values(slots: "Slots") -> Mapping[str, str]:
    return {f"table_{field}": value for field, value in vars(made_table(slots.dice)).items()}


FINDERS: Mapping[str, Finder] = together(_values, [f"table_{field.name}" for field in fields(Table)])
