"""Jobs in real processes: started, watched, killed, cancelled and resumed."""

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.training.jobs.waiting import ended, until
from training.jobs import supervisor
from training.jobs.base import ACTIVE, Job, JobError, JobSpec, JobState
from training.jobs.inputs import fingerprints
from training.jobs.layout import HEARTBEAT, LOG, OLD_LOG, write_spec
from training.jobs.logs import tail
from training.jobs.store import Jobs

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[3]
IMPATIENT = (
    "import sys; from pathlib import Path; from training.jobs import supervisor;"
    "supervisor._GRACE_S = 0.5; sys.exit(supervisor.supervise(Path(sys.argv[1])))"
)


@pytest.fixture
def jobs(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    found = Jobs(tmp_path / "jobs")
    yield found
    for job in found.all():
        if job.state in ACTIVE:
            kill(job)


def spec(work: str, resource="", inputs=None, **arguments) -> JobSpec:
    return JobSpec(
        "evaluate", "a job", f"tests.training.jobs.works:{work}", arguments, inputs or {}, resource
    )


def running(jobs: Jobs, job: Job, done: int = 1) -> Job:
    return until(jobs, job, lambda job: job.state == "running" and job.progress.done >= done)


def supervisor_of(job: Job) -> int:
    return int(json.loads((job.folder / HEARTBEAT).read_text())["pid"])


def worker_of(job: Job) -> int:
    lines = [json.loads(line) for line in (job.folder / "journal.jsonl").read_text().splitlines()]
    return [int(line["pid"]) for line in lines if line["what"] == "started"][-1]


def kill(job: Job) -> None:
    os.kill(supervisor_of(job), signal.SIGKILL)


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_a_job_stands_back_behind_what_else_runs(jobs):
    job = ended(jobs, jobs.submit(spec("how_nice")))
    assert job.result == {"own": os.nice(0) + 5, "session": "5"}


def test_a_job_runs_to_its_end_and_tells_of_it(jobs):
    job = ended(jobs, jobs.submit(spec("count", total=5)))
    assert (job.state, job.result, job.metrics) == (JobState.DONE, {"counted": 5}, {"loss": 0.5})
    assert (job.progress.done, job.progress.total, job.progress.unit) == (5, 5, "steps")
    assert (job.outputs / "numbers.txt").read_text().split() == ["0", "1", "2", "3", "4"]
    assert [entry["what"] for entry in jobs.follow(job.id) if entry][-1] == "done"
    assert [found.id for found in jobs.all()] == [job.id]


def test_K01_the_work_is_killed_and_resumed_where_it_was(jobs):
    job = ended(jobs, jobs.submit(spec("count", total=6, kill_at=3)))
    assert job.state == JobState.FAILED
    assert "killed (SIGKILL)" in job.error
    assert "memory" in job.error
    job = ended(jobs, jobs.resume(job.id))
    assert (job.state, job.runs) == (JobState.DONE, 2)
    assert (job.outputs / "numbers.txt").read_text().split() == list("012345")


def test_K01_a_supervisor_that_is_killed_takes_the_work_along(jobs):
    job = running(jobs, jobs.submit(spec("count", total=1000, pause=0.05)))
    worker = worker_of(job)
    kill(job)
    job = ended(jobs, job)
    assert job.state == JobState.INTERRUPTED
    assert running(jobs, jobs.resume(job.id), done=5).runs == 2, "also where the work is not gone yet"
    assert gone(worker)


def test_K02_the_job_goes_on_when_who_asked_for_it_is_killed(jobs):
    asked = (
        "import os, sys; from pathlib import Path; from training.jobs.store import Jobs;"
        "from training.jobs.base import JobSpec;"
        "Jobs(Path(sys.argv[1])).submit(JobSpec('evaluate', 'x', 'tests.training.jobs.works:count',"
        "{'total': 20, 'pause': 0.05})); os.kill(os.getpid(), 9)"
    )
    process = subprocess.run([sys.executable, "-c", asked, str(jobs.folder)], check=False)
    assert process.returncode == -signal.SIGKILL
    assert ended(jobs, jobs.get("last")).state == JobState.DONE


def test_K08_a_job_that_runs_is_not_started_twice(jobs):
    job = running(jobs, jobs.submit(spec("count", total=1000, pause=0.05)))
    again = subprocess.run([sys.executable, "-m", "training.jobs", "run", str(job.folder)], check=False)
    assert again.returncode == 2
    with pytest.raises(JobError, match="is running: there is nothing to resume"):
        jobs.resume(job.id)


def test_K01_what_ends_all_processes_cancels_nothing(jobs):
    job = running(jobs, jobs.submit(spec("count", total=60, pause=0.05)))
    os.kill(supervisor_of(job), signal.SIGTERM)
    assert ended(jobs, job).state == JobState.INTERRUPTED
    job = running(jobs, jobs.resume(job.id), done=30)
    os.kill(worker_of(job), signal.SIGTERM)
    job = ended(jobs, job)
    assert job.state == JobState.FAILED and "SIGTERM" in job.error
    job = ended(jobs, jobs.resume(job.id))
    assert job.state == JobState.DONE and job.result == {"counted": 60}


def test_an_end_that_was_said_stays_however_the_process_ends(jobs):
    job = ended(jobs, jobs.submit(spec("done_and_dead")))
    until(jobs, job, lambda job: gone(supervisor_of(job)))
    assert (jobs.get(job.id).state, jobs.get(job.id).result) == (JobState.DONE, {"made": 7})


def test_work_that_said_its_last_word_is_made_to_leave(jobs):
    folder = jobs.folder / "20300101-000000-evaluate-stuck"
    folder.mkdir(parents=True)
    write_spec(folder, spec("done_and_stuck"))
    process = subprocess.Popen([sys.executable, "-c", IMPATIENT, str(folder)])
    process.wait(60)
    assert jobs.get(folder.name).result == {"made": 7}


def test_work_that_leaves_without_a_word_has_failed(jobs):
    job = ended(jobs, jobs.submit(spec("leave")))
    assert job.state == JobState.FAILED and "ended with code 0 and did not say how" in job.error


def test_K08_of_two_that_resume_it_at_once_one_does(jobs, tmp_path):
    job = jobs.submit(spec("count", total=1000, pause=0.05))
    kill(running(jobs, job))
    ended(jobs, job)

    def resume() -> bool:
        try:
            Jobs(jobs.folder).resume(job.id)
        except JobError as error:
            assert "nothing to resume" in str(error)
            return False
        return True

    with ThreadPoolExecutor() as both:
        assert sorted(both.map(lambda _: resume(), range(2))) == [False, True]


def test_K09_a_cancelled_job_stops_and_can_be_resumed(jobs):
    job = running(jobs, jobs.submit(spec("count", total=1000, pause=0.05)), done=3)
    jobs.cancel(job.id)
    job = ended(jobs, job)
    assert job.state == JobState.CANCELLED
    assert 3 <= job.progress.done < 1000
    assert not list(job.outputs.glob("*"))
    with pytest.raises(JobError, match="nothing to cancel"):
        jobs.cancel(job.id)


def test_K09_work_that_does_not_listen_is_made_to_stop_with_its_children(jobs, monkeypatch):
    folder = jobs.folder / "20300101-000000-evaluate-dead"
    folder.mkdir(parents=True)
    write_spec(folder, spec("hang"))
    assert supervisor._GRACE_S > 0.5
    process = subprocess.Popen([sys.executable, "-c", IMPATIENT, str(folder)])
    child = folder / "child"
    deadline = time.monotonic() + 60
    while not (child.exists() and child.read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    jobs.cancel(folder.name)
    assert process.wait(60) == 1
    assert jobs.get(folder.name).state == JobState.CANCELLED
    until(jobs, jobs.get(folder.name), lambda _: gone(int(child.read_text())))


def test_K10_a_flood_of_lines_fills_no_disk_and_its_end_is_kept(jobs):
    job = ended(jobs, jobs.submit(spec("shout", lines=40_000)))
    assert job.state == JobState.DONE
    size = sum((job.folder / name).stat().st_size for name in (LOG, OLD_LOG))
    assert size < (17 << 20)
    assert tail(job.folder).endswith("the end\n")


@pytest.mark.parametrize(
    ("work", "said"),
    [
        ("refuse", "line 3 of data.jsonl is no JSON; mend it"),
        ("crash", "ZeroDivisionError: of all things"),
        ("missing", "AttributeError: module 'tests.training.jobs.works' has no attribute 'missing'"),
    ],
)
def test_K12_a_failure_is_one_line_and_the_log_has_the_rest(jobs, work, said):
    job = ended(jobs, jobs.submit(spec(work)))
    assert (job.state, job.error) == (JobState.FAILED, said)
    assert "Traceback" in tail(job.folder)


@pytest.mark.parametrize(("work", "last"), [("crash", "all things\n"), ("shout", "the end\n")])
def test_K12_the_log_of_a_job_that_ended_is_whole_however_slowly_it_is_kept(jobs, work, last):
    folder = jobs.folder / "20300101-000000-evaluate-slow"
    folder.mkdir(parents=True)
    write_spec(folder, spec(work, lines=100))
    slow = (
        "import os, sys, time; from pathlib import Path; from training.jobs import supervisor;"
        "read = os.read; os.read = lambda source, size: (time.sleep(0.5), read(source, size))[1];"
        "sys.exit(supervisor.supervise(Path(sys.argv[1])))"
    )
    process = subprocess.Popen([sys.executable, "-c", slow, str(folder)])
    until(jobs, jobs.get(folder.name), lambda job: job.state in (JobState.DONE, JobState.FAILED))
    assert tail(folder).endswith(last)
    process.wait(60)


def test_K04_half_an_output_is_no_output(jobs):
    job = ended(jobs, jobs.submit(spec("half")))
    assert job.state == JobState.FAILED
    assert not list(job.outputs.iterdir())


def test_K13_inputs_that_changed_stop_the_job(jobs, tmp_path):
    data = tmp_path / "data.jsonl"
    data.write_text("{}")
    inputs = fingerprints([data])
    data.write_text("{} ")
    job = ended(jobs, jobs.submit(spec("count", inputs=inputs, total=1)))
    assert job.state == JobState.FAILED
    assert job.error.startswith(f"{data} changed since the job was asked for")


def test_K14_two_jobs_that_need_the_same_take_turns_in_order(jobs, tmp_path):
    first = jobs.submit(spec("waits_for", resource="gpu", busy=str(tmp_path / "busy")))
    until(jobs, first, lambda job: job.state != "queued")
    others = [jobs.submit(spec("waits_for", resource="gpu", busy=str(tmp_path / "busy"))) for _ in range(2)]
    for job in (first, *others):
        assert ended(jobs, job).state == JobState.DONE


def test_a_job_that_waits_can_be_cancelled_and_leaves_the_queue(jobs):
    first = running(jobs, jobs.submit(spec("count", resource="cpu", total=1000, pause=0.05)))
    second = jobs.submit(spec("count", resource="cpu", total=1))
    time.sleep(0.5)
    assert jobs.get(second.id).state == JobState.QUEUED
    jobs.cancel(second.id)
    assert ended(jobs, second).state == JobState.CANCELLED
    kill(first)
    third = jobs.submit(spec("count", resource="cpu", total=1))
    assert ended(jobs, third).state == JobState.DONE


def test_a_job_that_runs_is_not_removed_and_one_that_ended_is(jobs):
    job = running(jobs, jobs.submit(spec("count", total=1000, pause=0.05)))
    with pytest.raises(JobError, match="cancel it first"):
        jobs.remove(job.id)
    jobs.cancel(job.id)
    ended(jobs, job)
    jobs.remove(job.id)
    assert jobs.all() == []
