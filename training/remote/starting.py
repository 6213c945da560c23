"""Creating a run once, over a network that may lose the answer.

Invariant: where a creation may have arrived, the run is looked for by its tag before another is asked for.
"""

from training.jobs.base import Reporter
from training.remote.base import Remote
from training.remote.following import pause, promptly
from training.remote.record import Record
from training.teachers.base import Passing, TeacherError

ATTEMPTS = 5
SETTLE_S = 1.0
"""After which a run that was created is among those that a provider lists; doubled at each attempt."""
LONGEST_S = 60.0


async def start(remote: Remote, record: Record, reporter: Reporter) -> None:
    """The record has the run's id. Raises TeacherError, Cancelled."""
    wait = SETTLE_S
    for attempt in range(1, ATTEMPTS + 1):
        reporter.check()  # from here on cancelling takes more than leaving
        try:
            record.run = await _found_or_created(remote, record, reporter)
            record.save()
            return
        except Passing as problem:
            if attempt == ATTEMPTS:
                raise
            reporter.note(f"{problem}; trying again")
            await pause(min(LONGEST_S, max(wait, problem.asked_s or 0.0)), reporter)
            wait *= 2


async def _found_or_created(remote: Remote, record: Record, reporter: Reporter) -> str:
    if record.intended and (known := await promptly(remote.find(record.tag), reporter)):
        reporter.note("the run was created before, and is attached to")
        return known
    record.intended = True
    record.save()
    try:
        return await remote.create(record.tag, record.uploaded)
    except TeacherError as problem:
        if not isinstance(problem, Passing):  # the provider refused, so there is none
            record.intended = False
            record.save()
        raise
