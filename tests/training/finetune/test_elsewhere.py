"""A run whose batches were rendered on another machine."""

import json
import sys

import pytest

from tests.training.finetune.readings import absent, reading, shown
from tests.training.finetune.test_reading import READS, Bytes
from tests.training.finetune.tiny import call, foreign, sized, talk
from training.datasets.example import to_line
from training.finetune.batches import Sized
from training.finetune.prepared import PreparedSource, prepare
from training.finetune.reading import parts
from training.finetune.settings import FinetuneSettings
from training.finetune.source import Data, ExampleSource

SETTINGS = FinetuneSettings(
    method="full", precision="float32", batch=4, micro_batch=2, micro_tokens=100_000, learning_rate=0.01
)


def source():
    readings = [Sized(part, 30, 200) for part in (*parts(reading()), *parts(absent()), *parts(shown()))]
    data = Data(
        [*sized(*(call(number) for number in range(6)), talk(1), foreign(2)), *readings],
        sized(call(30), talk(9)),
    )
    return ExampleSource(data, Bytes(), READS, SETTINGS)


def test_what_is_read_back_is_what_was_rendered(tmp_path):
    facts = prepare(source(), tmp_path / "run.npz")
    back, told = PreparedSource([tmp_path / "run.npz"], seed=1), source()
    rendered = [tuple(told.render(each)) for step in told.steps(0) for each in step]
    assert sorted(map(repr, rendered)) == sorted(
        repr(tuple(back.render(each))) for step in back.steps(0) for each in step
    )
    assert [told.render(each) for each in told.validation()] == list(map(back.render, back.validation()))
    assert facts["steps"] == len(told.steps(0))


def test_another_epoch_has_the_same_steps_in_another_order(tmp_path):
    prepare(source(), tmp_path / "run.npz")
    back = PreparedSource([tmp_path / "run.npz"], seed=1)
    assert back.steps(0) == PreparedSource([tmp_path / "run.npz"], seed=1).steps(0)
    assert back.steps(1) != back.steps(0)
    assert sorted(back.steps(1)) == sorted(back.steps(0))


def test_a_file_that_is_named_twice_is_learned_from_twice_and_looked_at_once(tmp_path):
    prepare(source(), tmp_path / "run.npz")
    once, twice = (PreparedSource([tmp_path / "run.npz"] * count, seed=1) for count in (1, 2))
    assert len(twice.steps(0)) == 2 * len(once.steps(0))
    assert len(twice.validation()) == len(once.validation())


def test_a_micro_batch_that_is_too_large_is_evaluated_in_halves(tmp_path):
    prepare(source(), tmp_path / "run.npz")
    whole, halved = (PreparedSource([tmp_path / "run.npz"], 1, most) for most in (1 << 62, 100))
    rows = [[row for batch in step for row in whole.render(batch)] for step in whole.steps(0)]
    assert [[row for batch in step for row in halved.render(batch)] for step in halved.steps(0)] == rows
    assert all(len(halved.render(batch)) == 1 for step in halved.steps(0) for batch in step)


@pytest.mark.train
@pytest.mark.gguf
@pytest.mark.parametrize("method", ["lora", "full"])
def test_a_run_on_a_machine_without_llama_cpp_gives_an_adapter(tmp_path, monkeypatch, method):
    from tests.training.finetune.tiny_base import write_base
    from training.export.template import tensors_of
    from training.finetune.elsewhere import main

    base = write_base(tmp_path / "base.gguf")
    data, file = tmp_path / "train.jsonl", tmp_path / "run.npz"
    examples = [*(call(number) for number in range(6)), reading(), absent(), shown()]
    data.write_bytes(b"".join(map(to_line, examples)))
    settings = ["--set", "rank=4", "--set", f"method={method}", "--set", "validation_share=0"]
    main(["prepare", str(data), str(file), *settings])
    monkeypatch.setitem(sys.modules, "llama_cpp", None)
    main(["train", str(file), str(base), str(tmp_path / "out"), "--cut", "4"])
    made = tensors_of(tmp_path / "out" / "adapter.gguf")
    assert len(made) == 2 * 2 * 7
    assert "[reading]" in (tmp_path / "out" / "prompt.toml").read_text()
    assert json.loads((tmp_path / "out" / "result.json").read_text())["step"] == 1
