"""The fine-tuning job with a misfortune in its first run."""

import os
import resource
import signal
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from training.finetune import job
from training.jobs.base import Reporter

FULL_BYTES = 64 << 10


def unlucky(reporter: Reporter) -> Mapping[str, Any]:
    """``arguments``: the ``order``, what happens (``kill`` or ``full``), and ``at`` which word of the job."""
    return job.work(_Unlucky(reporter))


class _Unlucky:
    """A Reporter to which something happens when it is told a certain word for the first time."""

    def __init__(self, inner: Reporter) -> None:
        self.folder, self.resumed = inner.folder, inner.resumed
        self.arguments: Mapping[str, Any] = inner.arguments["order"]
        self._inner, self._what, self._at = inner, inner.arguments["what"], inner.arguments["at"]

    def progress(self, done: float, total: float | None = None, unit: str = "") -> None:
        self._inner.progress(done, total, unit)
        self._happens(f"step {done:.0f}")

    def check(self) -> None:
        self._inner.check()

    def metric(self, **values: float | str) -> None:
        self._inner.metric(**values)

    def note(self, text: str) -> None:
        self._inner.note(text)
        self._happens(text)

    def output(self, name: str) -> AbstractContextManager[Path]:
        self._happens(f"output {name}")
        return self._inner.output(name)

    def _happens(self, word: str) -> None:
        if self.resumed or word != self._at:
            return
        if self._what == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (FULL_BYTES, FULL_BYTES))
