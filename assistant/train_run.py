"""A fine-tuning run and what became of it: its curve, its export, how the student compares.

Invariant: everything that is shown is read from the disk, so that it is the same whoever started it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from assistant.comparing_job import COMPARISON, KIND, ComparisonOrder, comparison_job
from assistant.train_desk import FINETUNE
from training.jobs.base import ACTIVE, Job, JobError
from training.jobs.following import Following, resident_bytes
from training.models.settings import LEAST_DECISIONS

if TYPE_CHECKING:
    from training.jobs.store import Jobs
    from training.registry import Registry

EXPORT = "export"
CHECKPOINTS = "checkpoints"
_STEP = "step-"


@dataclass(frozen=True)
class Running:
    """What is known of the run itself. ``memory`` is bytes now and at most; ``checkpoints`` are steps,
    ``best`` the one with the highest score."""

    steps: Mapping[int, Mapping[str, float]]
    memory: tuple[int, int] | None = None
    checkpoints: tuple[int, ...] = ()
    best: int = 0


@dataclass(frozen=True)
class Seen:
    """``run`` is one of ``runs``, None where there is none; ``report`` is the page of the conversion gate."""

    runs: tuple[Job, ...] = ()
    run: Job | None = None
    running: Running = Running({})
    export: Job | None = None
    report: str = ""
    student: str = ""
    comparing: Job | None = None
    comparison: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
    """What the job that is under way said last."""

    @property
    def active(self) -> Job | None:
        """The newest of its jobs that is under way."""
        found = [job for job in (self.comparing, self.export, self.run) if job is not None]
        return next((job for job in found if job.state in ACTIVE), None)


class RunDesk:
    """Shows the newest run, or the one that was chosen. An export needs ``least_decisions`` held out."""

    def __init__(self, jobs: "Jobs", registry: "Registry", least_decisions: int = LEAST_DECISIONS) -> None:
        self.jobs = jobs
        self.registry = registry
        self._least = least_decisions
        self._chosen = ""
        self._followed: dict[Path, Following] = {}

    def choose(self, job_id: str) -> None:
        """Show this run from now on."""
        self._chosen = job_id

    def look(self) -> Seen:
        """Raises OSError, RegistryError."""
        jobs = self.jobs.all()
        runs = tuple(job for job in jobs if job.spec.kind == FINETUNE)
        run = next((job for job in runs if job.id == self._chosen), runs[0] if runs else None)
        if run is None:
            return Seen()
        export = _newest(jobs, EXPORT, "run", str(run.outputs))
        student = str(export.result.get("student", "")) if export else ""
        comparing = _newest(jobs, KIND, "student", student) if student else None
        seen = Seen(
            runs,
            run,
            self._running(run),
            export,
            _text(export.outputs / "report.txt") if export else "",
            student,
            comparing,
            _facts(comparing.outputs / COMPARISON) if comparing else {},
        )
        return replace(seen, note=self._follow(seen.active).note) if seen.active is not None else seen

    def export(self, run: Job, *, merged: bool = False) -> Job:
        """Make a student of the run and put it through the gate. Raises JobError."""
        from training.export.order import Form, export_job, export_order

        form: Form | None = "merged" if merged else None
        asked = export_order(
            run.folder, form=form, registry=self.registry.folder, least_decisions=self._least
        )
        return self.jobs.submit(export_job(asked))

    def compare(self, seen: Seen, cases: Path | None = None, *, log: bool = False) -> Job:
        """Compare its student with what serves now: on a file of cases, the log's, or what the run held out.

        Raises JobError, RegistryError.
        """
        from assistant.comparing import pair

        if not seen.student or seen.run is None:
            raise JobError("there is no student of this run yet: e exports it first")
        candidate, other = pair(self.registry, seen.student, None)
        run = None if cases is not None or log else seen.run.folder
        asked = ComparisonOrder(student=candidate.id, other=other.id, cases=cases, run=run, log=log)
        return self.jobs.submit(comparison_job(asked))

    def _follow(self, job: Job) -> Following:
        known = self._followed.setdefault(job.folder, Following(job.folder))
        known.read()
        return known

    def _running(self, run: Job) -> Running:
        known = self._follow(run)
        checkpoints = tuple(
            sorted(
                int(path.name.removeprefix(_STEP)) for path in (run.folder / CHECKPOINTS).glob(f"{_STEP}*")
            )
        )
        return Running(
            known.steps,
            resident_bytes(known.pid) if run.state in ACTIVE and known.pid else None,
            checkpoints,
            _best(known.steps),
        )


def _newest(jobs: list[Job], kind: str, name: str, value: str) -> Job | None:
    return next(
        (job for job in jobs if job.spec.kind == kind and job.spec.arguments.get(name) == value), None
    )


def _best(steps: Mapping[int, Mapping[str, float]]) -> int:
    """The first of the looks with the highest score; 0 before the first look."""
    looks = {step: found["score"] for step, found in steps.items() if "score" in found}
    return max(looks, key=lambda step: (looks[step], -step), default=0)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        return ""


def _facts(path: Path) -> dict[str, Any]:
    try:
        found = orjson.loads(path.read_bytes())
    except (FileNotFoundError, orjson.JSONDecodeError):
        return {}
    return found if isinstance(found, dict) else {}
