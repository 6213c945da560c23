"""Several processes that train one student: the weights are those of one process, and none of them stays."""

import os
import signal
from functools import partial
from pathlib import Path

import numpy as np
import orjson
import pytest

from tests.training.finetune.test_preparation import written
from tests.training.finetune.tiny import PROMPT, call, foreign, talk
from tests.training.finetune.tiny_base import write_base
from tests.training.jobs import waiting
from training.finetune.order import Order, job_of, order
from training.finetune.ranks import Ranks
from training.finetune.settings import FinetuneSettings
from training.finetune.together import free_port
from training.jobs.base import Job
from training.jobs.journal import entries
from training.jobs.layout import JOURNAL
from training.jobs.logs import tail
from training.jobs.store import Jobs

ROOT = Path(__file__).parents[3]
SETTINGS = FinetuneSettings(
    precision="float32",
    batch=8,
    micro_batch=4,
    epochs=2,
    validate_every=4,
    checkpoint_every=3,
    learning_rate=0.005,
    threads=1,
)
until = partial(waiting.until, seconds=300)
ended = partial(waiting.ended, seconds=300)
training = [pytest.mark.train, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("together")
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
    given = FinetuneSettings(**{**SETTINGS.model_dump(), **settings})
    prompt, base = str(place / "prompt.toml"), str(place / "base.gguf")
    return order(place, base=base, prompt=prompt, name="tiny", settings=given)


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


@pytest.fixture(scope="module")
def alone(place, tmp_path_factory) -> Job:
    """One process, with micro-batches as two have them."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PYTHONPATH", str(ROOT))
        jobs = Jobs(tmp_path_factory.mktemp("alone"))
        return ended(jobs, jobs.submit(job_of(asked(place))))


@pytest.mark.train
@pytest.mark.timeout(900)
@pytest.mark.parametrize("sharded", [False, True])
def test_two_processes_end_in_the_weights_of_one(jobs, place, alone, sharded):
    job = ended(jobs, jobs.submit(job_of(asked(place, processes=2, sharded=sharded))))
    assert_same(alone, job)
    run = orjson.loads((job.outputs / "run.json").read_bytes())
    assert [each["step"] for each in run["curve"]] == list(range(1, run["steps"] + 1))
    assert job.result["steps"] == run["steps"] and (job.outputs / "adapter.gguf").exists()
    from gguf import GGUFReader

    said = [entry["text"] for entry, _ in entries(job.folder / JOURNAL) if entry["what"] == "note"]
    spread = [line for line in said if "are spread over 2 processes" in line]
    whole = sum(4 * each.n_elements for each in GGUFReader(place / "base.gguf").tensors if "blk" in each.name)
    norms = sum(1 for each in GGUFReader(place / "base.gguf").tensors if "norm" in each.name)
    assert bool(spread) == sharded
    if sharded:
        held = int(spread[0].partition(": ")[2].partition(" ")[0].replace(",", ""))
        assert whole / 2 <= held <= whole / 2 + 64 * norms


@pytest.mark.train
@pytest.mark.timeout(900)
def test_two_machines_meet_and_the_first_writes_the_result(jobs, place, alone, tmp_path):
    given = {"machines": 2, "meet": f"127.0.0.1:{free_port()}"}
    other = Jobs(tmp_path / "other")
    second = other.submit(job_of(asked(place, machine=1, **given)))
    first = jobs.submit(job_of(asked(place, machine=0, **given)))
    first, second = ended(jobs, first), ended(other, second)
    assert_same(alone, first)
    assert second.state == "done", f"{second.error}\n{tail(second.folder)}"
    assert second.result == {"machine": 1, "machines": 2} and not second.outputs.exists()


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


@pytest.mark.train
@pytest.mark.timeout(900)
def test_one_that_is_killed_ends_all_and_the_run_goes_on(jobs, place, alone):
    for _ in range(5):  # one that ends before it can be killed is not what is asked for
        job = jobs.submit(job_of(asked(place, processes=2)))
        until(jobs, job, lambda job: any((job.folder / "checkpoints").glob("step-*")))
        if found := ranks_of(job):
            break
    os.kill(found[-1], signal.SIGKILL)
    job = ended(jobs, job)
    assert job.state == "failed" and ranks_of(job) == []
    job = jobs.resume(job.id)
    assert_same(alone, ended(jobs, job))


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
