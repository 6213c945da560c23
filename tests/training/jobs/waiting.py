"""Waiting for a real job, which runs in processes of its own."""

import time
from collections.abc import Callable

from training.jobs.base import ACTIVE, Job
from training.jobs.journal import entries
from training.jobs.layout import JOURNAL
from training.jobs.logs import tail
from training.jobs.store import Jobs


def until(jobs: Jobs, job: Job, test: Callable[[Job], bool], seconds: float = 100) -> Job:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        job = jobs.get(job.id)
        if test(job):
            return job
        time.sleep(0.05)
    raise AssertionError(f"{job.state} {job.error}\n{tail(job.folder)}")


def ended(jobs: Jobs, job: Job, seconds: float = 100) -> Job:
    return until(jobs, job, lambda job: job.state not in ACTIVE, seconds)


def notes(job: Job) -> list[str]:
    """Return what the job has said so far, line by line."""
    return [entry["text"] for entry, _ in entries(job.folder / JOURNAL) if entry["what"] == "note"]
