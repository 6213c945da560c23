"""The words of jobs: what is to be done, how it stands, and what the work may say of itself.

Invariant: everything that is known of a job is in its folder; whoever reads it needs no process. A job that
is ``interrupted`` died without saying so and can be resumed, like one that failed or was cancelled.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, Protocol

Resource = Literal["", "cpu", "gpu"]
"""What only one job may use at a time."""


class JobState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"


ACTIVE = (JobState.QUEUED, JobState.RUNNING)
ENDS = (JobState.DONE, JobState.FAILED, JobState.CANCELLED)
RESUMABLE = (JobState.FAILED, JobState.CANCELLED, JobState.INTERRUPTED)


class JobError(Exception):
    """A job cannot do what was asked: one line, what, where, how to mend it."""


def one_line(error: Exception) -> str:
    """What a job says it failed of: of an error that was not written for a person, also the kind."""
    said = " ".join(str(error).split())[:500]
    return said if isinstance(error, JobError) and said else f"{type(error).__name__}: {said}"


class Cancelled(Exception):
    """Raised inside the work when the person cancelled it; the work lets it pass."""


@dataclass(frozen=True)
class JobSpec:
    """What to do, as it was asked for. ``work`` is ``"module:function"``, called with a ``Reporter``."""

    kind: str
    title: str
    work: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    """Plain JSON; never a secret: keys are read from the environment."""
    inputs: Mapping[str, str] = field(default_factory=dict)
    """Files that must not change while the job runs or before it is resumed: path to SHA-256."""
    resource: Resource = ""


@dataclass(frozen=True)
class Progress:
    """How far a job is. ``total`` and ``eta_s`` are None where nobody knows; ``rate`` is per second."""

    done: float = 0
    total: float | None = None
    unit: str = ""
    rate: float | None = None
    eta_s: float | None = None


@dataclass(frozen=True)
class Job:
    """A job as its folder tells it. Times are UTC in ISO 8601; ``error`` is one line for the person."""

    id: str
    spec: JobSpec
    state: JobState
    folder: Path
    created: str
    started: str | None = None
    ended: str | None = None
    runs: int = 0
    """How often it was started."""
    progress: Progress = Progress()
    metrics: Mapping[str, Any] = field(default_factory=dict)
    """The newest value of each."""
    result: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""
    stopping: bool = False
    """Whether it runs, and was asked to stop."""

    @property
    def outputs(self) -> Path:
        return self.folder / "outputs"


class Reporter(Protocol):
    """What the work is given. Everything it says is on disk when the call returns."""

    folder: Path
    """The job's own: checkpoints and whatever else the work needs to be resumed."""
    arguments: Mapping[str, Any]
    resumed: bool
    """Whether an earlier run of this job was started."""

    def progress(self, done: float, total: float | None = None, unit: str = "") -> None:
        """How far the work is. Raises Cancelled; cheap, so call it often."""

    def check(self) -> None:
        """Raises Cancelled where the person cancelled the job."""

    def metric(self, **values: float | str) -> None:
        """Measured values, such as the loss at a step."""

    def note(self, text: str) -> None:
        """A line for the person."""

    def output(self, name: str) -> AbstractContextManager[Path]:
        """A path to write a file or folder to, which appears as ``outputs/name`` when the block ends well."""
