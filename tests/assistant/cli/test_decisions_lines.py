"""``apprentice decisions export`` and ``replay``, and how times are written."""

import csv
import json
import os
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from assistant.cli import decision_export
from assistant.cli.main import cli
from assistant.cli.moments import moment, moment_or_sequence
from training.events import open_log
from training.events.audit import COLUMNS
from training.events.decisions import DecisionRecorder

Run = Callable[..., Result]


@pytest.fixture
def run() -> Run:
    return lambda *arguments: CliRunner().invoke(cli, ["decisions", *map(str, arguments)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def ids(folder: Path) -> list[str]:
    """Four decisions of 2 January 2030 to 5 January, done, failed and refused, unknown, unknown."""
    log = open_log(folder)
    recorder = DecisionRecorder(log, "s1")
    made = [
        recorder.selected(
            context={"request": f"request {number}\x1b[2J"},
            tools_available=[{"name": tool}],
            tool_selected=tool,
            timestamp=f"2030-01-0{number + 2}T12:00:00Z",
        )
        for number, tool in enumerate(("read_file", "run_shell", "read_file", "git_diff"))
    ]
    recorder.completed(made[0], success=True, result="ok")
    recorder.completed(made[1], success=False, result="boom")
    recorder.reviewed(made[1], verdict="refused", reason="no")
    log.close()
    return [event.event_id for event in made]


def lines_of(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_the_audit_form_is_the_default_oldest_first(run, folder, ids):
    result = run("export", "--log", folder)
    assert (result.exit_code, result.stderr) == (0, "")
    found = lines_of(result.stdout)
    assert [line["event_id"] for line in found] == ids
    assert all(list(line) == list(COLUMNS) for line in found)
    assert [line["outcome"] for line in found] == ["done", "failed", "unknown", "unknown"]
    assert found[1]["verdict"] == "refused" and "\x1b" not in result.stdout


def test_jsonl_is_what_list_prints(run, folder, ids):
    listed = json.loads(run("list", "--json", "--log", folder).stdout)
    assert lines_of(run("export", "--format", "jsonl", "--log", folder).stdout) == listed[::-1]


def test_export_takes_the_filters(run, folder, ids):
    def exported(*options: str) -> list[object]:
        return [line["event_id"] for line in lines_of(run("export", "--log", folder, *options).stdout)]

    assert exported("--outcome", "refused") == [ids[1]]
    assert exported("--tool", "read_file") == [ids[0], ids[2]]
    assert exported("--since", "2030-01-04T00:00Z") == ids[2:]
    assert exported("--since", "2030-01-03T00:00Z", "--until", "2030-01-04T00:00Z") == [ids[1]]
    assert exported("--text", "REQUEST 3") == [ids[3]]
    assert exported("--agent", "nobody") == []


def test_export_to_a_file(run, folder, ids, tmp_path):
    path = tmp_path / "tool_calls_audit.jsonl"
    path.write_text("old")
    mode = stat.S_IMODE(path.stat().st_mode)
    result = run("export", "--log", folder, "-o", path)
    assert (result.exit_code, result.stdout) == (0, f"wrote 4 decisions to {path}\n")
    assert [line["event_id"] for line in lines_of(path.read_text())] == ids
    assert stat.S_IMODE(path.stat().st_mode) == mode
    facts = json.loads(run("export", "--log", folder, "-o", path, "--format", "jsonl", "--json").stdout)
    assert facts == {"decisions": 4, "format": "jsonl", "output": str(path)}
    assert sorted(os.listdir(tmp_path)) == ["log", path.name]  # noqa: PTH208


def test_export_for_a_spreadsheet(run, folder, ids, tmp_path):
    path = tmp_path / "decisions.csv"
    assert run("export", "--log", folder, "--format", "csv", "-o", path).exit_code == 0
    with path.open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    assert [row["event_id"] for row in found] == ids
    assert json.loads(found[1]["review"])["verdict"] == "refused" and found[3]["outcome"] == ""
    rows = lines_of(run("export", "--log", folder, "--format", "jsonl").stdout)
    assert [*found[0], "label"] == list(rows[0])


def test_a_spreadsheet_of_nothing_has_its_head(run, folder, ids):
    shown = run("export", "--log", folder, "--format", "csv", "--tool", "none").stdout
    assert shown.startswith("event_id,timestamp,session_id,") and len(shown.splitlines()) == 1


def test_a_file_is_whole_or_not_there(run, folder, ids, tmp_path, monkeypatch):
    path = tmp_path / "audit.jsonl"
    path.write_text("old")

    def break_after_two(log, wanted, on_event=None):
        yield from ({"n": 1}, {"n": 2})
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(decision_export, "audit", break_after_two)
    result = run("export", "--log", folder, "-o", path)
    assert result.exit_code == 1 and "No space left" in result.stderr and len(result.stderr.splitlines()) == 1
    assert path.read_text() == "old"
    assert sorted(os.listdir(tmp_path)) == ["audit.jsonl", "log"]  # noqa: PTH208


def test_a_file_that_cannot_be_made_is_one_line(run, folder, ids, tmp_path):
    result = run("export", "--log", folder, "-o", tmp_path / "none" / "x.jsonl")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "cannot be written: No such file" in result.stderr and len(result.stderr.splitlines()) == 1


def test_json_without_a_file_is_wrong_usage(run, folder, ids):
    result = run("export", "--log", folder, "--json")
    assert result.exit_code == 2 and "--output" in result.stderr


def test_replay_prints_every_event_in_order(run, folder, ids):
    result = run("replay", "--log", folder)
    assert (result.exit_code, result.stderr) == (0, "")
    found = result.stdout.splitlines()
    assert [int(line.split()[0]) for line in found] == [1, 2, 3, 4, 5, 6, 7]
    assert (
        "AGENT_TOOL_SELECTED" in found[0] and f"decision {ids[0]} v1" in found[0] and "read_file" in found[0]
    )
    assert "AGENT_TOOL_COMPLETED" in found[4] and "True" in found[4]
    assert "DECISION_REVIEWED" in found[6] and "refused" in found[6]


def test_replay_json_is_the_events_themselves(run, folder, ids):
    log = open_log(folder)
    found = lines_of(run("replay", "--json", "--log", folder).stdout)
    assert found == [{name: getattr(event, name) for name in found[0]} for event in log.read()]
    assert found[0]["data"]["context"] == {"request": "request 0\x1b[2J"}
    log.close()


@pytest.mark.parametrize(
    ("options", "sequences"),
    [
        (["--from", "6"], [6, 7]),
        (["--until", "2"], [1, 2]),
        (["--from", "2", "--until", "3"], [2, 3]),
        (["--until", "2030-01-03T12:00:00Z"], [1, 2, 5, 6, 7]),
        (["--from", "100"], []),
    ],
)
def test_replay_from_and_until(run, folder, ids, options, sequences):
    found = lines_of(run("replay", "--json", "--log", folder, *options).stdout)
    assert [event["sequence"] for event in found] == sequences


@pytest.mark.parametrize("command", ["export", "replay"])
def test_without_a_log_nothing_is_printed_or_made(run, tmp_path, monkeypatch, command):
    monkeypatch.setenv("APPRENTICE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    result = run(command)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "options",
    [
        ["replay", "--from", "0"],
        ["replay", "--until", "soon"],
        ["export", "--since", "x"],
        ["export", "--outcome", "x"],
    ],
)
def test_wrong_usage(run, folder, ids, options):
    result = run(*options, "--log", folder)
    assert (result.exit_code, result.stdout) == (2, "")


def test_moments():
    assert moment("2030-01-02T03:04:05+00:00") == datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert moment("2030-01-02") == datetime(2030, 1, 2).astimezone()
    for text, ago in (("30m", 1800), ("12h", 43200), ("7d", 604800), ("2w", 1209600)):
        assert abs(datetime.now(UTC) - moment(text) - timedelta(seconds=ago)) < timedelta(seconds=10)
    assert moment_or_sequence("12") == 12 and moment_or_sequence("20300102") == 20300102
    assert moment_or_sequence("7d") < datetime.now(UTC)
    for bad in ("soon", "", "7y", "999999w", "2030-13-01", "١d"):
        with pytest.raises(click.BadParameter, match="is no time; write 2026-11-20"):
            moment(bad)
