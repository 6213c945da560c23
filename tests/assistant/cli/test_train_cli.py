"""``apprentice train``: what is refused before anything starts, and that a run is a job."""

import json
from pathlib import Path

import pytest

from assistant.cli.main import main
from tests.training.finetune.tiny import call
from training.datasets.example import to_line
from training.finetune import four_bits, order


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--rank", "0"], "rank: Input should be greater than or equal to 1"),
        (["--set", "speed=9"], "speed: Extra inputs are not permitted; known: method, rank,"),
        (["--set", "patience"], "--set patience: give NAME=VALUE"),
        (["--set", "warm-up=1"], "warm_up: Extra inputs"),
        (["--set", "precision=int8"], "precision: Input should be 'bfloat16' or 'float32'"),
    ],
)
def test_a_wrong_setting_is_named(given: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "run", "--data", "x", *given]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("command", [["run", "--yes"], ["estimate"]])
@pytest.mark.parametrize("given", [["--method", "qlora"], ["--set", "method=qlora"]])
def test_four_bits_on_a_processor_are_refused_before_anything_starts(
    command: list[str], given: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(four_bits, "DEVICES", ())
    monkeypatch.setattr(order, "check_installed", lambda: None)
    assert main(["train", *command, "--data", "x", *given]) == 1
    said = "qlora needs an NVIDIA GPU, and this machine has none: use the method lora"
    assert capsys.readouterr().err == f"apprentice: {said}\n"
    assert main(["jobs", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


@pytest.mark.train
def test_what_cannot_be_trained_on_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "train.jsonl").write_bytes(to_line(call(0)))
    for given, said in (
        (["--data", str(tmp_path / "no")], "there is no data at"),
        (["--data", str(tmp_path), "--base", "no.gguf"], "no.gguf: No such file"),
        (["--data", str(tmp_path), "--prompt", "mine"], "there is no prompt mine; give the path"),
        (["--data", str(tmp_path), "--prompt", str(tmp_path)], "cannot be read: Is a directory"),
    ):
        assert main(["train", "run", *given]) == 1
        error = capsys.readouterr().err
        assert said in error, error
        assert error.count("\n") == 1
    assert main(["jobs", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []
