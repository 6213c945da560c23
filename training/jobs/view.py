"""How a job stands, read from its folder.

Invariant: what ended is said by the journal; what has not ended and has no living supervisor was
interrupted. Reading changes nothing.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from training.jobs.base import ENDS, Job, JobError, JobState, Progress
from training.jobs.heartbeat import supervisor
from training.jobs.journal import entries
from training.jobs.layout import CANCEL, JOURNAL, read_spec

_WINDOW_S = 120.0
_LARGEST = 256 << 20


def look(folder: Path) -> Job:
    """The job in ``folder``. Raises JobError."""
    spec, created = read_spec(folder)
    alive = supervisor(folder) is not None  # before the journal: what ends in between has said so there
    seen = [entry for entry in _journal(folder) if _fits(entry)]
    job = Job(folder.name, spec, JobState.QUEUED, folder, created)
    for entry in seen:
        job = _after(job, entry)
    if job.state in ENDS:
        return job
    if not alive:
        return replace(job, state=JobState.INTERRUPTED, ended=seen[-1]["at"] if seen else created)
    return replace(job, progress=_timed(job.progress, seen), stopping=(folder / CANCEL).exists())


def _journal(folder: Path) -> list[dict[str, Any]]:
    path = folder / JOURNAL
    try:
        if path.exists() and path.stat().st_size > _LARGEST:
            raise JobError(f"{path} is larger than any journal; remove the job's folder")
        return [entry for entry, _ in entries(path)]
    except OSError as error:
        raise JobError(f"{path} cannot be read ({error}); remove the job's folder") from None


def _fits(entry: Mapping[str, Any]) -> bool:
    """Whether an entry holds what is read of it, so that a damaged one takes no others along."""
    try:
        datetime.fromisoformat(entry["at"])
    except (KeyError, TypeError, ValueError):
        return False
    if entry["what"] == "progress":
        done, total, unit = entry.get("done"), entry.get("total"), entry.get("unit", "")
        numbers = isinstance(done, int | float) and (total is None or isinstance(total, int | float))
        return numbers and isinstance(unit, str)
    return isinstance(entry.get("result", {}), dict) and isinstance(entry.get("error", ""), str)


def _after(job: Job, entry: Mapping[str, Any]) -> Job:
    what = entry["what"]
    match what:
        case "queued":
            return replace(job, state=JobState.QUEUED, ended=None, error="", result={})
        case "started":
            return replace(job, state=JobState.RUNNING, started=entry["at"], ended=None, runs=job.runs + 1)
        case "progress":
            progress = Progress(entry["done"], entry.get("total"), entry.get("unit", ""))
            return replace(job, progress=progress)
        case "metric":
            values = {name: value for name, value in entry.items() if name not in ("at", "what")}
            return replace(job, metrics={**job.metrics, **values})
        case end if end in ENDS:
            return replace(
                job,
                state=JobState(end),
                ended=entry["at"],
                result=entry.get("result", {}),
                error=entry.get("error", ""),
            )
    return job


def _timed(progress: Progress, seen: Iterable[Mapping[str, Any]]) -> Progress:
    """With the rate of the last two minutes of this run, and the time that the rest takes at that rate."""
    points: deque[tuple[float, float]] = deque()
    for entry in seen:
        if entry["what"] == "started":
            points.clear()
        if entry["what"] == "progress":
            points.append((datetime.fromisoformat(entry["at"]).timestamp(), entry["done"]))
            while points[-1][0] - points[0][0] > _WINDOW_S:
                points.popleft()
    if len(points) < 2 or points[-1][0] <= points[0][0] or points[-1][1] <= points[0][1]:
        return progress
    rate = (points[-1][1] - points[0][1]) / (points[-1][0] - points[0][0])
    left = None if progress.total is None else max(0.0, progress.total - progress.done) / rate
    return replace(progress, rate=rate, eta_s=left)
