"""A run's batches, rendered ahead into one file for a machine that only trains.

Invariant: what is read back is what the source rendered, batch by batch and step by step. Rendering needs
the student's tokeniser, training only the ids. A later epoch has the same steps in another order.
"""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from training.finetune.rendered import SORTS, Rendered
from training.finetune.source import Source

Rows = tuple[int, int]
"""The first row of a micro-batch, and the one after its last."""


def prepare(source: Source, path: Path) -> dict[str, int]:
    """Write the first epoch of ``source`` and what it holds out; how much that is."""
    import numpy as np

    table = _Table()
    steps = [[table.add(source.render(batch)) for batch in step] for step in source.steps(0)]
    looked_at = [table.add(source.render(batch)) for batch in source.validation()]
    ids = np.concatenate([np.asarray([*row.prefix, *row.ids], dtype=np.int64) for row in table.rows])
    narrow = np.uint16 if ids.max() < 1 << 16 else np.uint32
    with path.open("wb") as file:
        np.savez_compressed(
            file,
            ids=ids.astype(narrow),
            lengths=np.array([len(row.prefix) + len(row.ids) for row in table.rows]),
            prefixes=np.array([len(row.prefix) for row in table.rows]),
            sorts=np.array([SORTS.index(row.sort) for row in table.rows], dtype=np.uint8),
            trained=_spans([row.trained for row in table.rows]),
            texts=_spans([row.texts for row in table.rows]),
            shares=np.array(
                [
                    (at, token, share)
                    for at, row in enumerate(table.rows)
                    for token, share in row.shares.items()
                ],
                dtype=np.float64,
            ).reshape(-1, 3),
            steps=np.array([len(step) for step in steps]),
            batches=np.array([rows for step in steps for rows in step]).reshape(-1, 2),
            validation=np.array(looked_at).reshape(-1, 2),
        )
    return {"rows": len(table.rows), "ids": len(ids), "steps": len(steps), "looked_at": len(looked_at)}


class PreparedSource:
    """Fulfils ``Source`` from such files. ``seed`` orders the steps of each epoch, of all files together.

    A file that is named twice is learned from twice in an epoch. A micro-batch of more than ``most_ids``,
    padding included, is evaluated in halves.
    """

    def __init__(self, paths: Sequence[Path], seed: int, most_ids: int = 1 << 62) -> None:
        self._seed, self._most_ids = seed, most_ids
        known = {path: _File(path) for path in paths}
        self._files = [known[path] for path in paths]

    def steps(self, epoch: int) -> list[list[tuple[int, Rows]]]:
        made = [
            [(at, part) for rows in step for part in file.halved(rows, self._most_ids)]
            for at, file in enumerate(self._files)
            for step in file.steps()
        ]
        random.Random(f"{self._seed}/{epoch}").shuffle(made)
        return made

    def validation(self) -> list[tuple[int, Rows]]:
        firsts = {id(file): at for at, file in reversed(list(enumerate(self._files)))}
        return [
            (at, part)
            for at in sorted(firsts.values())
            for rows in self._files[at].validation()
            for part in self._files[at].halved(rows, self._most_ids)
        ]

    def render(self, batch: tuple[int, Rows]) -> list[Rendered]:
        at, rows = batch
        return [self._files[at].row(number) for number in range(*rows)]


class _File:
    """What one of them holds."""

    def __init__(self, path: Path) -> None:
        import numpy as np

        with np.load(path, allow_pickle=False) as file:
            self._data = {name: file[name] for name in file.files}
        self._starts = np.concatenate([[0], np.cumsum(self._data["lengths"])])
        self._trained = _by_row(self._data["trained"])
        self._texts = _by_row(self._data["texts"])
        self._shares: dict[int, dict[int, float]] = {}
        for row, token, share in self._data["shares"].tolist():
            self._shares.setdefault(int(row), {})[int(token)] = share

    def steps(self) -> list[list[Rows]]:
        batches = [(int(first), int(last)) for first, last in self._data["batches"]]
        made: list[list[Rows]] = []
        at = 0
        for count in self._data["steps"].tolist():
            made.append(batches[at : at + count])
            at += count
        return made

    def validation(self) -> list[Rows]:
        return [(int(first), int(last)) for first, last in self._data["validation"]]

    def halved(self, rows: Rows, most_ids: int) -> list[Rows]:
        """The rows in as few halves of halves as need no more ids than that each, or in single rows."""
        first, last = rows
        if last - first < 2 or (last - first) * int(self._data["lengths"][first:last].max()) <= most_ids:
            return [rows]
        middle = (first + last) // 2
        return [*self.halved((first, middle), most_ids), *self.halved((middle, last), most_ids)]

    def row(self, number: int) -> Rendered:
        whole = self._data["ids"][self._starts[number] : self._starts[number + 1]].tolist()
        split = int(self._data["prefixes"][number])
        return Rendered(
            tuple(whole[:split]),
            tuple(whole[split:]),
            self._trained.get(number, ()),
            self._texts.get(number, ()),
            self._shares.get(number, {}),
            SORTS[int(self._data["sorts"][number])],
        )


class _Table:
    """All rows, in the order in which they are evaluated."""

    def __init__(self) -> None:
        self.rows: list[Rendered] = []

    def add(self, batch: Sequence[Rendered]) -> Rows:
        first = len(self.rows)
        self.rows += batch
        return first, len(self.rows)


def _spans(rows: Sequence[Sequence[tuple[int, int]]]) -> Any:
    """``(row, start, stop)`` of all spans."""
    import numpy as np

    made = [(at, start, stop) for at, spans in enumerate(rows) for start, stop in spans]
    return np.array(made, dtype=np.int32).reshape(-1, 3)


def _by_row(spans: Any) -> dict[int, tuple[tuple[int, int], ...]]:
    made: dict[int, tuple[tuple[int, int], ...]] = {}
    for row, start, stop in spans.tolist():
        made[row] = (*made.get(row, ()), (start, stop))
    return made
