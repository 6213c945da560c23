"""A pull as a job: one at a time for each model, resumed where it stopped."""

from pathlib import Path

import pytest

from assistant.pulling_job import start_pull, work
from tests.training.jobs.still import StillJobs
from training.jobs.base import JobError
from training.models.base import ModelError

MODEL = "qwen2.5-coder-1.5b"


class Told:
    """A reporter that keeps nothing."""

    def __init__(self, model: str) -> None:
        self.arguments = {"model": model}

    def note(self, text: str) -> None: ...


def test_a_pull_that_is_under_way_is_not_begun_twice_and_one_that_failed_goes_on(tmp_path: Path) -> None:
    jobs = StillJobs(tmp_path)
    job = start_pull(jobs, MODEL)
    assert start_pull(jobs, MODEL).id == job.id
    jobs.tell(job, "failed", error="no network")
    assert start_pull(jobs, MODEL).id == job.id
    jobs.tell(job, "done")
    assert start_pull(jobs, MODEL).id != job.id
    assert start_pull(jobs, "smollm2-360m").spec.arguments == {"model": "smollm2-360m"}


@pytest.mark.parametrize("model", ["embedded", "nothing like it"])
def test_what_cannot_be_pulled_is_one_line(tmp_path: Path, model: str) -> None:
    with pytest.raises(ModelError):
        start_pull(StillJobs(tmp_path), model)
    with pytest.raises(JobError):
        work(Told(model))  # type: ignore[arg-type]
    assert StillJobs(tmp_path).all() == []
