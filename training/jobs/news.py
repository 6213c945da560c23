"""Which jobs ended, and the person has not heard of it yet.

Invariant: an end is told once, whichever program tells it; a job that was resumed ends anew. What was told is
in the job's folder, so that the end of a job is told too where no program ran that could have told it.
"""

from collections.abc import Iterable

from training.jobs.base import ACTIVE, Job
from training.jobs.layout import TOLD, replace


def untold(jobs: Iterable[Job]) -> list[Job]:
    """Those of ``jobs`` that ended and were not told."""
    return [job for job in jobs if job.state not in ACTIVE and not _was_told(job)]


def note_told(job: Job) -> None:
    """The person knows how it ended. Raises OSError."""
    replace(job.folder / TOLD, (job.ended or "").encode())


def _was_told(job: Job) -> bool:
    try:
        return (job.folder / TOLD).read_text("utf-8") == (job.ended or "")
    except (OSError, UnicodeDecodeError):
        return False
