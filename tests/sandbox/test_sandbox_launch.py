"""What surrounds a command: environment, limits, and commands that cannot start."""

from pathlib import Path

import pytest

from sandbox.base import Limits, Mount
from sandbox.launch import ALLOWED_NAMES, environment, limited, unstartable


def test_A20_environment_holds_nothing_of_this_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("PATH", "/evil")
    monkeypatch.setenv("HOME", "/home/alice")
    made = environment(Mount(tmp_path))
    assert set(made) <= ALLOWED_NAMES
    assert not {"sk-secret", "/evil", "/home/alice"} & set(made.values())


def test_environment_has_pagers_that_do_not_wait(tmp_path: Path) -> None:
    made = environment(Mount(tmp_path))
    assert made["PAGER"] == made["GIT_PAGER"] == "cat"
    assert made["TERM"] == "dumb"


def test_mount_adds_to_the_environment(tmp_path: Path) -> None:
    assert environment(Mount(tmp_path, environment={"FOO": "1"}))["FOO"] == "1"


def test_virtual_environment_of_the_workspace_comes_first_in_path(tmp_path: Path) -> None:
    assert not environment(Mount(tmp_path))["PATH"].startswith(str(tmp_path))
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    assert environment(Mount(tmp_path))["PATH"].startswith(f"{tmp_path}/.venv/bin:")


def test_limits_become_limits_of_each_process() -> None:
    made = limited(["echo", "-x"], Limits(cpu_s=7, memory_bytes=1 << 28, file_bytes=99), processes=False)
    assert made[0] == "/usr/bin/prlimit"
    assert {"--cpu=7:8", f"--data={1 << 28}", "--fsize=99"} <= set(made)
    assert made[-3:] == ["--", "echo", "-x"]
    assert not any(part.startswith("--nproc") for part in made)


def test_limit_of_processes_only_where_asked() -> None:
    assert "--nproc=9" in limited(["x"], Limits(processes=9), processes=True)


def test_empty_command_is_a_programming_error() -> None:
    with pytest.raises(ValueError, match="name the program"):
        unstartable([])


@pytest.mark.parametrize(
    ("argument", "reason"),
    [
        ("a\0b", "NUL"),
        ("a\ud800b", "UTF-8"),
        ("x" * (128 << 10), "128 KiB"),
    ],
    ids=["nul", "surrogate", "long"],
)
def test_commands_that_no_kernel_starts_end_with_a_reason(argument: str, reason: str) -> None:
    refused = unstartable(["echo", argument])
    assert refused is not None
    assert refused.exit_code == 126
    assert reason in refused.output


def test_many_arguments_are_refused_with_a_way_out() -> None:
    refused = unstartable(["echo", *["x" * 1000] * 2000])
    assert refused is not None
    assert "stdin" in refused.output


def test_ordinary_command_may_start() -> None:
    assert unstartable(["echo", "ünï", ""]) is None
