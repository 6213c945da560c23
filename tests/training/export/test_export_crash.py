"""What an export leaves when it is killed, cancelled, or finds the disk full; and that it then goes on."""

from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from tests.training.finetune.test_job import ended, jobs, place, until, whole
from training.export.order import export_job, export_order
from training.jobs.base import Job, JobSpec
from training.jobs.store import Jobs
from training.registry import Registry

__all__ = ["jobs", "place", "whole"]
pytestmark = [pytest.mark.train, pytest.mark.timeout(900)]
FILES = {"adapter.gguf", "card.md", "prompt.toml", "report.json", "report.txt"}
EVALUATING = "evaluating the held-out examples with the weights as they were trained"


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "data" / "students")


def export_of(run: Job, registry: Registry) -> JobSpec:
    return export_job(export_order(run.folder, name="tiny", registry=registry.folder))


def unlucky(jobs: Jobs, spec: JobSpec, what: str, at: str) -> Job:
    arguments = {"order": spec.arguments, "what": what, "at": at}
    work = "tests.training.finetune.works:unlucky_export"
    return jobs.submit(replace(spec, work=work, arguments=arguments))


def assert_whole(job: Job, registry: Registry) -> None:
    """Its outputs are all there, and the registry has the one student of them."""
    assert job.state == "done", job.error
    assert {path.name for path in job.outputs.iterdir()} == FILES
    assert not (job.folder / "work").exists()
    (student,) = [each for each in registry.all() if each.manifest.name == "tiny"]
    assert student.id == job.result["student"]
    report = orjson.loads((job.outputs / "report.json").read_bytes())
    assert student.manifest.files["adapter.gguf"].sha256 == report["sha256"]


@pytest.mark.parametrize("at", [EVALUATING, "writing the adapter", "output card.md", "end"])
def test_K01_an_export_that_is_killed_goes_on_and_is_registered_once(jobs, whole, registry, at):
    killed = ended(jobs, unlucky(jobs, export_of(whole, registry), "kill", at))
    assert killed.state == "failed" and "killed (SIGKILL)" in killed.error
    assert_whole(ended(jobs, jobs.resume(killed.id)), registry)


def test_K04_a_full_disk_is_one_line_and_the_export_goes_on(jobs, whole, registry):
    full = ended(jobs, unlucky(jobs, export_of(whole, registry), "full", "writing the adapter"))
    assert full.state == "failed" and "make room, then resume" in full.error
    assert [each for each in registry.all() if each.manifest.name == "tiny"] == []
    assert_whole(ended(jobs, jobs.resume(full.id)), registry)


def test_K09_an_export_that_is_cancelled_stops_and_can_be_resumed(jobs, whole, registry):
    job = jobs.submit(export_of(whole, registry))
    until(jobs, job, lambda job: job.state == "running" and job.progress.done > 0)
    jobs.cancel(job.id)
    stopped = ended(jobs, job)
    if stopped.state == "cancelled":  # else it was done before it heard of it
        assert not (stopped.folder / "work").exists()
        stopped = ended(jobs, jobs.resume(job.id))
    assert_whole(stopped, registry)
