"""``apprentice config`` and ``apprentice tools``."""

import json
import tomllib
from pathlib import Path

import pytest

from assistant.cli.main import main
from assistant.settings import Settings
from tests.assistant.trusting import trusted
from tools.registry import builtin_registry


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for kind in ("CONFIG", "DATA", "STATE", "CACHE"):
        monkeypatch.setenv(f"APPRENTICE_{kind}_DIR", str(tmp_path / kind.lower()))
    folder = tmp_path / "workspace"
    (folder / ".apprentice").mkdir(parents=True)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "config").mkdir(mode=0o700)
    return tmp_path / "config" / "settings.toml"


def test_show_is_toml_of_every_setting(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "show"]) == 0
    shown = tomllib.loads(capsys.readouterr().out)
    assert Settings.model_validate(shown) == Settings()
    assert len(Settings.model_validate(shown).model_fields_set) == len(Settings.model_fields)


def test_show_names_the_origin(
    config: Path, workspace: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    config.write_text("[loop]\nmax_steps = 9\n")
    (workspace / ".apprentice" / "settings.toml").write_text("loop.max_seconds = 5\nmode = 'auto'\n")
    monkeypatch.setenv("APPRENTICE_LOOP__MAX_REPEATS", "1")
    trusted(workspace)
    assert main(["--max-steps", "4", "config", "show"]) == 0
    out, err = capsys.readouterr()
    lines = {line.split(" ")[0]: line for line in out.splitlines()}
    assert lines["loop.max_steps"].endswith("= 4  # command line")
    assert lines["loop.max_seconds"].endswith(f"= 5.0  # {workspace}/.apprentice/settings.toml:1")
    assert lines["loop.max_repeats"].endswith("# environment variable APPRENTICE_LOOP__MAX_REPEATS")
    assert lines["mode"].endswith('= "ask"')
    assert "mode is ignored" in err


def test_show_as_json(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text('[permissions]\nallow = ["git_diff"]\n')
    assert main(["config", "show", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["permissions.allow"] == {"value": ["git_diff"], "origin": f"{config}:2"}
    assert shown["mode"] == {"value": "ask", "origin": "built-in"}


def test_path_lists_the_files_strongest_first(
    config: Path, workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text("")
    assert main(["config", "path"]) == 0
    local, project, user = capsys.readouterr().out.splitlines()
    assert local.split(maxsplit=2) == [
        "local",
        str(workspace / ".apprentice" / "settings.local.toml"),
        "(not there)",
    ]
    assert project.startswith("project")
    assert user.split() == ["user", str(config)]
    assert main(["config", "path", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["user"] == {"path": str(config), "exists": True}


def test_set_then_show(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "set", "loop.max_steps", "7"]) == 0
    assert capsys.readouterr().out == f"loop.max_steps = 7  # {config}\n"
    assert main(["config", "show", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["loop.max_steps"] == {"value": 7, "origin": f"{config}:2"}


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("loop.max_step", "7", "did you mean 'loop.max_steps'?"),
        ("loop.max_steps", "0", "greater than or equal to 1"),
        ("mode", "yolo", "'plan', 'ask', 'edit' or 'auto'"),
    ],
)
def test_a_bad_value_is_refused(
    config: Path, capsys: pytest.CaptureFixture[str], key: str, value: str, said: str
) -> None:
    assert main(["config", "set", key, value]) == 2
    assert said in capsys.readouterr().err
    assert not config.exists()


def test_tools_are_listed_with_arguments_and_risk(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tools", "list"]) == 0
    out = capsys.readouterr().out
    lines = {line.split()[0]: " ".join(line.split()) for line in out.splitlines() if not line.startswith(" ")}
    assert list(lines) == list(builtin_registry().names())
    assert lines["edit_file"].startswith("edit_file write ")
    assert lines["edit_file"].endswith("path, old_text, new_text")
    assert lines["read_file"].endswith("path, start_line?, end_line?")


def test_tools_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tools", "list", "--json"]) == 0
    listed = {tool["name"]: tool for tool in json.loads(capsys.readouterr().out)}
    assert tuple(listed) == builtin_registry().names()
    assert listed["run_shell"]["risk"] == "execute"
    assert listed["run_shell"]["parameters"]["required"] == ["command"]
    assert listed["run_shell"]["timeout_s"] > 0
