"""Jobs in which nothing runs: a test writes their journals."""

from pathlib import Path

from training.jobs import heartbeat, identity
from training.jobs.base import Job, JobSpec
from training.jobs.journal import Journal
from training.jobs.layout import CANCEL, JOURNAL, write_spec
from training.jobs.store import Jobs


class StillJobs(Jobs):
    """Real folders, supervised by this very process, in the order in which they were asked for."""

    def submit(self, spec: JobSpec) -> Job:
        folder = self.folder / f"{len(list(self.folder.glob('*'))):04}-{spec.kind}"
        folder.mkdir(parents=True)
        heartbeat.beat(folder, identity.own())
        write_spec(folder, spec)
        self._launch(folder)
        return self.get(folder.name)

    def resume(self, job_id: str) -> Job:
        job = self.get(job_id)
        (job.folder / CANCEL).unlink(missing_ok=True)
        self._launch(job.folder)
        return self.get(job_id)

    def tell(self, job: Job, what: str, **values: object) -> None:
        """Write a line into its journal."""
        Journal(job.folder / JOURNAL).write(what, **values)

    def _launch(self, folder: Path) -> None:
        heartbeat.beat(folder, identity.own())
        Journal(folder / JOURNAL).write("queued")
