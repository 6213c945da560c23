"""The fine-tuning job in real processes: what ends it, how it goes on, and what is there at the end."""

import orjson
import pytest

from tests.training.finetune.test_preparation import written
from tests.training.finetune.tiny import call
from tests.training.finetune.tiny_runs import SETTINGS, asked, done, ended, until
from tests.training.finetune.works import with_misfortunes
from training.finetune.job import curve
from training.finetune.order import job_of, order
from training.jobs.base import Job, JobError
from training.jobs.store import Jobs

pytestmark = [pytest.mark.train, pytest.mark.timeout(900)]


@pytest.fixture
def jobs(training_jobs: Jobs) -> Jobs:
    return training_jobs


def weights(job: Job) -> bytes:
    return (job.outputs / "adapter" / "adapter_model.safetensors").read_bytes()


def test_a_run_leaves_weights_prompt_and_all_that_is_to_be_known_of_it(whole, place):
    names = {path.name for path in whole.outputs.iterdir()}
    assert names == {"adapter", "adapter.gguf", "prompt.toml", "run.json"}
    assert {path.name for path in (whole.outputs / "adapter").iterdir()} == {
        "adapter_config.json",
        "adapter_model.safetensors",
    }
    assert (whole.outputs / "prompt.toml").read_text() == (place / "prompt.toml").read_text()
    run = orjson.loads((whole.outputs / "run.json").read_bytes())
    assert run["examples"] == {"training": 32, "validation": 2}
    assert run["order"]["settings"]["seed"] == 1
    assert len(run["order"]["digests"][str(place / "train.jsonl")]) == 64
    assert run["versions"]["torch"]
    assert [each["step"] for each in run["curve"]] == list(range(1, run["steps"] + 1))
    assert set(run["figures"]) >= {"tool", "call", "restraint", "validation_loss"}
    assert whole.result["best_step"] == run["best_step"]


def test_K01_K03_K04_K06_whatever_ends_a_run_it_goes_on_and_ends_in_the_same_weights(jobs, place, whole):
    misfortunes = [
        ("kill", "step 2"),
        ("full", "step 4"),
        ("memory", "step 4"),
        ("kill", "writing the weights"),
        ("kill", "output adapter.gguf"),
    ]
    job = jobs.submit(with_misfortunes(job_of(asked(place)), "unlucky", *misfortunes))
    for what, _ in misfortunes:
        failed = ended(jobs, job)
        assert failed.state == "failed"
        assert not (failed.outputs / "run.json").exists()
        if what == "kill":
            assert "killed (SIGKILL)" in failed.error
        elif what == "memory":
            assert failed.error.startswith("there is not enough memory: ")
            assert failed.error.endswith("set micro_tokens lower or take a smaller base, then resume")
        else:
            assert failed.error.startswith("a checkpoint could not be written: ")
            assert failed.error.endswith("make room, then resume: the one before is whole")
            assert [path.name for path in (failed.folder / "checkpoints").iterdir()] == ["step-0000003"]
        job = jobs.resume(job.id)
    resumed = done(jobs, job)
    assert weights(resumed) == weights(whole)
    assert [each["loss"] for each in curve(resumed.folder)] == [each["loss"] for each in curve(whole.folder)]


def test_K09_a_run_that_is_cancelled_stops_and_can_be_resumed(jobs, place):
    job = jobs.submit(job_of(asked(place, epochs=500, patience=1000)))
    until(jobs, job, lambda job: job.progress.done >= 5)
    jobs.cancel(job.id)
    stopped = ended(jobs, job)
    assert stopped.state == "cancelled"
    assert not (stopped.outputs / "run.json").exists()
    resumed = until(jobs, jobs.resume(job.id), lambda job: job.progress.done > stopped.progress.done)
    jobs.cancel(resumed.id)
    assert ended(jobs, resumed).state == "cancelled"


def test_K13_a_run_whose_data_changed_does_not_go_on(jobs, place, tmp_path):
    written(tmp_path / "train.jsonl", *(call(number) for number in range(24)))
    made = order(
        tmp_path, base=str(place / "base.gguf"), prompt=str(place / "prompt.toml"), settings=SETTINGS
    )
    spec = with_misfortunes(job_of(made), "unlucky", ("kill", "reading the examples"))
    killed = ended(jobs, jobs.submit(spec))
    written(tmp_path / "train.jsonl", *(call(number) for number in range(25)))
    again = ended(jobs, jobs.resume(killed.id))
    assert (again.state, "changed since the job was asked for" in again.error) == ("failed", True)


def test_four_bits_without_a_gpu_are_one_line(jobs, place):
    with pytest.raises(JobError, match="qlora needs an NVIDIA GPU"):
        asked(place, method="qlora")
    given = asked(place)
    settings = given.settings.model_copy(update={"method": "qlora"})
    job = ended(jobs, jobs.submit(job_of(given.model_copy(update={"settings": settings}))))
    assert (job.state, job.error) == (
        "failed",
        "qlora needs an NVIDIA GPU, and this machine has none: use the method lora",
    )


def test_what_cannot_be_trained_is_refused_before_there_is_a_job(place):
    with pytest.raises(JobError, match=r"no\.gguf"):
        order(place, base=str(place / "no.gguf"), settings=SETTINGS)
    with pytest.raises(JobError, match="there is no prompt"):
        order(place, base=str(place / "base.gguf"), prompt="mine", settings=SETTINGS)


def test_no_pass_hands_over_what_a_run_goes_on_from(jobs, place, whole):
    from safetensors.numpy import load_file

    with pytest.raises(JobError, match="epochs 0 hands over what a run goes on from; name that with --from"):
        asked(place, epochs=0)
    start = whole.outputs / "adapter.gguf"
    made = order(
        place,
        base=str(place / "base.gguf"),
        prompt=str(place / "prompt.toml"),
        start=start,
        settings=SETTINGS.model_copy(update={"epochs": 0}),
    )
    job = done(jobs, jobs.submit(job_of(made)))
    run = orjson.loads((job.outputs / "run.json").read_bytes())
    assert (run["steps"], run["best_step"]) == (0, 0)
    assert run["examples"] == {"training": 0, "validation": 2}
    assert set(run["figures"]) >= {"tool", "call", "validation_loss"}
    weights, earlier = (
        load_file(each.outputs / "adapter" / "adapter_model.safetensors") for each in (job, whole)
    )
    assert weights.keys() == earlier.keys()
    for name, rows in weights.items():
        assert abs(rows - earlier[name]).max() <= 1e-3 * abs(earlier[name]).max(), name
