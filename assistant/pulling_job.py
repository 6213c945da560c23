"""The job that brings a model from the hub, so that it goes on when nobody looks.

Invariant: what came is kept: a pull that was cancelled, or died, goes on where it stopped. Only one job
brings a model at a time.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from training.jobs.base import ACTIVE, RESUMABLE, Job, JobError, JobSpec, Reporter

if TYPE_CHECKING:
    from training.jobs.store import Jobs

KIND = "pull"
WORK = "assistant.pulling_job:work"
_MB = 1_000_000


def start_pull(jobs: "Jobs", model: str) -> Job:
    """Begin to bring ``model``, or go on with what was begun. Raises ModelError, JobError."""
    from training.models.catalogue import find_source

    source = find_source(model)
    known = [job for job in jobs.all() if job.spec.kind == KIND and job.spec.arguments.get("model") == model]
    if known and known[0].state in ACTIVE:
        return known[0]
    if known and known[0].state in RESUMABLE:
        return jobs.resume(known[0].id)
    return jobs.submit(JobSpec(KIND, source.id, WORK, {"model": model}))


def work(reporter: Reporter) -> Mapping[str, Any]:
    """Bring the model of the arguments. Raises JobError, training.jobs.base.Cancelled."""
    from training.models.base import ModelError
    from training.models.catalogue import find_source
    from training.models.pull import Pull
    from training.models.store import ModelStore

    def told(done: int) -> None:
        reporter.check()
        reporter.progress(done / _MB, file.bytes / _MB, "MB")

    try:
        source = find_source(str(reporter.arguments["model"]))
        pulling = Pull(ModelStore(), source, said=reporter.note)
        if pulling.installed() is None:
            file = pulling.look_up()
            pulling.run(file, told)
    except ModelError as error:
        raise JobError(str(error)) from None
    return {"model": source.id, "said": f"/model {source.id} takes it"}
