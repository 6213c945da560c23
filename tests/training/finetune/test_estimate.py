"""What is said before a run starts: counted where it can be, and in proportion where not."""

from dataclasses import replace
from pathlib import Path

import pytest

from assistant.train_text import bases_text, estimate_text
from tests.training.finetune.test_preparation import Characters, written
from tests.training.finetune.tiny import call, foreign, talk
from training.finetune.bases import bases, header_of, methods
from training.finetune.costs import learned_parameters, memory_bytes
from training.finetune.estimate import Estimate, estimate
from training.finetune.order import Order
from training.finetune.probe import Machine
from training.finetune.settings import FinetuneSettings
from training.models.base import ModelError
from training.models.store import ModelStore

CPU = Machine("cpu", 600.0)
GPU = Machine("cuda", 400_000.0, ("H100",), (80_000_000_000,), bitsandbytes=True)
SMALL = 135_000_000


def asked(tmp_path: Path, **settings: object) -> Order:
    given = [*(call(number) for number in range(40)), *(foreign(number) for number in range(8))]
    return Order(
        name="a run",
        training=written(tmp_path / "train.jsonl", *given),
        validation=written(tmp_path / "validation.jsonl", talk(1), talk(2)),
        base_path=tmp_path / "base.gguf",
        prompt='instructions = "Call one tool, or answer."\ndescribe = false\n',
        settings=FinetuneSettings.model_validate(settings),
    )


def made(tmp_path: Path, machine: Machine = CPU, **settings: object) -> Estimate:
    return estimate(asked(tmp_path, **settings), SMALL, Characters(), machine)


def test_examples_and_steps_are_counted(tmp_path):
    found = made(tmp_path, batch=8, micro_batch=8, micro_tokens=100_000)
    assert (found.examples, found.validation, found.left_out, found.steps) == (48, 2, 0, 6)


def test_twice_the_epochs_take_twice_the_steps_and_tokens(tmp_path):
    once, twice = made(tmp_path), made(tmp_path, epochs=2)
    assert twice.steps == 2 * once.steps
    assert twice.tokens == 2 * once.tokens
    assert twice.seconds > 1.5 * once.seconds - 20


def test_a_slower_machine_and_more_that_learns_take_longer(tmp_path):
    usual = made(tmp_path).seconds
    assert made(tmp_path, replace(CPU, gflops=60.0)).seconds > usual
    assert made(tmp_path, method="full").seconds > usual


def test_what_is_too_long_is_not_counted(tmp_path):
    found = made(tmp_path, max_tokens=64)
    assert (found.examples, found.left_out) == (0, 48)


def test_it_says_what_was_measured_and_what_was_not(tmp_path):
    said = estimate_text(made(tmp_path))
    assert "an adapter on embedded, on the CPU" in said
    assert "products, measured" in said and "rule of thumb (measured with the embedded student" in said
    assert "a guess: no GPU was measured" in estimate_text(made(tmp_path, GPU))
    short = replace(made(tmp_path), memory_bytes=9_000_000_000, available_bytes=2_000_000_000)
    assert "9.0 GB of 2.0 GB that are left; too much: --set micro_tokens=512" in estimate_text(short)


def test_memory_grows_with_the_base_with_what_learns_and_with_what_is_evaluated_at_once():
    lora = FinetuneSettings()
    assert learned_parameters(SMALL, 32) == pytest.approx(9.8e6)
    assert memory_bytes(SMALL, lora) == pytest.approx(4.2e9, rel=0.1)
    assert memory_bytes(10 * SMALL, lora) > memory_bytes(SMALL, lora)
    assert memory_bytes(SMALL, lora.model_copy(update={"method": "full"})) > memory_bytes(SMALL, lora)
    assert memory_bytes(SMALL, lora.model_copy(update={"micro_tokens": 512})) < memory_bytes(SMALL, lora)
    assert memory_bytes(10 * SMALL, lora.model_copy(update={"method": "qlora"})) < memory_bytes(
        10 * SMALL, lora
    )


def test_four_bits_are_offered_only_where_a_gpu_can_do_them():
    assert methods(CPU) == ("lora", "full")
    assert methods(GPU) == ("lora", "qlora", "full")
    assert methods(replace(GPU, bitsandbytes=False)) == ("lora", "full")


@pytest.mark.slow
def test_the_embedded_student_can_be_tuned_here_and_the_catalogue_says_what_it_would_take(tmp_path):
    found = bases(GPU, ModelStore(tmp_path))
    embedded, *others = found
    assert embedded.id == "embedded" and embedded.here and embedded.parameters == 134_515_008
    assert [way.method for way in embedded.ways] == ["lora", "qlora", "full"]
    assert all(not each.here and each.parameters > 10**8 for each in others)
    largest = max(others, key=lambda each: each.parameters)
    assert not largest.ways[-1].fits and largest.ways[1].fits
    assert "embedded" in bases_text(found) and "does not fit" in bases_text(found)


def test_a_file_that_is_no_base_is_one_line(tmp_path):
    (tmp_path / "x.gguf").write_bytes(b"GGUF")
    with pytest.raises(ModelError, match=r"x\.gguf: the file is cut off"):
        header_of(tmp_path / "x.gguf")
