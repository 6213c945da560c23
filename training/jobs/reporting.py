"""The Reporter of a job that runs: says how far it is, and hands over its outputs by rename.

Invariant: an output is not there or whole. Progress is written at most once a second, its last value always.
"""

import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from training.durable import sync
from training.jobs.base import Cancelled
from training.jobs.journal import Journal
from training.jobs.layout import JOURNAL, OUTPUTS

_EVERY_S = 1.0


class JobReporter:
    """``cancel`` is called by a signal handler; the work notices at its next word."""

    def __init__(self, folder: Path, arguments: Mapping[str, Any], resumed: bool) -> None:
        self.folder = folder
        self.arguments = arguments
        self.resumed = resumed
        self._journal = Journal(folder / JOURNAL)
        self._cancelled = False
        self._written = float("-inf")
        self._pending: dict[str, Any] | None = None

    def cancel(self) -> None:
        self._cancelled = True

    def check(self) -> None:
        if self._cancelled:
            self.flush()
            raise Cancelled

    def progress(self, done: float, total: float | None = None, unit: str = "") -> None:
        self._pending = {"done": done, "total": total, "unit": unit}
        if time.monotonic() - self._written >= _EVERY_S or done == total:
            self.flush()
        self.check()

    def flush(self) -> None:
        """Write the progress that was held back."""
        if self._pending is not None:
            self._journal.write("progress", **self._pending)
            self._pending, self._written = None, time.monotonic()

    def metric(self, **values: float | str) -> None:
        self._journal.write("metric", **values)

    def note(self, text: str) -> None:
        self._journal.write("note", text=text)

    @contextmanager
    def output(self, name: str) -> Iterator[Path]:
        outputs = self.folder / OUTPUTS
        outputs.mkdir(mode=0o700, exist_ok=True)
        part, target = outputs / f".{name}.part", outputs / name
        _remove(part)
        try:
            yield part
            _sync(part)
            _remove(target)
            part.rename(target)
            _sync(outputs)
        finally:
            _remove(part)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    """Make a file, or a folder with all that is in it, durable."""
    below = sorted(path.rglob("*")) if path.is_dir() else []
    for each in (*below, path):
        sync(each)
