"""What an export leaves when it is killed, cancelled, or finds the disk full; and that it then goes on."""

from pathlib import Path

import orjson
import pytest

from tests.training.finetune.tiny_runs import ended, until
from tests.training.finetune.works import with_misfortunes
from tests.training.jobs.waiting import notes
from training.export.order import export_job, export_order
from training.jobs.base import Job, JobSpec
from training.jobs.store import Jobs
from training.registry import Registry

pytestmark = [pytest.mark.train, pytest.mark.timeout(900)]
FILES = {"adapter.gguf", "card.md", "prompt.toml", "report.json", "report.txt"}
EVALUATING = "evaluating the held-out examples with the weights as they were trained"


@pytest.fixture
def jobs(training_jobs: Jobs) -> Jobs:
    return training_jobs


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "data" / "students")


def export_of(run: Job, registry: Registry) -> JobSpec:
    return export_job(export_order(run.folder, name="tiny", registry=registry.folder, least_decisions=1))


def assert_whole(job: Job, registry: Registry) -> None:
    """Its outputs are all there, and the registry has the one student of them."""
    assert job.state == "done", job.error
    assert {path.name for path in job.outputs.iterdir()} == FILES
    assert not (job.folder / "work").exists()
    (student,) = [each for each in registry.all() if each.manifest.name == "tiny"]
    assert student.id == job.result["student"]
    report = orjson.loads((job.outputs / "report.json").read_bytes())
    assert student.manifest.files["adapter.gguf"].sha256 == report["sha256"]


def test_K01_K04_K09_whatever_ends_an_export_it_goes_on_and_is_registered_once(jobs, whole, registry):
    misfortunes = [
        ("wait", EVALUATING),
        ("kill", EVALUATING),
        ("full", "writing the adapter"),
        ("kill", "end"),
    ]
    job = jobs.submit(with_misfortunes(export_of(whole, registry), "unlucky_export", *misfortunes))
    for what, at in misfortunes:
        if what == "wait":
            until(jobs, job, lambda job: EVALUATING in notes(job))
            jobs.cancel(job.id)
        failed = ended(jobs, job)
        if what == "wait":
            assert failed.state == "cancelled" and not (failed.folder / "work").exists()
        else:
            expected = "killed (SIGKILL)" if what == "kill" else "make room, then resume"
            assert failed.state == "failed" and expected in failed.error
        if at != "end":
            assert [each for each in registry.all() if each.manifest.name == "tiny"] == []
        job = jobs.resume(job.id)
    assert_whole(ended(jobs, job), registry)
