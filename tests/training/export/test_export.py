"""What leaves training is what was trained: the same model in transformers and in llama.cpp."""

from pathlib import Path

import numpy as np
import pytest

from tests.training.finetune.tiny_base import HEADS, HIDDEN, KV_HEADS, write_base
from training.export.adapter import read_adapter, write_adapter
from training.export.merge import merged, whole, write_model
from training.export.naming import ExportError, Names, Shape, pairs
from training.export.quantise import bits_per_weight, fallbacks, quantise
from training.export.template import Template
from training.finetune.settings import FinetuneSettings

pytestmark = pytest.mark.train
TEXT = (
    "def total(prices):\n    return sum(prices)\n\nThe capital of France is Paris. A student reads a file, "
    "then it answers the question of the user: what is in src/cache.py? It holds a class with two methods."
    " Run the tests, then list what failed: 3 of 12 cases, all of them in tests/test_cache.py, line 40 to 58."
    '\n\n[server]\nport = 8080\nhost = "127.0.0.1"\ntimeout_s = 30\n# who changes this tells the others'
)
RANK = 4


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights, large enough that it prefers some tokens clearly."""
    return write_base(tmp_path_factory.mktemp("base") / "base.gguf", spread=0.5)


@pytest.fixture(scope="module")
def ids(base) -> list[int]:
    from training.student.vocabulary import Vocabulary

    return Vocabulary.of(base).tokenize(TEXT)


@pytest.fixture(scope="module")
def tuned(base, ids):
    """An adapter that changes much, and the logits [S, V] of base and adapter in transformers."""
    import torch

    from training.finetune.model import load, trained

    torch.set_num_threads(1)
    model = load(base, FinetuneSettings(precision="float32", rank=RANK)).eval()
    torch.manual_seed(3)
    with torch.no_grad():
        raw = model(torch.tensor([ids])).logits[0].numpy()
        for name, weight in trained(model):
            if "lora_B" in name:
                weight.normal_(0, 0.1)
        logits = model(torch.tensor([ids])).logits[0].numpy()
    return {name: weight.detach().numpy() for name, weight in trained(model)}, raw, logits


def said(path: Path, ids: list[int], adapter: Path | None = None) -> np.ndarray:
    """The logits [S, V] of llama.cpp."""
    from training.student.engine import Engine

    engine = Engine(path, context_tokens=256, threads=1)
    engine.use_adapter(adapter)
    rows = []
    for number in range(len(ids)):
        engine.evaluate(ids[: number + 1])
        rows.append(engine.logits().copy())
    engine.close()
    return np.array(rows)


def agreement(one: np.ndarray, other: np.ndarray) -> float:
    """Return the share of places with the same likeliest token, where ``other`` is in no doubt."""
    best = np.sort(other, axis=-1)
    sure = best[:, -1] - best[:, -2] > 0.5
    assert sure.sum() > 20
    return float((one.argmax(-1) == other.argmax(-1))[sure].mean())


def test_the_adapter_does_in_llama_cpp_what_it_does_in_transformers(base, ids, tuned, tmp_path):
    weights, raw, logits = tuned
    path = tmp_path / "adapter.gguf"
    write_adapter(weights, 2 * RANK, Template(base), path, {"general.name": "test"})
    with_adapter, without = said(base, ids, path), said(base, ids)
    assert agreement(raw, logits) < 1
    assert agreement(without, raw) > 0.95
    assert agreement(with_adapter, logits) > 0.95
    assert abs(with_adapter - logits).mean() < 0.3 * abs(raw - logits).mean()


def test_an_adapter_is_read_back_as_it_was_written(base, tuned, tmp_path):
    weights, _, _ = tuned
    path, template = tmp_path / "adapter.gguf", Template(base)
    write_adapter(weights, 4 * RANK, template, path, {})
    found = read_adapter(path, template, weights, scale=2.0)
    assert found.keys() == weights.keys()
    for name, rows in found.items():
        assert np.allclose(rows, np.float16(weights[name]) * (2.0 if "lora_B" in name else 1.0), atol=1e-6)
    with pytest.raises(ExportError, match="which this model has no place for"):
        read_adapter(path, template, list(weights)[:-1], scale=2.0)
    with pytest.raises(ExportError, match="was it made over this base"):
        read_adapter(write_one(template, weights, tmp_path / "one.gguf"), template, weights, scale=2.0)


def write_one(template, weights, path):
    """An adapter of one layer."""
    name = next(iter(weights))
    other = name.replace("lora_A", "lora_B") if "lora_A" in name else name.replace("lora_B", "lora_A")
    write_adapter({one: weights[one] for one in (name, other)}, 2 * RANK, template, path, {})
    return path


def test_the_merged_model_is_the_tuned_one_and_quantised_it_still_is(base, ids, tuned, tmp_path):
    weights, _, logits = tuned
    f16, done = tmp_path / "f16.gguf", []
    template = Template(base)
    write_model(merged(weights, 2.0, template), template, f16, {}, lambda at, of: done.append((at, of)))
    assert done[-1] == (len(template.tensors), len(template.tensors))
    assert agreement(said(f16, ids), logits) >= 0.99
    q8, q4 = tmp_path / "q8.gguf", tmp_path / "q4.gguf"
    quantise(f16, q8, "Q8_0", 1)
    assert (
        np.corrcoef(said(q8, ids).ravel(), logits.ravel())[0, 1] > 0.98
    )  # random weights amplify what is lost
    assert bits_per_weight(f16) == pytest.approx(16, abs=0.1)
    assert bits_per_weight(q8) == pytest.approx(8.5, abs=0.1)
    quantise(f16, q4, "Q4_K_M", 1)
    assert fallbacks(q4, "Q4_K_M").startswith("rows of 64, 128 are not divisible by 256")
    assert fallbacks(q8, "Q8_0") == ""
    old, new = (Template(path)._reader for path in (base, f16))
    same = [key for key in old.fields if key.startswith("tokenizer.")]
    assert len(same) > 8
    assert all(old.get_field(key).contents() == new.get_field(key).contents() for key in same)


def test_a_model_that_was_trained_whole_is_taken_over_tensor_by_tensor(base, tmp_path):
    template = Template(base)
    name, narrow = "model.layers.1.self_attn.k_proj.weight", HIDDEN * KV_HEADS // HEADS
    rows = np.arange(narrow * HIDDEN, dtype=np.float32).reshape(narrow, HIDDEN) / 1e6
    made = whole({name: rows, "lm_head.weight": np.zeros((49152, HIDDEN), dtype=np.float32)}, template)
    assert list(made) == ["blk.1.attn_k.weight"]
    permuted = made["blk.1.attn_k.weight"]()
    half = HIDDEN // HEADS // 2
    assert (permuted[1] == rows[half]).all()  # the second row of a head comes from its other half
    assert sorted(permuted[:, 0]) == sorted(rows[:, 0])


def test_what_does_not_fit_the_base_is_one_line(base):
    template = Template(base)
    right = {"A": np.zeros((4, HIDDEN)), "B": np.zeros((HIDDEN, 4))}
    layer = "base_model.model.model.layers.{}.self_attn.{}.lora_{}.default.weight"

    def made(number=0, name="q_proj", **changed):
        parts = {**right, **changed}
        return {layer.format(number, name, part): matrix for part, matrix in parts.items()}

    assert list(merged(made(), 1, template)) == ["blk.0.attn_q.weight"]
    for weights, problem in (
        (made(B=np.zeros((32, 4))), r"blk\.0\.attn_q\.weight is \(32, 64\) here and \(64, 64\)"),
        (made(99), "has no place|has no tensor"),
        (made(0, "x_proj"), "has no place in a GGUF of llama"),
        ({"x.lora_A.default.weight": right["A"]}, "one matrix of two"),
        ({"x.lora_magnitude_vector": right["A"]}, "is no matrix of a LoRA"),
    ):
        with pytest.raises(ExportError, match=problem):
            merged(weights, 1, template)
    with pytest.raises(ExportError, match="the architecture 'nothing'"):
        Names(Shape("nothing", 1, 1, 1))
    assert len(pairs(made())) == 1


@pytest.mark.parametrize("content", [b"", b"GGUF", b"GGUF\x03\x00\x00\x00" + b"\xff" * 64])
def test_a_file_that_is_no_gguf_is_one_line(tmp_path, content):
    (tmp_path / "x.gguf").write_bytes(content)
    with pytest.raises(ExportError, match="cannot be read as a GGUF"):
        Template(tmp_path / "x.gguf")
