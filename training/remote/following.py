"""Watching a run elsewhere: what happened, how far it is, and whether the person cancelled it.

Invariant: a provider that cannot be reached ends no job: its run goes on there, and watching costs nothing.
"""

import asyncio
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

from training.jobs.base import Cancelled, Reporter
from training.remote.base import ENDED, News, Remote, Standing
from training.remote.record import Record
from training.teachers.base import Passing

Result = TypeVar("Result")
LOOK_S = 0.2
LONGEST_S = 300.0


async def promptly(work: Coroutine[Any, Any, Result], reporter: Reporter) -> Result:
    """``work``, left at once when the job is cancelled. Raises Cancelled."""
    task = asyncio.ensure_future(work)
    while not task.done():
        try:
            reporter.check()
        except Cancelled:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            raise
        await asyncio.wait({task}, timeout=LOOK_S)
    return task.result()


async def pause(seconds: float, reporter: Reporter) -> None:
    """Raises Cancelled."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        reporter.check()
        await asyncio.sleep(min(LOOK_S, left))
    reporter.check()


async def follow(remote: Remote, record: Record, reporter: Reporter, poll_s: float) -> Standing:
    """Until the run has ended. Raises Cancelled, and TeacherError over what does not pass by itself."""
    lost, last = 0, ""
    while True:
        try:
            standing = await promptly(_looked(remote, record, reporter), reporter)
        except Passing as problem:
            lost += 1
            if str(problem) != last:
                reporter.note(f"{problem}; the run goes on there, looking again")
            last = str(problem)
            wait = min(LONGEST_S, poll_s * 2 ** min(lost, 10))
            await pause(max(wait, min(problem.asked_s or 0.0, LONGEST_S)), reporter)
            continue
        lost, last = 0, ""
        if standing.state in ENDED:
            return standing
        if standing.done or standing.total:
            reporter.progress(standing.done, standing.total, standing.unit)
        await pause(poll_s, reporter)


async def _looked(remote: Remote, record: Record, reporter: Reporter) -> Standing:
    """The state is asked for first, so that no news of a run that has ended is left out."""
    standing = await remote.look(record.run)
    for one in await remote.news(record.run, record.seen):
        _tell(one, reporter)
        record.seen = one.id
        record.save()
    return standing


def _tell(one: News, reporter: Reporter) -> None:
    if one.text:
        reporter.note(one.text)
    if one.metrics:
        reporter.metric(**one.metrics)
    if one.total and "step" in one.metrics:
        reporter.progress(one.metrics["step"], one.total, "steps")
