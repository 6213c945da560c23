"""Runs of a tiny base that many tests look at, made once."""

from pathlib import Path

import pytest

from training.jobs.base import Job
from training.jobs.store import Jobs


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny base, a prompt and examples."""
    from tests.training.finetune.tiny_runs import write_place

    return write_place(tmp_path_factory.mktemp("finetune"))


@pytest.fixture(scope="session")
def whole(place: Path, tmp_path_factory: pytest.TempPathFactory) -> Job:
    """A run in one process that nothing happened to."""
    from tests.training.finetune.tiny_runs import ROOT, asked, done
    from training.finetune.order import job_of

    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PYTHONPATH", str(ROOT))
        jobs = Jobs(tmp_path_factory.mktemp("whole"))
        return done(jobs, jobs.submit(job_of(asked(place))))


@pytest.fixture
def training_jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Jobs:
    """A store of the test's own, whose jobs find the works of the tests."""
    from tests.training.finetune.tiny_runs import ROOT

    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return Jobs(tmp_path / "jobs")
