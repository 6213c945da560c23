"""Which jobs ended and were not told yet."""

from pathlib import Path

import orjson

from training.jobs import heartbeat, identity
from training.jobs.base import JobSpec
from training.jobs.journal import Journal
from training.jobs.layout import JOURNAL, write_spec
from training.jobs.news import note_told, untold
from training.jobs.store import Jobs


def made(folder: Path, name: str, *lines: dict[str, object], alive: bool = False) -> Path:
    """The folder of a job of which ``lines`` are known."""
    job = folder / name
    job.mkdir()
    write_spec(job, JobSpec("finetune", "a student", "module:function"))
    at = {"at": "2030-01-01T00:00:00+00:00"}
    (job / JOURNAL).write_bytes(b"".join(orjson.dumps({**at, **line}) + b"\n" for line in lines))
    if alive:
        heartbeat.beat(job, identity.own())
    return job


def test_each_end_is_told_once_and_that_of_a_resumed_job_anew(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path)
    ended = made(tmp_path, "b", {"what": "started"}, {"what": "failed", "error": "no room"})
    made(tmp_path, "a", {"what": "started"}, alive=True)
    (job,) = untold(jobs.all())
    assert job.id == "b"
    note_told(job)
    assert untold(jobs.all()) == [] and untold(Jobs(tmp_path).all()) == []
    Journal(ended / JOURNAL).write("queued")
    Journal(ended / JOURNAL).write("started")
    Journal(ended / JOURNAL).write("done")
    assert [job.state for job in untold(jobs.all())] == ["done"]


def test_what_ended_is_read_again_only_where_it_went_on(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path)
    folder = made(tmp_path, "a", {"what": "started"}, {"what": "done"})
    (first,) = jobs.all()
    assert jobs.all()[0] is first
    Journal(folder / JOURNAL).write("queued")
    heartbeat.beat(folder, identity.own())
    assert [job.state for job in jobs.all()] == ["queued"]
