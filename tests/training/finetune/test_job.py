"""The fine-tuning job in real processes: what ends it, how it goes on, and what is there at the end."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import orjson
import pytest

from tests.training.finetune.test_preparation import written
from tests.training.finetune.tiny import PROMPT, call, foreign, talk
from tests.training.finetune.tiny_base import write_base
from tests.training.jobs import waiting
from training.finetune.job import curve
from training.finetune.order import Order, job_of, order
from training.finetune.settings import FinetuneSettings
from training.jobs.base import Job, JobError
from training.jobs.logs import tail
from training.jobs.store import Jobs

pytestmark = [pytest.mark.train, pytest.mark.timeout(900)]
ROOT = Path(__file__).parents[3]
SETTINGS = FinetuneSettings(
    precision="float32",
    batch=8,
    micro_batch=8,
    epochs=2,
    validate_every=4,
    checkpoint_every=3,
    learning_rate=0.005,
    threads=1,
)


until = partial(waiting.until, seconds=600)
ended = partial(waiting.ended, seconds=600)


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("finetune")
    write_base(folder / "base.gguf")
    examples = [*(call(number) for number in range(24)), *(foreign(number) for number in range(8))]
    written(folder / "train.jsonl", *examples)
    written(folder / "validation.jsonl", call(30), talk(9))
    (folder / "prompt.toml").write_text(f'instructions = "{PROMPT.instructions}"\ndescribe = false\n')
    return folder


@pytest.fixture
def jobs(tmp_path, monkeypatch) -> Jobs:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return Jobs(tmp_path / "jobs")


def asked(place: Path, **settings: object) -> Order:
    given = SETTINGS.model_copy(update=settings)
    prompt, base = str(place / "prompt.toml"), str(place / "base.gguf")
    return order(place, base=base, prompt=prompt, name="tiny", settings=given)


def unlucky(jobs: Jobs, made: Order, what: str, at: str) -> Job:
    spec = job_of(made)
    arguments = {"order": spec.arguments, "what": what, "at": at}
    return jobs.submit(replace(spec, work="tests.training.finetune.works:unlucky", arguments=arguments))


def weights(job: Job) -> bytes:
    return (job.outputs / "adapter" / "adapter_model.safetensors").read_bytes()


@pytest.fixture(scope="module")
def whole(place, tmp_path_factory) -> Job:
    """A run that nothing happened to."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PYTHONPATH", str(ROOT))
        jobs = Jobs(tmp_path_factory.mktemp("whole"))
        job = ended(jobs, jobs.submit(job_of(asked(place))))
    assert job.state == "done", f"{job.error}\n{tail(job.folder)}"
    return job


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


@pytest.mark.parametrize(
    "at", ["reading the examples", "step 2", "step 5", "writing the weights", "output adapter.gguf"]
)
def test_K01_K06_a_run_that_is_killed_goes_on_and_ends_in_the_same_weights(jobs, place, whole, at):
    killed = ended(jobs, unlucky(jobs, asked(place), "kill", at))
    assert killed.state == "failed"
    assert "killed (SIGKILL)" in killed.error
    assert not (killed.outputs / "run.json").exists()
    resumed = ended(jobs, jobs.resume(killed.id))
    assert resumed.state == "done", resumed.error
    assert weights(resumed) == weights(whole)
    assert [each["loss"] for each in curve(resumed.folder)] == [each["loss"] for each in curve(whole.folder)]


def test_K03_too_little_memory_is_one_line_and_the_run_goes_on(jobs, place, whole):
    short = ended(jobs, unlucky(jobs, asked(place), "memory", "step 4"))
    assert short.state == "failed"
    assert short.error.startswith("there is not enough memory: ")
    assert short.error.endswith("set micro_tokens lower or take a smaller base, then resume")
    resumed = ended(jobs, jobs.resume(short.id))
    assert resumed.state == "done", resumed.error
    assert weights(resumed) == weights(whole)


def test_K04_a_full_disk_is_one_line_and_the_run_goes_on_from_the_checkpoint_before(jobs, place, whole):
    full = ended(jobs, unlucky(jobs, asked(place), "full", "step 4"))
    assert full.state == "failed"
    assert full.error.startswith("a checkpoint could not be written: ")
    assert full.error.endswith("make room, then resume: the one before is whole")
    assert [path.name for path in (full.folder / "checkpoints").iterdir()] == ["step-0000003"]
    resumed = ended(jobs, jobs.resume(full.id))
    assert resumed.state == "done", resumed.error
    assert weights(resumed) == weights(whole)


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
    killed = ended(jobs, unlucky(jobs, made, "kill", "step 2"))
    written(tmp_path / "train.jsonl", *(call(number) for number in range(25)))
    again = ended(jobs, jobs.resume(killed.id))
    assert (again.state, "changed since the job was asked for" in again.error) == ("failed", True)


def test_four_bits_without_a_gpu_are_one_line(jobs, place):
    job = ended(jobs, jobs.submit(job_of(asked(place, method="qlora"))))
    assert (job.state, job.error) == (
        "failed",
        "qlora needs a GPU of NVIDIA, and there is none: use --method lora",
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
    job = ended(jobs, jobs.submit(job_of(made)))
    assert job.state == "done", f"{job.error}\n{tail(job.folder)}"
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
