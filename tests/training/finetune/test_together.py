"""Several processes that train one student: the weights are those of one process, and none of them stays."""

import os
import signal
from pathlib import Path

import numpy as np
import orjson
import pytest

from tests.training.finetune.test_preparation import written
from tests.training.finetune.tiny import call
from tests.training.finetune.tiny_runs import asked, ended, until
from tests.training.jobs.waiting import notes
from training.finetune.order import job_of
from training.finetune.ranks import Ranks
from training.finetune.settings import FinetuneSettings
from training.finetune.together import free_port
from training.jobs.base import Job
from training.jobs.logs import tail
from training.jobs.store import Jobs


@pytest.fixture
def jobs(training_jobs: Jobs) -> Jobs:
    return training_jobs


def adapter(job: Job) -> dict[str, np.ndarray]:
    from safetensors.numpy import load_file

    assert job.state == "done", f"{job.error}\n{tail(job.folder)}"
    return load_file(job.outputs / "adapter" / "adapter_model.safetensors")


def assert_same(one: Job, other: Job) -> None:
    first, second = adapter(one), adapter(other)
    assert first.keys() == second.keys()
    for name, weight in first.items():
        np.testing.assert_allclose(weight, second[name], rtol=2e-3, atol=2e-4, err_msg=name)


def test_each_has_its_share_and_all_have_as_many() -> None:
    parts = ["a", "b", "c", "d", "e"]
    shares = [Ranks(number, 3).share(parts) for number in range(3)]
    assert {len(share) for share in shares} == {2}
    assert sorted(part for share in shares for part, counts in share if counts) == parts
    assert Ranks(2, 3).share(["a"]) == [("a", False)]
    assert Ranks().share(parts) == [(part, True) for part in parts]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"machines": 2}, "several machines need meet"),
        ({"machines": 2, "machine": 2, "meet": "a:1"}, "machine 2 of 2"),
        ({"sharded": True}, "sharded needs several processes"),
        ({"sharded": True, "processes": 2, "method": "full"}, "sharded is for method lora, not for full"),
    ],
)
def test_what_cannot_train_together_is_said(settings: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        FinetuneSettings.model_validate(settings)


@pytest.mark.train
@pytest.mark.timeout(900)
def test_two_processes_that_share_the_weights_end_together_and_go_on_to_those_of_one(jobs, place, whole):
    for _ in range(5):  # one that ends before it can be killed is not what is asked for
        job = jobs.submit(job_of(asked(place, processes=2, sharded=True)))
        until(jobs, job, lambda job: any((job.folder / "checkpoints").glob("step-*")))
        if found := ranks_of(job):
            break
    os.kill(found[-1], signal.SIGKILL)
    job = ended(jobs, job)
    assert job.state == "failed" and ranks_of(job) == []
    job = ended(jobs, jobs.resume(job.id))
    assert_same(whole, job)
    run = orjson.loads((job.outputs / "run.json").read_bytes())
    assert [each["step"] for each in run["curve"]] == list(range(1, run["steps"] + 1))
    assert job.result["steps"] == run["steps"] and (job.outputs / "adapter.gguf").exists()
    from gguf import GGUFReader

    spread = [line for line in notes(job) if "are spread over 2 processes" in line][-1]
    size = sum(4 * each.n_elements for each in GGUFReader(place / "base.gguf").tensors if "blk" in each.name)
    norms = sum(1 for each in GGUFReader(place / "base.gguf").tensors if "norm" in each.name)
    held = int(spread.partition(": ")[2].partition(" ")[0].replace(",", ""))
    assert size / 2 <= held <= size / 2 + 64 * norms


@pytest.mark.train
@pytest.mark.timeout(900)
def test_two_machines_meet_and_the_first_writes_the_result(jobs, place, whole, tmp_path):
    given = {"machines": 2, "meet": f"127.0.0.1:{free_port()}"}
    other = Jobs(tmp_path / "other")
    second = other.submit(job_of(asked(place, machine=1, **given)))
    first = jobs.submit(job_of(asked(place, machine=0, **given)))
    first, second = ended(jobs, first), ended(other, second)
    assert_same(whole, first)
    assert second.state == "done", f"{second.error}\n{tail(second.folder)}"
    assert second.result == {"machine": 1, "machines": 2} and not second.outputs.exists()
    assert not any("are spread over" in line for line in notes(first))


@pytest.mark.train
@pytest.mark.timeout(900)
def test_a_machine_with_other_data_is_sent_away(jobs, place, tmp_path):
    elsewhere = tmp_path / "data"
    elsewhere.mkdir()
    for name in ("base.gguf", "prompt.toml", "validation.jsonl"):
        (elsewhere / name).write_bytes((place / name).read_bytes())
    written(elsewhere / "train.jsonl", *(call(number) for number in range(20)))
    given = {"machines": 2, "meet": f"127.0.0.1:{free_port()}"}
    other = Jobs(tmp_path / "other")
    first = jobs.submit(job_of(asked(place, machine=0, **given)))
    second = ended(other, other.submit(job_of(asked(elsewhere, machine=1, **given))))
    assert second.state == "failed" and "machine 1 has other data" in second.error
    jobs.cancel(first.id)
    assert ended(jobs, first).state in ("failed", "cancelled")


def ranks_of(job: Job) -> list[int]:
    """The processes of its run, by their number."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            words = (path / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"training.finetune.rank" in words and str(job.folder).encode() in words:
            found.append(int(path.name))
    return sorted(found)
