"""``apprentice permissions``: the contract of its output, exit codes, and one clear line for errors."""

import io
import json
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from assistant.cli.main import cli


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    workspace = tmp_path / "workspace"
    workspace.mkdir()

    def invoke(*arguments: str, stdin: str = "") -> Result:
        return CliRunner().invoke(cli, ["-C", str(workspace), "permissions", *arguments], input=stdin)

    return invoke


def settings_file(tmp_path: Path, text: str) -> None:
    folder = tmp_path / "xdg_config_home" / "apprentice"
    folder.mkdir(parents=True, mode=0o700)
    (folder / "settings.toml").write_text(text, encoding="utf-8")


def test_json_is_a_list_with_the_verdict_and_the_parts(run: Any) -> None:
    result = run("test", "--allow", "run_shell(ls *)", "--json", "ls -l | rm x")

    assert result.exit_code == 0
    [entry] = json.loads(result.stdout)
    assert (entry["command"], entry["verdict"]) == ("ls -l | rm x", "ask")
    assert [(part["command"], part["verdict"], part["rule"]) for part in entry["parts"]] == [
        ("ls -l", "allow", "run_shell(ls *)"),
        ("rm x", "ask", ""),
    ]


@pytest.mark.parametrize(
    ("options", "verdict"),
    [
        ([], "ask"),
        (["--allow", "run_shell(ls *)"], "allow"),
        (["--deny", "run_shell(ls *)", "--allow", "run_shell(ls *)"], "deny"),
        (["--ask", "run_shell(ls *)", "--allow", "run_shell(ls *)"], "ask"),
        (["--allow", "run_shell(ls -a)", "--allow", "run_shell(ls -l)"], "allow"),
        (["--mode", "auto"], "allow"),
        (["--mode", "plan"], "deny"),
        (["--mode", "plan", "--allow", "run_shell(ls *)"], "deny"),
    ],
)
def test_rules_and_modes(run: Any, options: list[str], verdict: str) -> None:
    result = run("test", *options, "ls -l", "--json")

    assert json.loads(result.stdout)[0]["verdict"] == verdict


def test_a_file_is_judged_in_order(run: Any, tmp_path: Path) -> None:
    commands = ["ls", "rm x", "ls (", "", "ls\nrm x", "\u202e", "ls é"]
    path = tmp_path / "commands.jsonl"
    path.write_text("".join(json.dumps({"command": command}) + "\n\n" for command in commands))

    result = run("test", "--file", str(path), "--allow", "run_shell(ls *)", "--json")

    judged = json.loads(result.stdout)
    assert [entry["command"] for entry in judged] == commands
    assert [entry["verdict"] for entry in judged] == ["allow", "ask", "ask", "ask", "ask", "ask", "allow"]


def test_commands_come_from_stdin(run: Any) -> None:
    result = run("test", "--file", "-", "--json", stdin='{"command": "ls", "id": 1}\n')

    assert [entry["command"] for entry in json.loads(result.stdout)] == ["ls"]


def test_an_empty_file_is_an_empty_list(run: Any) -> None:
    assert json.loads(run("test", "--file", "-", "--json").stdout) == []


@pytest.mark.slow
def test_two_thousand_commands_take_a_few_seconds(run: Any, tmp_path: Path) -> None:
    commands = [f"git status && bash -c 'ls; rm -rf {number}' | tee out" for number in range(2000)]
    path = tmp_path / "commands.jsonl"
    path.write_text("".join(json.dumps({"command": command}) + "\n" for command in commands))
    started = time.process_time()

    judged = json.loads(run("test", "--file", str(path), "--deny", "run_shell(rm *)", "--json").stdout)

    assert time.process_time() - started < 10
    assert [entry["command"] for entry in judged] == commands
    assert {entry["verdict"] for entry in judged} == {"deny"}


def test_a_person_reads_every_part(run: Any) -> None:
    result = run("test", "--allow", "run_shell(ls *)", "ls && rm x\x1b[31m")

    assert result.exit_code == 0
    assert "allow  ls" in result.stdout
    assert "rm x" in result.stdout
    assert "\x1b" not in result.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["test"], "give a COMMAND"),
        (["test", "ls", "--file", "-"], "give a COMMAND"),
        (["test", "ls", "--allow", "run_shell("], "rule 'run_shell('"),
        (["test", "ls", "--allow", "ls"], "such as run_shell(ls *)"),
        (["test", "ls", "--deny", "Bash(rm *)"], "takes no pattern"),
        (["test", "ls", "--deny", "run_shell(a; b)"], "one simple command"),
        (["test", "ls", "--ask", "run_python(x)"], "takes no pattern"),
        (["test", "ls", "--mode", "wild"], "wild"),
        (["test", "--file", "/nonexistent/file"], "/nonexistent/file"),
        (["test", "ls", "rm"], "rm"),
    ],
)
def test_wrong_usage_is_said_with_exit_code_2(run: Any, arguments: list[str], said: str) -> None:
    result = run(*arguments)

    assert result.exit_code == 2
    assert result.stdout == ""
    assert said in result.stderr


@pytest.mark.parametrize("line", ["ls", "[]", "{}", '{"command": 1}', '{"command": null}', "[" * 100_000])
def test_a_bad_line_is_named_by_its_number(run: Any, line: str) -> None:
    result = run("test", "--file", "-", stdin='{"command": "ls"}\n' + line + "\n")

    assert result.exit_code == 2
    assert "line 2" in result.stderr


def test_without_rules_those_of_the_settings_count(run: Any, tmp_path: Path) -> None:
    settings_file(tmp_path, '[permissions]\nallow = ["run_shell(ls *)"]\ndeny = ["run_shell(rm *)"]\n')

    def verdicts(*options: str) -> list[str]:
        lines = '{"command": "ls"}\n{"command": "rm x"}\n'
        judged = json.loads(run("test", "--file", "-", "--json", *options, stdin=lines).stdout)
        return [entry["verdict"] for entry in judged]

    assert verdicts() == ["allow", "deny"]
    assert verdicts("--allow", "run_shell(rm *)") == ["ask", "allow"]


def test_settings_that_do_not_load_are_said_and_left_out(run: Any, tmp_path: Path) -> None:
    settings_file(tmp_path, "[permissions\n")
    result = run("test", "ls", "--json")

    assert json.loads(result.stdout)[0]["verdict"] == "ask"
    assert "settings.toml" in result.stderr


class TestList:
    def test_json(self, run: Any, tmp_path: Path) -> None:
        settings_file(
            tmp_path, 'mode = "edit"\n[permissions]\nallow = ["run_shell(ls *)"]\nask = ["run_tests"]\n'
        )

        assert json.loads(run("list", "--json").stdout) == {
            "mode": "edit",
            "rules": [
                {"where": "settings", "verdict": "ask", "rule": "run_tests", "until": None},
                {"where": "settings", "verdict": "allow", "rule": "run_shell(ls *)", "until": None},
            ],
        }

    def test_text(self, run: Any, tmp_path: Path) -> None:
        assert run("list").stdout.startswith("mode ask\nno rules")
        settings_file(tmp_path, '[permissions]\ndeny = ["run_shell(rm *)"]\n')
        assert "deny   run_shell(rm *)" in run("list").stdout

    @pytest.mark.parametrize("text", ["[permissions\n", '[permissions]\nallow = ["run_shell("]\n'])
    def test_bad_settings_are_said(self, run: Any, tmp_path: Path, text: str) -> None:
        settings_file(tmp_path, text)
        result = run("list", "--json")

        assert (result.exit_code, result.stdout) == (2, "")


def test_input_of_any_bytes_is_read_whole(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "odd.jsonl"
    with io.FileIO(path, "w") as file:
        file.write(b'{"command": "ls \xff"}\n')

    assert len(json.loads(run("test", "--file", str(path), "--json").stdout)) == 1


def test_rules_are_added_listed_and_removed(run: Any, tmp_path: Path) -> None:
    added = run("add", "run_shell(ls *)", "--for", "2h")
    run("add", "run_shell(rm *)", "--deny", "--scope", "user")

    listed = json.loads(run("list", "--json").stdout)["rules"]
    assert added.stdout.startswith("allowed in this workspace, also in later sessions, until 20")
    assert [(each["where"], each["verdict"], each["rule"]) for each in listed] == [
        ("settings", "deny", "run_shell(rm *)"),
        ("project", "allow", "run_shell(ls *)"),
    ]
    assert json.loads(run("test", "ls", "--json").stdout)[0]["verdict"] == "allow"

    assert run("remove", "run_shell(ls *)").stdout == "no longer in force (project): allow run_shell(ls *)\n"
    assert run("remove", "run_shell(rm *)", "--scope", "user").exit_code == 0
    again = run("remove", "run_shell(rm *)")
    assert (again.exit_code, "there is no rule run_shell(rm *)" in again.stderr) == (1, True)
    assert json.loads(run("list", "--json").stdout)["rules"] == []


def test_a_rule_that_names_no_tool_is_said(run: Any, tmp_path: Path) -> None:
    settings_file(tmp_path, '[permissions]\ndeny = ["rm", "run_shell(rm *)"]\n')
    result = run("list", "--json")
    assert result.stderr == (
        "apprentice: rule rm: there is no tool rm; for a command write run_shell(rm *)\n"
    )
    assert len(json.loads(result.stdout)["rules"]) == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["add", "run_shell("], "rule 'run_shell('"),
        (["add", "read_file", "--for", "ever"], "'ever' is no time"),
        (["add", "read_file", "--scope", "session"], "session"),
        (["remove", "run_shell("], "rule 'run_shell('"),
    ],
)
def test_a_rule_that_cannot_be_kept_is_one_line(run: Any, arguments: list[str], said: str) -> None:
    result = run(*arguments)

    assert result.exit_code == 2
    assert said in result.stderr
