"""A step of a job that is made of steps: the job's voice, with arguments and a folder of the step's own."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from training.jobs.base import Reporter
from training.jobs.reporting import JobReporter


class Stage:
    """Fulfils ``Reporter`` for one step of ``job``. ``folder`` is made where it is missing."""

    def __init__(self, job: Reporter, arguments: Mapping[str, Any], folder: Path) -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        self._job = job
        self.folder = folder
        self.arguments = arguments
        self.resumed = job.resumed

    def progress(self, done: float, total: float | None = None, unit: str = "") -> None:
        self._job.progress(done, total, unit)

    def check(self) -> None:
        self._job.check()

    def metric(self, **values: float | str) -> None:
        self._job.metric(**values)

    def note(self, text: str) -> None:
        self._job.note(text)

    def output(self, name: str) -> AbstractContextManager[Path]:
        return JobReporter(self.folder, self.arguments, self.resumed).output(name)
