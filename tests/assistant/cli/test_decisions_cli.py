"""``apprentice decisions`` over a small log."""

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from assistant.cli.main import cli
from training.events import open_log
from training.events.decisions import DecisionRecorder
from training.events.journal import SEGMENT

Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def own_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    for kind in ("DATA", "CONFIG", "STATE", "CACHE"):
        monkeypatch.setenv(f"APPRENTICE_{kind}_DIR", str(tmp_path / kind.lower()))
    monkeypatch.setenv("TZ", "Etc/GMT-3")
    monkeypatch.chdir(tmp_path)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def run() -> Run:
    return lambda *arguments: CliRunner().invoke(cli, ["decisions", *map(str, arguments)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def ids(folder: Path) -> list[str]:
    """Three decisions: done, failed and refused, without outcome."""
    log = open_log(folder)
    first, second = DecisionRecorder(log, "s1"), DecisionRecorder(log, "s2")
    made = [
        recorder.selected(
            context={"request": f"request {tool}\x1b[2J"},
            tools_available=[{"name": tool}],
            tool_selected=tool,
            tool_parameters={"path": "a.py"},
            confidence=0.5,
            latency_ms=20,
        )
        for recorder, tool in ((first, "read_file"), (first, "run_shell"), (second, "read_file"))
    ]
    first.completed(made[0], success=True, result="ok", execution_time_ms=4)
    first.completed(made[1], success=False, result="boom", execution_time_ms=6)
    first.reviewed(made[1], verdict="refused", reason="no")
    log.close()
    return [event.event_id for event in made]


def test_list_shows_the_newest_first(run, folder, ids):
    result = run("list", "--log", folder)
    assert result.exit_code == 0
    head, *lines = result.stdout.splitlines()
    assert head.split("  ")[0] == "TIME"
    assert [identifier for line in lines for identifier in ids if identifier in line] == ids[::-1]
    assert "unknown" in lines[0] and "failed" in lines[1] and "refused" in lines[1] and "done" in lines[2]
    assert len({line.index(identifier) for line, identifier in zip(lines, ids[::-1], strict=True)}) == 1
    assert "request run_shell" in lines[1]


def test_what_came_from_the_log_is_inert(run, folder, ids):
    for command in (("list",), ("show", ids[0]), ("stats",)):
        result = run(*command, "--log", folder)
        assert result.exit_code == 0 and "\x1b" not in result.stdout


def test_list_filters(run, folder, ids):
    def listed(*options: str) -> list[str]:
        result = run("list", "--json", "--log", folder, *options)
        assert result.exit_code == 0
        return [row["event_id"] for row in json.loads(result.stdout)]

    assert listed() == ids[::-1]
    assert listed("--limit", "1") == [ids[2]]
    assert listed("--tool", "read_file") == [ids[2], ids[0]]
    assert listed("--session", "s1") == [ids[1], ids[0]]
    assert listed("--tool", "none") == []
    assert listed("tool:read") == [ids[2], ids[0]]
    assert listed("tool:run", "--session", "s1", "request") == [ids[1]]
    assert listed("tool:run", "nowhere") == []


@pytest.mark.parametrize("words", [["tol:run"], ["outcome:odd"], ["session:s1", "--session", "s2"]])
def test_a_filter_that_is_not_understood_is_an_error(run, folder, ids, words):
    result = run("list", "--log", folder, *words)
    assert result.exit_code == 2 and "Error: " in result.stderr


def test_a_call_that_was_refused_did_not_fail(run, folder):
    log = open_log(folder)
    recorder = DecisionRecorder(log, "s1")
    chosen = recorder.selected(
        context={}, tools_available=[], tool_selected="run_shell", tool_parameters={}, latency_ms=1
    )
    recorder.reviewed(chosen, verdict="refused")
    recorder.completed(chosen, success=False, result="the person refused this call", execution_time_ms=0.0)
    log.close()
    assert "not run" in run("list", "--log", folder).stdout


def test_times_are_local(run, folder, ids):
    utc = json.loads(run("show", ids[0], "--json", "--log", folder).stdout)["timestamp"]
    shown = run("show", ids[0], "--log", folder).stdout
    hour = (int(utc[11:13]) + 3) % 24
    assert f" {hour:02d}:{utc[14:19]}" in shown


def test_show_by_any_of_its_events(run, folder, ids):
    result = run("show", ids[1], "--json", "--log", folder)
    row = json.loads(result.stdout)
    assert row["outcome"] == {"success": False, "result": "boom", "execution_time_ms": 6}
    assert row["review"]["verdict"] == "refused"
    types = [event["event_type"] for event in row["events"]]
    assert types == ["AGENT_TOOL_SELECTED", "AGENT_TOOL_COMPLETED", "DECISION_REVIEWED"]
    assert row["cause"] is None and all(event["aggregate_id"] == ids[1] for event in row["events"])
    text = run("show", ids[2], "--log", folder).stdout
    assert text.splitlines()[-2] == "events:" and "AGENT_TOOL_SELECTED" in text.splitlines()[-1]
    assert "outcome: unknown" in text and "tool_selected: read_file" in text and '"path": "a.py"' in text


def test_show_of_an_unknown_event_is_one_line(run, folder, ids):
    result = run("show", "nothing", "--log", folder)
    assert (result.exit_code, result.stdout) == (1, "")
    assert len(result.stderr.splitlines()) == 1 and "apprentice decisions list" in result.stderr


def test_stats(run, folder, ids):
    found = json.loads(run("stats", "--json", "--log", folder).stdout)
    assert (found["decisions"], found["succeeded"], found["failed"], found["unknown"]) == (3, 1, 1, 1)
    assert found["success_rate"] == 0.5 and found["sessions"] == 2 and found["reviews"] == {"refused": 1}
    assert found["first"] < found["last"]
    assert [(entry["tool"], entry["decisions"]) for entry in found["tools"]] == [
        ("read_file", 2),
        ("run_shell", 1),
    ]
    assert found["tools"][0]["success_rate"] == 1.0 and found["tools"][1]["execution_time_ms"] == 6
    text = run("stats", "--log", folder).stdout
    assert "read_file" in text and "refused 1" in text and "100%" in text


def test_verify_of_a_whole_log(run, folder, ids):
    result = run("verify", "--log", folder)
    assert (result.exit_code, result.stdout) == (0, "6 events, all whole\n")
    assert json.loads(run("verify", "--json", "--log", folder).stdout) == {"events": 6, "damaged": []}


def test_verify_names_what_is_damaged(run, folder, ids):
    journal = folder / SEGMENT
    journal.write_bytes(journal.read_bytes().replace(b"run_shell", b"run_smell", 1))
    result = run("verify", "--log", folder)
    assert result.exit_code == 1
    assert "5 events are whole" in result.stdout and "event 2" in result.stdout
    assert "note: " in result.stderr
    facts = json.loads(run("verify", "--json", "--log", folder).stdout)
    assert facts["events"] == 5 and facts["damaged"][0]["events"] == [2]


def test_a_damaged_log_is_still_listed_and_said(run, folder, ids):
    journal = folder / SEGMENT
    journal.write_bytes(journal.read_bytes().replace(b"run_shell", b"run_smell", 1))
    result = run("list", "--json", "--log", folder)
    assert result.exit_code == 0
    assert [row["event_id"] for row in json.loads(result.stdout)] == [ids[2], ids[0]]
    assert "event 2" in result.stderr


@pytest.mark.parametrize("command", ["list", "stats", "verify"])
def test_an_empty_start_is_no_error_and_makes_nothing(run, tmp_path, command):
    result = run(command)
    assert result.exit_code == 0 and result.stderr == ""
    assert not (tmp_path / "data").exists()
    json.loads(run(command, "--json").stdout)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("missing", "no event log is in"),
        ("mysql://me:pw@db/x", "unknown scheme"),
        ("", "no decisions yet"),
    ],
)
def test_a_log_that_is_not_there(run, url, said):
    result = run("list", "--log", url)
    assert result.exit_code == (1 if url else 0)
    assert said in result.stderr + result.stdout and len((result.stderr + result.stdout).splitlines()) == 1
    assert not os.path.exists("missing")  # noqa: PTH110


def test_an_emptied_log_is_one_line(run, folder, ids):
    (folder / SEGMENT).write_bytes(b"")
    for command in ("list", "verify"):
        result = run(command, "--log", folder)
        assert (result.exit_code, result.stdout) == (1, "")
        assert len(result.stderr.splitlines()) == 1 and "backup" in result.stderr


def test_wrong_usage(run, folder):
    assert run("list", "--limit", "0").exit_code == 2
    assert run("list", "--nonsense").exit_code == 2
    assert run("show").exit_code == 2


def test_the_log_of_the_settings_is_read(run, monkeypatch, folder, ids):
    monkeypatch.setenv("APPRENTICE_EVENTS__URL", str(folder))
    assert len(json.loads(run("list", "--json").stdout)) == 3
