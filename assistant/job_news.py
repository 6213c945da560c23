"""Jobs that ended, told once in whichever interface is open."""

from contextlib import suppress
from typing import TYPE_CHECKING

from assistant.job_text import ending
from assistant.text_safety import clean_line

if TYPE_CHECKING:
    from training.jobs.base import Job
    from training.jobs.store import Jobs

MOST = 3


def news(jobs: "Jobs") -> list[str]:
    """A line for each job that ended since the person last heard of one; they count as told now."""
    from training.jobs.news import note_told, untold

    found = untold(jobs.all())
    for job in found:
        with suppress(OSError):  # a full disk: the job is told again at the next start
            note_told(job)
    return [clean_line(line, 300) for line in _lines(found)]


def own_news() -> list[str]:
    """The same of the person's own jobs; nothing where they cannot be read now."""
    from assistant import paths
    from training.jobs.store import Jobs

    try:
        return news(Jobs(paths.jobs_dir()))
    except OSError:
        return []


def _lines(found: "list[Job]") -> list[str]:
    """The newest last; of many the newest few."""
    more = [f"{len(found) - MOST} more jobs ended: /jobs shows them"] if len(found) > MOST else []
    return more + [ending(job) for job in reversed(found[:MOST])]
