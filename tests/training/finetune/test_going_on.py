"""What a run begins with that goes on from the weights of another one."""

from pathlib import Path
from typing import Any

import pytest

from tests.training.finetune.test_preparation import written
from tests.training.finetune.tiny import call
from tests.training.finetune.tiny_base import HIDDEN
from training.export.adapter import write_adapter
from training.export.template import Template
from training.finetune.model import (
    WHOLE,
    BaseError,
    adapter_weights,
    begun,
    load,
    save_adapter,
    take_over,
    with_adapter,
)
from training.finetune.order import order
from training.finetune.settings import FinetuneSettings
from training.jobs.base import JobError

pytestmark = [pytest.mark.train, pytest.mark.timeout(300)]
LORA = FinetuneSettings(precision="float32", rank=4, threads=1)
FULL = LORA.model_copy(update={"method": "full"})
IDS = [[1, 40, 50, 60, 70]]


@pytest.fixture(scope="module")
def base(place: Path) -> Path:
    return place / "base.gguf"


def said(model: Any) -> Any:
    """Its logits [1, S, V] for IDS."""
    import torch

    with torch.no_grad():
        return model.eval()(torch.tensor(IDS)).logits


@pytest.mark.parametrize("form", ["peft", "gguf"])
def test_all_weights_go_on_from_an_adapter_as_if_it_had_been_merged(
    base: Path, form: str, tmp_path: Path
) -> None:
    import torch

    adapted = with_adapter(load(base, FULL), LORA)
    for name, weight in adapted.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.05)
    if form == "peft":
        save_adapter(adapted, "base", tmp_path)
        start = tmp_path / "adapter_model.safetensors"
    else:
        start = tmp_path / "adapter.gguf"
        write_adapter(adapter_weights(adapted), 2.0 * LORA.rank, Template(base), start, {})
    made = begun(base, FULL, start)
    assert all(weight.requires_grad for weight in made.parameters())
    assert not any("lora" in name for name, _ in made.named_parameters())
    assert torch.allclose(said(made), said(adapted), atol=2e-3)
    assert not torch.allclose(said(made), said(load(base, FULL)), atol=2e-2)


def test_all_weights_go_on_from_those_of_a_whole_model(base: Path, tmp_path: Path) -> None:
    import torch

    earlier = load(base, FULL)
    torch.nn.init.normal_(earlier.model.layers[0].mlp.up_proj.weight, std=0.3)
    earlier.save_pretrained(tmp_path)
    made = begun(base, FULL, tmp_path / WHOLE)
    assert torch.equal(said(made), said(earlier))


def test_weights_of_another_base_are_one_line(base: Path, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import save_file

    save_file({"model.other.weight": torch.ones(2, HIDDEN)}, tmp_path / WHOLE)
    with pytest.raises(BaseError, match=r"is not of this base: model\.other\.weight"):
        take_over(load(base, FULL), tmp_path / WHOLE)


def test_the_gguf_library_is_as_it_was_when_a_base_is_loaded(base: Path) -> None:
    import gguf

    before = (gguf.GGUFReader, gguf.get_tensor_name_map)
    load(base, FULL)
    assert (gguf.GGUFReader, gguf.get_tensor_name_map) == before


def test_an_adapter_does_not_go_on_from_a_whole_model(base: Path, tmp_path: Path) -> None:
    written(tmp_path / "train.jsonl", call(1))
    run = tmp_path / "run"
    with pytest.raises(JobError, match=r"neither adapter/adapter_model\.safetensors nor model/"):
        order(tmp_path, base=str(base), start=run, settings=LORA)
    (run / "model").mkdir(parents=True)
    (run / "model" / WHOLE).touch()
    with pytest.raises(JobError, match="trained all weights, which no adapter goes on from"):
        order(tmp_path, base=str(base), start=run, settings=LORA)
    assert order(tmp_path, base=str(base), start=run, settings=FULL).start == run / "model" / WHOLE


def test_an_adapter_may_be_named_from_where_one_is(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path / "train.jsonl", call(1))
    (tmp_path / "mean.gguf").touch()
    monkeypatch.chdir(tmp_path)
    asked = order(tmp_path, base=str(base), start=Path("mean.gguf"), settings=LORA)
    assert asked.start == tmp_path / "mean.gguf"
