"""The mean of adapters adds to the base what they add on average."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from assistant.cli.main import main
from training.export.mean import write_mean
from training.export.naming import ExportError
from training.export.template import fact_of, tensors_of

pytestmark = pytest.mark.train
SHAPES = {"blk.0.attn_q.weight": (12, 16), "blk.0.ffn_down.weight": (16, 24)}
"""[out, in] of what the adapters are over."""


def adapter(
    path: Path, seed: int, rank: int = 4, alpha: float = 8.0, layers: Sequence[str] = tuple(SHAPES)
) -> Path:
    from training.export.adapter import write_tensors

    dice = np.random.default_rng(seed)
    made = {}
    for name in layers:
        rows, columns = SHAPES[name]
        made[f"{name}.lora_a"] = dice.normal(size=(rank, columns))
        made[f"{name}.lora_b"] = dice.normal(size=(rows, rank))
    write_tensors(path, "llama", alpha, made, {})
    return path


def added(path: Path, name: str) -> np.ndarray:
    """What the adapter adds to a weight, [out, in]."""
    tensors, alpha = tensors_of(path), float(fact_of(path, "adapter.lora.alpha"))
    a, b = (np.asarray(tensors[f"{name}.lora_{part}"].data, dtype=np.float64) for part in "ab")
    return (alpha / len(a)) * b @ a


def far(one: np.ndarray, other: np.ndarray) -> float:
    """The length of their difference, of that of ``other``."""
    return float(np.linalg.norm(one - other) / np.linalg.norm(other))


def test_a_rank_that_holds_all_gives_the_mean_itself(tmp_path: Path) -> None:
    one = adapter(tmp_path / "one.gguf", 1, rank=4, alpha=8.0)
    other = adapter(tmp_path / "other.gguf", 2, rank=2, alpha=32.0)
    made = write_mean([one, other, other], tmp_path / "mean.gguf", rank=6)
    assert (made.adapters, made.rank) == (3, 6)
    assert made.kept == pytest.approx(1)
    for name in SHAPES:
        wanted = (added(one, name) + 2 * added(other, name)) / 3
        assert far(added(tmp_path / "mean.gguf", name), wanted) < 2e-3


def test_a_smaller_rank_gives_the_nearest_of_that_rank(tmp_path: Path) -> None:
    paths = [adapter(tmp_path / f"{seed}.gguf", seed) for seed in range(3)]
    made = write_mean(paths, tmp_path / "mean.gguf")
    assert made.rank == 4
    left = whole = 0.0
    for name in SHAPES:
        wanted = sum(added(path, name) for path in paths) / 3
        u, values, v = np.linalg.svd(wanted, full_matrices=False)
        nearest = (u[:, :4] * values[:4]) @ v[:4]
        assert far(added(tmp_path / "mean.gguf", name), nearest) < 2e-3
        left, whole = left + np.sum(values[:4] ** 2), whole + np.sum(values**2)
    assert 0.3 < made.kept < 0.95
    assert made.kept == pytest.approx(left / whole, rel=1e-3)


def test_training_goes_on_from_rows_as_long_as_the_firsts(tmp_path: Path) -> None:
    paths = [adapter(tmp_path / f"{seed}.gguf", seed) for seed in range(2)]
    write_mean(paths, tmp_path / "mean.gguf")
    for name in SHAPES:
        first, mean = (tensors_of(path)[f"{name}.lora_a"].data for path in (paths[0], tmp_path / "mean.gguf"))
        lengths = np.linalg.norm(np.asarray(mean, np.float64), axis=1)
        wanted = np.sqrt(np.mean(np.sum(np.asarray(first, np.float64) ** 2, axis=1)))
        assert lengths == pytest.approx([wanted] * 4, rel=2e-3)


def test_a_rank_beyond_what_there_is_is_filled_with_nothing(tmp_path: Path) -> None:
    one = adapter(tmp_path / "one.gguf", 1)
    write_mean([one], tmp_path / "mean.gguf", rank=9)
    for name in SHAPES:
        assert tensors_of(tmp_path / "mean.gguf")[f"{name}.lora_a"].data.shape[0] == 9
        assert far(added(tmp_path / "mean.gguf", name), added(one, name)) < 2e-3


def test_what_is_no_adapter_of_the_same_base_is_one_line(tmp_path: Path) -> None:
    from tests.training.export.made import gguf

    one = adapter(tmp_path / "one.gguf", 1)
    fewer = adapter(tmp_path / "fewer.gguf", 1, layers=tuple(SHAPES)[:1])
    with pytest.raises(ExportError, match=r"fewer\.gguf is over another base than .*one\.gguf"):
        write_mean([one, fewer], tmp_path / "mean.gguf")
    with pytest.raises(ExportError, match=r"model\.gguf lacks adapter\.lora\.alpha"):
        write_mean([one, gguf(tmp_path / "model.gguf")], tmp_path / "mean.gguf")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fewer.gguf", "model.gguf", "one.gguf"]


def test_a_mean_says_what_it_is_of(tmp_path: Path) -> None:
    from training.export.mean import mean_of, runs_of
    from training.models.digest import sha256_of_file

    one, other = adapter(tmp_path / "one.gguf", 1), adapter(tmp_path / "other.gguf", 2)
    inner, outer = tmp_path / "inner.gguf", tmp_path / "outer.gguf"
    write_mean([one, other], inner, runs=["run-a", "run-b"])
    write_mean([inner, other], outer, runs=["run-b", "run-c"])
    first, second = (sha256_of_file(path)[:12] for path in (one, other))
    assert (mean_of(one), runs_of(one)) == ("", ())
    assert mean_of(outer) == f"({first}, {second}), {second}"
    assert runs_of(outer) == ("run-b", "run-c", "run-a")


def test_the_command_takes_students_and_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "mean.gguf"
    shipped = "smollm2-135m-tools"
    assert main(["train", "mean", shipped, shipped, "--output", str(output), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["adapters"], said["rank"], said["path"]) == (2, 32, str(output))
    assert said["kept"] == pytest.approx(1, abs=1e-4)

    assert main(["train", "mean", str(output), "--output", str(output)]) == 1
    assert "mean.gguf is there already; give another name" in capsys.readouterr().err
    assert main(["train", "mean", str(tmp_path / "no.gguf"), "--output", str(tmp_path / "new.gguf")]) == 1
    error = capsys.readouterr().err
    assert "no.gguf" in error
    assert error.count("\n") == 1


@pytest.mark.train
def test_an_adapter_in_8_bits_is_half_as_large_and_adds_the_same(tmp_path: Path) -> None:
    from training.export.adapter import write_tensors
    from training.export.template import rows_of

    dice = np.random.default_rng(1)
    rows = {"x.lora_a": dice.normal(size=(32, 64)), "x.lora_b": dice.normal(size=(64, 32))}
    paths = {stored: tmp_path / f"{stored}.gguf" for stored in ("f16", "Q8_0")}
    for stored, path in paths.items():
        write_tensors(path, "llama", 64.0, rows, {}, stored)
    packed = {name: rows_of(tensor) for name, tensor in tensors_of(paths["Q8_0"]).items()}
    assert packed["x.lora_a"].shape == (32, 64)
    whole, found = rows["x.lora_b"] @ rows["x.lora_a"], packed["x.lora_b"] @ packed["x.lora_a"]
    assert abs(found - whole).max() < 0.02 * abs(whole).max()
    weights = {
        stored: sum(one.n_bytes for one in tensors_of(path).values()) for stored, path in paths.items()
    }
    assert weights["Q8_0"] == weights["f16"] * 34 / 64
