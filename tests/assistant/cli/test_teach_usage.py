"""``apprentice teach`` with options that do not go together."""

from pathlib import Path

import pytest

from assistant.cli.main import main


@pytest.mark.parametrize(
    "arguments",
    [
        ("generate", "--provider", "openai", "--num-examples", 0, "--output-dir", "x"),
        ("generate", "--num-examples", 5, "--output-dir", "x"),
        (
            "generate",
            "--providers",
            "openai,local",
            "--mix-ratio",
            "50,40",
            "--num-examples",
            5,
            "--output-dir",
            "x",
        ),
        ("generate", "--providers", "openai,foo", "--num-examples", 5, "--output-dir", "x"),
        ("generate", "--provider", "scripted", "--from-log", "--num-examples", 5, "--output-dir", "x"),
        ("generate", "--provider", "scripted", "--model", "m", "--num-examples", 5, "--output-dir", "x"),
        ("grade", "--provider", "openai", "--cases", "a", "--input", "b"),
        ("relabel",),
    ],
)
def test_wrong_usage_ends_with_2_and_one_line(
    arguments: tuple[object, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["teach", *map(str, arguments)])
    out, err = capsys.readouterr()
    assert code == 2 and out == "" and err.count("\n") == 1


@pytest.mark.parametrize(("model", "warned"), [((), True), (("--model", "large.gguf"), False)])
def test_a_judge_that_is_too_small_is_said(
    model: tuple[str, ...], warned: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["teach", "grade", "--provider", "local", "--input", "missing.jsonl", *model])
    err = capsys.readouterr().err
    assert ("too small to be relied on" in err, "missing.jsonl" in err) == (warned, True)


@pytest.mark.parametrize(("model", "warned"), [((), True), (("--model", "large.gguf"), False)])
def test_a_teacher_that_is_too_small_is_said(
    model: tuple[str, ...],
    warned: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def stopped(*given: object, **more: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("training.generation.running.generate", stopped)
    given = ("--provider", "local", "--num-examples", "2", "--output-dir", str(tmp_path / "made"), *model)
    assert main(["teach", "generate", *given]) == 130
    assert ("too small to be relied on" in capsys.readouterr().err) == warned
