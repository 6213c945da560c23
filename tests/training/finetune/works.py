"""The jobs of fine-tuning and of export, with a misfortune in each of their first runs."""

import os
import resource
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

from training.finetune import job
from training.jobs.base import JobSpec, Reporter
from training.jobs.view import look

FULL_BYTES = 64 << 10
SPARE_BYTES = 1 << 20


def with_misfortunes(spec: JobSpec, work: str, *misfortunes: tuple[str, str]) -> JobSpec:
    """Return ``spec`` as a job of ``work``, a function of this module."""
    arguments = {"order": spec.arguments, "misfortunes": misfortunes}
    return replace(spec, work=f"{__name__}:{work}", arguments=arguments)


def unlucky(reporter: Reporter) -> Mapping[str, Any]:
    """Run a fine-tuning to which ``misfortunes`` happen.

    ``arguments``: the ``order``, and in ``misfortunes`` for each run in turn what happens (``kill``,
    ``full``, ``memory``, or ``wait``: stand still until it is cancelled) at which word of the job; ``end``
    is behind all of them. Later runs are spared.
    """
    return _worked(job.work, reporter)


def unlucky_export(reporter: Reporter) -> Mapping[str, Any]:
    """The same for an export."""
    from training.export import job as export

    return _worked(export.work, reporter)


def _worked(work: Callable[[Reporter], Mapping[str, Any]], reporter: Reporter) -> Mapping[str, Any]:
    unlucky = _Unlucky(reporter)
    made = work(unlucky)
    unlucky.happens("end")
    return made


class _Unlucky:
    """A Reporter to which something happens when it is told a certain word for the first time."""

    def __init__(self, inner: Reporter) -> None:
        self.folder, self.resumed = inner.folder, inner.resumed
        self.arguments: Mapping[str, Any] = inner.arguments["order"]
        self._inner = inner
        plan, run = inner.arguments["misfortunes"], look(inner.folder).runs
        self._what, self._at = plan[run - 1] if run <= len(plan) else ("", "")

    def progress(self, done: float, total: float | None = None, unit: str = "") -> None:
        self._inner.progress(done, total, unit)
        self.happens(f"step {done:.0f}")

    def check(self) -> None:
        self._inner.check()

    def metric(self, **values: float | str) -> None:
        self._inner.metric(**values)

    def note(self, text: str) -> None:
        self._inner.note(text)
        self.happens(text)

    def output(self, name: str) -> AbstractContextManager[Path]:
        self.happens(f"output {name}")
        return self._inner.output(name)

    def happens(self, word: str) -> None:
        if not self._what or word != self._at:
            return
        if self._what == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        while self._what == "wait":
            self._inner.check()
            time.sleep(0.05)
        if self._what == "memory":
            used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
            resource.setrlimit(resource.RLIMIT_AS, (used + SPARE_BYTES, used + SPARE_BYTES))
            _take(64 * SPARE_BYTES)
            return
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (FULL_BYTES, FULL_BYTES))


def _take(size: int) -> None:
    """Ask torch for memory, as a step does; a small step may live on what was freed before."""
    import torch

    torch.empty(size, dtype=torch.uint8)
