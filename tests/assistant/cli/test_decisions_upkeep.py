"""``apprentice decisions stats``, ``migrate`` and ``prune``."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from assistant.cli.main import cli
from training.events import EventType, open_log
from training.events.decisions import DecisionRecorder
from training.events.ids import new_event
from training.events.journal import SEGMENT

Run = Callable[..., Result]


@pytest.fixture
def run() -> Run:
    return lambda *arguments: CliRunner().invoke(cli, ["decisions", *map(str, arguments)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def ids(folder: Path) -> list[str]:
    """Four decisions of two agents on four days, the first done, the second refused; two secrets redacted."""
    log = open_log(folder)
    made = [
        DecisionRecorder(log, "s1", agent).selected(
            context={
                "request": f"go {day}",
                **({"password": "hunter2", "key": "ghp_" + "a1B2" * 9} if not day else {}),
            },
            tools_available=[{"name": "read_file"}],
            tool_selected="read_file",
            timestamp=f"2030-01-0{day + 4}T12:00:00Z",
        )
        for day, agent in enumerate(("coder", "coder", "tester", "coder"))
    ]
    recorder = DecisionRecorder(log, "s1")
    recorder.completed(made[0], success=True, result="ok")
    recorder.reviewed(made[1], verdict="refused")
    log.close()
    return [event.event_id for event in made]


def test_stats_per_agent_and_over_time(run, folder, ids):
    found = json.loads(run("stats", "--json", "--by", "week", "--log", folder).stdout)
    assert [(entry["agent"], entry["decisions"]) for entry in found["agents"]] == [
        ("coder", 3),
        ("tester", 1),
    ]
    assert [(entry["period"], entry["decisions"]) for entry in found["over_time"]] == [
        ("2030-W01", 3),
        ("2030-W02", 1),
    ]
    assert (found["refused"], found["refusal_rate"], found["corrected"]) == (1, 0.25, 0)
    text = run("stats", "--by", "day", "--log", folder).stdout
    for word in (
        "TOOL",
        "AGENT",
        "PERIOD",
        "REFUSED",
        "CORRECTED",
        "ACCURACY",
        "tester",
        "2030-01-06",
        "25%",
    ):
        assert word in text
    assert "AGENT" not in run("stats", "--agent", "coder", "--log", folder).stdout


def test_how_an_agent_s_accuracy_moved(run, folder, ids):
    found = json.loads(run("stats", "--json", "--agent", "coder", "--by", "day", "--log", folder).stdout)
    assert [entry["accuracy"] for entry in found["over_time"]] == [1.0, 0.0, None]


def test_stats_as_of(run, folder, ids):
    def counted(*options: str) -> tuple[int, int, int]:
        found = json.loads(run("stats", "--json", "--log", folder, *options).stdout)
        return found["decisions"], found["succeeded"], found["refused"]

    assert counted() == (4, 1, 1)
    assert counted("--as-of", "5") == (4, 1, 0)
    assert counted("--as-of", "4") == (4, 0, 0)
    assert counted("--as-of", "2030-01-05T13:00:00Z")[0] == 2
    assert counted("--as-of", "3", "--agent", "tester") == (1, 0, 0)


def test_stats_of_redactions(run, folder, ids):
    found = json.loads(run("stats", "--redactions", "--json", "--log", folder).stdout)
    assert (found["events"], found["with_redactions"], found["redacted"]) == (6, 1, 2)
    assert {one["kind"]: one["redacted"] for one in found["kinds"]} == {"password": 1, "github-token": 1}
    text = run("stats", "--redactions", "--log", folder).stdout
    assert "github-token" in text and text.endswith("2 redacted in 1 of 6 events\n")
    nothing = run("stats", "--redactions", "--as-of", "0", "--log", folder)
    assert (nothing.exit_code, nothing.stdout) == (0, "0 redacted in 0 of 0 events\n")
    assert run("stats", "--redactions", "--tool", "x", "--log", folder).exit_code == 2


def test_redactions_without_a_log(run, tmp_path, monkeypatch):
    monkeypatch.setenv("APPRENTICE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    assert run("stats", "--redactions").stdout == "0 redacted in 0 of 0 events\n"


def test_migrate_says_what_it_proved(run, folder, ids, tmp_path):
    result = run("migrate", folder, tmp_path / "other")
    assert (result.exit_code, result.stderr) == (0, "")
    said = result.stdout.splitlines()
    assert said[0] == "moved 6 events, 0 were there already"
    assert said[1] == "FROM and TO hold the same 6 events, equal in every field"
    facts = json.loads(run("migrate", folder, f"tinydb://{tmp_path}/other", "--json").stdout)
    head = said[2].removeprefix("chain head ")
    assert facts == {
        "events": 6,
        "copied": 0,
        "only_in_target": 0,
        "equal": True,
        "same_numbers": True,
        "head": head,
    }
    assert run("list", "--log", folder).stdout == run("list", "--log", tmp_path / "other").stdout


@pytest.mark.postgres
def test_migrate_to_a_server_and_back(run, folder, ids, tmp_path, postgres_url):
    there = json.loads(run("migrate", folder, postgres_url, "--json").stdout)
    back = json.loads(run("migrate", postgres_url, tmp_path / "back", "--json").stdout)
    assert there == back and there["events"] == 6
    for command in (["list"], ["stats", "--by", "day"], ["export"], ["replay"], ["verify"], ["show", ids[0]]):
        outputs = [run(*command, "--log", log) for log in (folder, postgres_url, tmp_path / "back")]
        assert outputs[0].stdout == outputs[1].stdout == outputs[2].stdout != ""


@pytest.mark.postgres
def test_a_server_is_pruned_like_a_folder(run, folder, ids, postgres_url):
    run("migrate", folder, postgres_url)
    rule = ("prune", "--before", "2030-01-06T00:00Z", "--type", "AGENT_TOOL_SELECTED", "--yes", "--json")
    done = [json.loads(run(*rule, "--log", log).stdout) for log in (folder, postgres_url)]
    assert done[0] == done[1] and done[0]["events"] == 2
    for command in (["list"], ["stats"], ["replay"], ["verify"], ["show", ids[2]]):
        outputs = [run(*command, "--log", log).stdout for log in (folder, postgres_url)]
        assert outputs[0] == outputs[1] != ""
    history = [
        json.loads(run("prune", "--history", "--json", "--log", log).stdout) for log in (folder, postgres_url)
    ]
    assert [{**entry, "at": ""} for entry in history[0]] == [{**entry, "at": ""} for entry in history[1]]


@pytest.mark.postgres
def test_the_settings_may_name_a_server(run, folder, ids, postgres_url, monkeypatch, tmp_path):
    run("migrate", folder, postgres_url)
    monkeypatch.setenv("APPRENTICE_EVENTS__URL", postgres_url)
    monkeypatch.chdir(tmp_path)
    assert len(json.loads(run("list", "--json").stdout)) == 4


@pytest.mark.postgres
def test_verify_of_a_server_names_what_is_damaged(run, folder, ids, postgres_url):
    from sqlalchemy import create_engine, text

    run("migrate", folder, postgres_url)
    engine = create_engine(postgres_url)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE events DISABLE TRIGGER USER"))
        connection.execute(text("DELETE FROM events WHERE sequence = 3"))
    engine.dispose()
    result = run("verify", "--log", postgres_url)
    assert result.exit_code == 1 and "5 events are whole; damaged:\n  event 3: was taken out" in result.stdout
    refused = run("migrate", postgres_url, folder.parent / "rest")
    assert refused.exit_code == 1 and "--force to move the rest" in refused.stderr
    forced = json.loads(run("migrate", postgres_url, folder.parent / "rest", "--force", "--json").stdout)
    assert (forced["events"], forced["same_numbers"]) == (5, False)


def test_migrate_refuses_another_log(run, folder, ids, tmp_path):
    other = open_log(tmp_path / "other")
    other.append(new_event("T", "a", "x", {}))
    other.close()
    result = run("migrate", folder, tmp_path / "other")
    assert (result.exit_code, result.stdout) == (1, "")
    assert len(result.stderr.splitlines()) == 1 and "--force" in result.stderr
    forced = run("migrate", folder, tmp_path / "other", "--force")
    assert forced.exit_code == 0
    assert "equal in every field but their numbers; TO holds 1 more of its own" in forced.stdout


def test_migrate_of_a_damaged_log(run, folder, ids, tmp_path):
    journal = folder / SEGMENT
    journal.write_bytes(journal.read_bytes().replace(b"tester", b"taster", 1))
    result = run("migrate", folder, tmp_path / "other")
    assert result.exit_code == 1 and "1 damaged places" in result.stderr
    forced = json.loads(run("migrate", folder, tmp_path / "other", "--force", "--json").stdout)
    assert (forced["events"], forced["equal"], forced["same_numbers"]) == (5, True, False)


def test_migrate_from_nowhere_makes_nothing(run, tmp_path):
    result = run("migrate", tmp_path / "none", tmp_path / "other")
    assert result.exit_code == 1 and "no event log is in" in result.stderr
    assert list(tmp_path.iterdir()) == []
    assert run("migrate", tmp_path).exit_code == 2


def test_prune_removes_what_is_named(run, folder, ids):
    result = run(
        "prune", "--before", "2030-01-06T00:00Z", "--type", "AGENT_TOOL_SELECTED", "--yes", "--log", folder
    )
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("removed 2 events, ")
    listed = json.loads(run("list", "--json", "--log", folder).stdout)
    assert [row["event_id"] for row in listed] == ids[:1:-1]
    assert run("verify", "--log", folder).stdout == "4 events, all whole\n"
    (entry,) = json.loads(run("prune", "--history", "--json", "--log", folder).stdout)
    assert (entry["events"], entry["by_type"]) == (2, {"AGENT_TOOL_SELECTED": 2})
    assert "AGENT_TOOL_SELECTED 2" in run("prune", "--history", "--log", folder).stdout


def test_prune_keeps_what_a_dataset_cites(run, folder, ids):
    log = open_log(folder)
    data = {"dataset_id": "d1", "event_ids": [ids[1]]}
    log.append(new_event(EventType.TRAINING_DATA_CURATED, "d1", "dataset", data))
    log.close()
    rule = ("prune", "--type", "AGENT_TOOL_SELECTED", "--yes", "--json", "--log", folder)
    done = json.loads(run(*rule).stdout)
    assert (done["events"], done["cited"], done["by_type"]) == (3, 1, {"AGENT_TOOL_SELECTED": 3})
    assert [row["event_id"] for row in json.loads(run("list", "--json", "--log", folder).stdout)] == [ids[1]]
    assert json.loads(run(*rule, "--force").stdout)["events"] == 1


def test_prune_keeps_the_sources_of_published_training_data(run, folder, ids, monkeypatch, tmp_path):
    from training.products.store import ProductStore

    monkeypatch.setenv("APPRENTICE_DATA_DIR", str(tmp_path / "data"))
    log = open_log(folder)
    ProductStore().publish("distillation_training_data", log)
    log.close()
    done = json.loads(run("prune", "--max-mb", "0", "--yes", "--json", "--log", folder).stdout)
    assert done["cited"] >= 2
    kept = [row["event_id"] for row in json.loads(run("list", "--json", "--log", folder).stdout)]
    assert ids[1] in kept


def test_what_is_asked_before_pruning_says_what_would_go(folder, ids, monkeypatch):
    monkeypatch.setattr("assistant.cli.decision_prune.is_terminal", lambda: True)
    rule = ["--before", "2030-01-06T12:00", "--type", "AGENT_TOOL_SELECTED", "--type", "AGENT_TOOL_COMPLETED"]
    asked = CliRunner().invoke(cli, ["decisions", "prune", *rule, "--log", str(folder)], input="n\n")
    what = "AGENT_TOOL_SELECTED, AGENT_TOOL_COMPLETED events before 2030-01-06 12:00:00"
    assert asked.exit_code != 0 and asked.stderr.startswith(f"Remove the content of {what}, for good?")
    asked = CliRunner().invoke(
        cli, ["decisions", "prune", "--max-mb", "2", "--force", "--log", str(folder)], input="n\n"
    )
    assert "of all events, the oldest beyond 2 MB, also what is cited, for good?" in asked.stderr
    log = open_log(folder)
    assert log.pruned() == [] and len(list(log.read())) == 6
    log.close()


def test_prune_asks_and_needs_a_rule(run, folder, ids):
    assert run("prune", "--log", folder).exit_code == 2
    refused = run("prune", "--max-mb", "1", "--log", folder)
    assert refused.exit_code == 2 and "--yes" in refused.stderr
    assert run("prune", "--type", "NONE", "--yes", "--log", folder).exit_code == 2
    assert run("prune", "--history", "--log", folder).stdout == "nothing was pruned\n"
    assert run("verify", "--log", folder).stdout == "6 events, all whole\n"


def test_prune_without_a_log(run, tmp_path, monkeypatch):
    monkeypatch.setenv("APPRENTICE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    assert run("prune", "--before", "1d", "--yes").stdout == "removed 0 events, 0.0 MB\n"
    assert json.loads(run("prune", "--history", "--json").stdout) == []
