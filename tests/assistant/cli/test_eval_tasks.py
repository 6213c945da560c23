"""``apprentice eval tasks``: with a sandbox and a student behind a loopback endpoint, and wrong usage."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from assistant.cli.main import main
from tests.assistant.cli.endpoint import Endpoint
from tests.training.evaluation.task_files import EDIT, HEAD, LOOK
from tests.training.student.loopback import Reply, called, refuse, said


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "boats.toml"
    made.write_text(HEAD + LOOK + EDIT, encoding="utf-8")
    return made


def decide(body: dict[str, Any]) -> Reply:
    """Reads and answers rightly; edits nothing."""
    last = body["messages"][-1]
    if last["role"] == "tool":
        return said("It is 8081.")
    return called(("read_file", {"path": "README.md"})) if "port" in last["content"] else said("\x1b[2JDone.")


@pytest.mark.bubblewrap
def test_the_figures_in_json_and_as_text(
    file: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "out.jsonl"
    with Endpoint(decide) as endpoint:
        given = ["eval", "tasks", "--tasks", str(file), "--model", endpoint.url]
        assert main([*given, "--json", "--output", str(target)]) == 0
        facts = json.loads(capfd.readouterr().out)
        assert main([*given, "--rounds", "1"]) == 0
        shown = capfd.readouterr().out
    assert (facts["tasks"], facts["solved"], facts["share"], facts["steps"]) == (2, 1, 0.5, 0.5)
    assert (facts["rounds"], facts["kinds"]["look"]["share"]) == (12, 1.0)
    (failure,) = facts["failures"]
    assert failure["missing"] == ["src/boats.py lacks 'return 3'", "src/boats.py has 'return 2'"]
    assert [json.loads(line)["solved"] for line in target.read_text("utf-8").splitlines()] == [True, False]
    assert "1 not solved\nedit: Make sails() return 3." in shown and "at most 1 rounds" in shown
    assert "\x1b" not in shown


@pytest.mark.bubblewrap
def test_a_run_that_failed_goes_on_where_it_was(file: Path, capfd: pytest.CaptureFixture[str]) -> None:
    def fail_at_the_second(body: dict[str, Any]) -> Reply:
        return refuse(401) if "sails" in body["messages"][-1]["content"] else decide(body)

    with Endpoint(fail_at_the_second) as endpoint:
        given = ["eval", "tasks", "--tasks", str(file), "--model", endpoint.url, "--json"]
        assert main(given) == 1
        assert capfd.readouterr().err.count("\n") == 1
        endpoint.rule, endpoint.asked = decide, 0
        assert main(given) == 0
    done = capfd.readouterr()
    assert "1 of 2 tasks are done already" in done.err
    assert (json.loads(done.out)["tasks"], endpoint.asked) == (2, 1)


@pytest.mark.bubblewrap
def test_ctrl_c_leaves_no_folder_and_keeps_what_was_done(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = tmp_path / "temporary"
    folders.mkdir()
    monkeypatch.setenv("TMPDIR", str(folders))

    def stop_at_the_second(body: dict[str, Any]) -> Reply:
        if "sails" in body["messages"][-1]["content"]:
            program.send_signal(signal.SIGINT)
            return said(*["word "] * 600, pause_s=0.05)
        return decide(body)

    with Endpoint(stop_at_the_second) as endpoint:
        command = [
            sys.executable,
            "-m",
            "assistant",
            "eval",
            "tasks",
            "--tasks",
            str(file),
            "-m",
            endpoint.url,
        ]
        program = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        out, err = program.communicate(timeout=100)
    assert (program.returncode, out) == (130, "")
    assert "stopped after 1 of 2 tasks; the same command goes on from there" in err
    assert "Traceback" not in err
    assert list(folders.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--tasks", "no-such-file"),
        ("--tasks", "FILE", "--rounds", "0"),
        ("--tasks", "FILE", "--output", "no/such/folder/file"),
    ],
)
def test_wrong_usage_is_one_line_and_code_2(
    arguments: tuple[str, ...], file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["eval", "tasks", *(str(file) if one == "FILE" else one for one in arguments)]) == 2
    done = capfd.readouterr()
    assert (done.out, done.err.count("\n")) == ("", 1)
