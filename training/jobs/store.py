"""All jobs of a person: asked for, listed, cancelled, resumed.

Invariant: a job belongs to its own process from its start; whoever asked for it may end.
"""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sandbox.programs import python_command
from training.jobs import heartbeat, identity
from training.jobs.base import ACTIVE, ENDS, RESUMABLE, Job, JobError, JobSpec
from training.jobs.journal import Journal, entries
from training.jobs.layout import (
    CANCEL,
    CHANGE,
    HEARTBEAT,
    JOURNAL,
    LOCK,
    SPEC,
    folder_of,
    new_id,
    read_spec,
    write_spec,
)
from training.jobs.locks import alone, opened, taken
from training.jobs.view import look

_POLL_S = 0.2
_LETS_GO_S = 20.0


class Jobs:
    """The jobs below ``folder``, which is made when it is needed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._started: list[subprocess.Popen[bytes]] = []
        self._ended: dict[str, tuple[int, Job]] = {}

    def submit(self, spec: JobSpec) -> Job:
        """Start it, or queue it where another job has what it needs. Raises JobError."""
        folder = folder_of(self.folder, new_id(spec.kind))
        try:
            folder.mkdir(mode=0o700, parents=True)
            heartbeat.beat(folder, identity.own())  # before it is seen, and until its supervisor does
            write_spec(folder, spec)
            self._launch(folder)
        except OSError as error:
            raise JobError(
                f"{folder} cannot be written: {error.strerror}; make room, or check its owner"
            ) from error
        return look(folder)

    def all(self) -> list[Job]:
        """Newest first. A folder that is no whole job is left out."""
        found = self.folder.iterdir() if self.folder.is_dir() else ()
        names = sorted((path.name for path in found if (path / SPEC).exists()), reverse=True)
        jobs = []
        for name in names:
            try:
                jobs.append(self._look(self.folder / name))
            except JobError:
                continue
        return jobs

    def damaged(self) -> list[str]:
        """A line on each job whose specification cannot be read."""
        found = []
        for path in sorted(self.folder.glob(f"*/{SPEC}")):
            try:
                read_spec(path.parent)
            except JobError as error:
                found.append(str(error))
        return found

    def _look(self, folder: Path) -> Job:
        """As it stands; the journal of a job that ended is read again only where it grew."""
        journal = folder / JOURNAL
        size = journal.stat().st_size if journal.exists() else 0
        known = self._ended.get(folder.name)
        if known is not None and known[0] == size:
            return known[1]
        job = look(folder)
        if job.state in ENDS:
            self._ended[folder.name] = size, job
        return job

    def get(self, job_id: str) -> Job:
        """By its id, its beginning or its end, if only one has it; ``last`` is the newest."""
        exact = folder_of(self.folder, job_id)
        if (exact / SPEC).exists():
            return look(exact)
        found = self.all()
        if job_id == "last" and found:
            return found[0]
        found = [job for job in found if job.id.startswith(job_id) or job.id.endswith(job_id)]
        if len(found) != 1:
            how = "more than one job is" if found else "there is no job"
            raise JobError(f"{how} {job_id}; apprentice jobs list shows them")
        return found[0]

    def cancel(self, job_id: str) -> Job:
        """Ask the job to stop; it does so at its next checkpoint, or is made to."""
        job = self.get(job_id)
        if job.state not in ACTIVE:
            raise JobError(f"job {job.id} is {job.state}: there is nothing to cancel")
        (job.folder / CANCEL).touch()
        return job

    def resume(self, job_id: str) -> Job:
        """Start it again from its last checkpoint."""
        with self._alone(self.get(job_id)) as job:
            if job.state not in RESUMABLE:
                raise JobError(f"job {job.id} is {job.state}: there is nothing to resume")
            self._let_go(job)
            (job.folder / CANCEL).unlink(missing_ok=True)
            heartbeat.beat(job.folder, identity.own())
            self._launch(job.folder)
        return look(job.folder)

    @contextmanager
    def _alone(self, job: Job) -> Iterator[Job]:
        """The job as it stands while no other program resumes or removes it."""
        with alone(job.folder / CHANGE):
            yield look(job.folder)

    def _let_go(self, job: Job) -> None:
        """Wait for what is left of the run before: whoever supervised it or did its work holds its lock."""
        deadline = time.monotonic() + _LETS_GO_S
        with opened(job.folder / LOCK) as lock:
            while not taken(lock):
                if time.monotonic() > deadline:
                    raise JobError(f"the run before of job {job.id} has not ended yet; try again in a moment")
                time.sleep(_POLL_S / 4)

    def remove(self, job_id: str) -> Job:
        """Delete the job and its outputs."""
        with self._alone(self.get(job_id)) as job:
            if job.state in ACTIVE:
                raise JobError(
                    f"job {job.id} is {job.state}; cancel it first: apprentice jobs cancel {job.id}"
                )
            self._let_go(job)
            (job.folder / SPEC).unlink()  # from here on it is no job, and nobody writes into its folder
            shutil.rmtree(job.folder)
        return job

    def follow(self, job_id: str) -> Iterator[dict[str, Any] | None]:
        """The entries of its journal, old and new, until it ends; None where nothing new has come."""
        job, offset = self.get(job_id), 0
        while True:
            ended = look(job.folder).state not in ACTIVE
            for entry, after in entries(job.folder / JOURNAL, offset):
                offset = after
                yield entry
            if ended:
                return
            yield None
            time.sleep(_POLL_S)

    def _launch(self, folder: Path) -> None:
        Journal(folder / JOURNAL).write("queued")
        try:
            process = subprocess.Popen(
                python_command("-m", "training.jobs", "run", str(folder)),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                cwd=folder,
            )
        except OSError:
            (folder / HEARTBEAT).unlink(missing_ok=True)
            raise
        self._started = [*(each for each in self._started if each.poll() is None), process]
        heartbeat.beat(folder, identity.of(process.pid))
