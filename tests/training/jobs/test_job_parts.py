"""The parts of jobs that need no process of their own."""

import os
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from training.jobs import heartbeat, identity, store
from training.jobs.base import Cancelled, JobError, JobSpec, JobState
from training.jobs.identity import Identity
from training.jobs.inputs import check, fingerprints
from training.jobs.journal import Journal, entries
from training.jobs.layout import JOURNAL, folder_of, new_id, read_spec, write_spec
from training.jobs.logs import pump, tail
from training.jobs.reporting import JobReporter
from training.jobs.store import Jobs
from training.jobs.turns import Turn
from training.jobs.view import look

SPEC = JobSpec("finetune", "a student", "module:function", {"epochs": 3})


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "20300101-000000-finetune-abcd"
    made.mkdir()
    write_spec(made, SPEC)
    return made


def lines(folder: Path, *given: dict[str, object]) -> None:
    content = b"".join(orjson.dumps({"at": "2030-01-01T00:00:00+00:00", **line}) + b"\n" for line in given)
    (folder / JOURNAL).write_bytes(content)


def test_a_specification_is_read_back_as_it_was_written(folder):
    assert read_spec(folder)[0] == SPEC


def test_arguments_that_are_no_json_are_refused(folder):
    with pytest.raises(JobError, match="no JSON"):
        write_spec(folder, replace(SPEC, arguments={"x": object()}))
    assert read_spec(folder)[0] == SPEC


@pytest.mark.parametrize("content", [b"", b"[]", b'{"kind": 1}', b"\xff", b'{"created": "x", "new": 1}'])
def test_a_broken_specification_is_one_line_and_hides_no_other_job(folder, content):
    (folder / "spec.json").write_bytes(content)
    with pytest.raises(JobError, match="cannot be read"):
        look(folder)
    assert Jobs(folder.parent).all() == []


@pytest.mark.parametrize("job_id", ["..", ".", "", "a/b", "../../etc", "A", "a\n", "x" * 65, "-x", "a b"])
def test_L07_an_id_names_nothing_outside_the_folder_of_jobs(tmp_path, job_id):
    with pytest.raises(JobError, match="no job id"):
        folder_of(tmp_path, job_id)


def test_ids_are_valid_and_differ(tmp_path):
    ids = {new_id("finetune") for _ in range(20)}
    assert len(ids) == 20
    assert all(folder_of(tmp_path, job_id).parent == tmp_path for job_id in ids)


def test_K11_a_pid_that_is_used_again_is_not_the_process():
    own = identity.own()
    assert own.is_alive()
    assert not replace(own, started="1").is_alive()
    assert not replace(own, boot="another").is_alive()
    assert not identity.of(2**22 + 5).is_alive()


def test_K11_a_zombie_is_not_alive():
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert not identity.of(pid).is_alive()
    os.waitpid(pid, 0)


def test_K01_a_job_without_a_living_supervisor_was_interrupted(folder):
    lines(folder, {"what": "queued"}, {"what": "started"}, {"what": "progress", "done": 3, "total": 9})
    assert look(folder).state == JobState.INTERRUPTED
    heartbeat.beat(folder, identity.own())
    assert look(folder).state == JobState.RUNNING
    heartbeat.beat(folder, Identity(os.getpid(), "1", identity.own().boot))
    assert look(folder).state == JobState.INTERRUPTED


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"pid": "x", "started": 1, "boot": 2}'])
def test_a_broken_heartbeat_is_none(folder, content):
    (folder / "heartbeat.json").write_bytes(content)
    assert look(folder).state == JobState.INTERRUPTED


def test_a_job_that_seemed_interrupted_is_looked_at_again(folder):
    jobs = Jobs(folder.parent)
    lines(folder, {"what": "queued"})
    assert [job.state for job in jobs.all()] == [JobState.INTERRUPTED]
    heartbeat.beat(folder, identity.own())
    assert [job.state for job in jobs.all()] == [JobState.QUEUED]


def test_a_job_is_alive_before_it_is_seen(tmp_path, monkeypatch):
    alive = []

    def written(folder: Path, spec: JobSpec) -> None:
        alive.append(heartbeat.supervisor(folder))
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "write_spec", written)
    with pytest.raises(JobError, match="No space left"):
        Jobs(tmp_path).submit(SPEC)
    assert alive == [identity.own()]


def test_the_end_that_was_said_counts_whoever_lives(folder):
    for what, state in (("done", "done"), ("failed", "failed"), ("cancelled", "cancelled")):
        lines(folder, {"what": "started"}, {"what": what, "error": "e", "result": {"r": 1}})
        job = look(folder)
        assert (job.state, job.error, job.result) == (state, "e", {"r": 1})


def test_a_job_that_was_started_again_shows_no_old_error(folder):
    heartbeat.beat(folder, identity.own())
    lines(folder, {"what": "started"}, {"what": "failed", "error": "e"}, {"what": "queued"})
    assert (look(folder).state, look(folder).error) == (JobState.QUEUED, "")


def test_the_time_left_follows_from_the_steps_of_this_run(folder):
    heartbeat.beat(folder, identity.own())
    moment = "2030-01-01T00:{:02}:00+00:00"
    lines(
        folder,
        {"what": "started"},
        {"what": "progress", "done": 0, "total": 100, "at": moment.format(0)},
        {"what": "started"},
        {"what": "progress", "done": 50, "total": 100, "at": moment.format(30)},
        {"what": "progress", "done": 60, "total": 100, "at": moment.format(31)},
    )
    progress = look(folder).progress
    assert progress.rate == pytest.approx(10 / 60)
    assert progress.eta_s == pytest.approx(240)


def test_a_torn_line_is_passed_over_and_the_next_one_stands_alone(tmp_path):
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    journal.write("note", text="a")
    with path.open("ab") as file:
        file.write(b'{"what": "prog')
    assert [entry["text"] for entry, _ in entries(path)] == ["a"]
    journal.write("note", text="b")
    assert [entry["text"] for entry, _ in entries(path)] == ["a", "b"]
    offset = next(after for _, after in entries(path))
    assert [entry["text"] for entry, _ in entries(path, offset)] == ["b"]


def test_a_line_that_a_full_disk_cuts_is_an_error_and_no_line(tmp_path, monkeypatch):
    journal = Journal(tmp_path / "journal.jsonl")
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, line: write(descriptor, line[:9]))
    with pytest.raises(OSError, match="No space left"):
        journal.write("done", result={"made": 7})
    monkeypatch.setattr(os, "write", write)
    journal.write("failed")
    assert [entry["what"] for entry, _ in entries(journal.path)] == ["failed"]


def test_progress_is_written_at_most_once_a_second_and_at_the_end(folder):
    reporter = JobReporter(folder, {}, resumed=False)
    for number in range(1000):
        reporter.progress(number, 1000)
    reporter.progress(1000, 1000)
    written = [entry["done"] for entry, _ in entries(folder / JOURNAL)]
    assert written[0] == 0
    assert written[-1] == 1000
    assert len(written) < 10


def test_K09_the_work_learns_of_a_cancel_at_its_next_word(folder):
    reporter = JobReporter(folder, {}, resumed=False)
    reporter.check()
    reporter.cancel()
    for word in (reporter.check, lambda: reporter.progress(1)):
        with pytest.raises(Cancelled):
            word()


def test_an_output_appears_whole_and_replaces_the_old_one(folder):
    reporter = JobReporter(folder, {}, resumed=False)
    for text in ("first", "second"):
        with reporter.output("model") as path:
            path.mkdir()
            (path / "weights").write_text(text)
            assert [part.name for part in path.parent.glob("[!.]*")] == ([] if text == "first" else ["model"])
    assert (folder / "outputs/model/weights").read_text() == "second"
    with pytest.raises(KeyError), reporter.output("model") as path:
        path.write_text("half")
        raise KeyError
    assert (folder / "outputs/model/weights").read_text() == "second"
    assert [path.name for path in (folder / "outputs").iterdir()] == ["model"]


def test_K13_inputs_are_known_by_their_bytes(tmp_path):
    data = tmp_path / "data.jsonl"
    data.write_text("a")
    known = fingerprints([data])
    check(known)
    data.write_text("b")
    with pytest.raises(JobError, match="changed since"):
        check(known)
    data.unlink()
    with pytest.raises(JobError, match="cannot be read: No such file"):
        check(known)


def test_K10_the_log_keeps_its_newest_part(tmp_path):
    reading, writing = os.pipe()
    for number in range(100):
        os.write(writing, b"%d\n" % number * 100)
    os.close(writing)
    pump(reading, tmp_path, part_bytes=1000)
    assert tail(tmp_path, 500).endswith("99\n")
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 200_000


def test_K14_turns_come_in_order_and_a_dead_holder_gives_up_its_own(tmp_path):
    first, second = Turn(tmp_path, "gpu"), Turn(tmp_path, "gpu")
    third, other = Turn(tmp_path, "gpu"), Turn(tmp_path, "cpu")
    assert (first.has_come(), second.has_come(), other.has_come()) == (True, False, True)
    second.close()
    assert not third.has_come()
    (tmp_path / ".queue-gpu" / "0").touch()  # of one that died
    first.close()
    assert third.has_come()
    assert Turn(tmp_path, "gpu").has_come() is False


def test_a_job_is_found_by_the_beginning_or_the_end_of_its_id(folder, tmp_path):
    other = tmp_path / "20300102-000000-curate-ef01"
    other.mkdir()
    write_spec(other, replace(SPEC, kind="curate"))
    jobs = Jobs(tmp_path)
    assert [job.id for job in jobs.all()] == [other.name, folder.name]
    assert jobs.get("last").id == other.name
    assert jobs.get("abcd").id == jobs.get("20300101").id == folder.name
    for job_id, said in (("2030", "more than one"), ("nothing", "there is no job")):
        with pytest.raises(JobError, match=said):
            jobs.get(job_id)


def test_there_are_no_jobs_before_the_first(tmp_path):
    assert Jobs(tmp_path / "none").all() == []
