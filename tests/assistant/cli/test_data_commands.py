"""``apprentice data`` over a small log."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.cli.main import main
from training.events import open_log
from training.events.decisions import DecisionRecorder

NAME = "agent_decision_history"


class Done:
    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


@pytest.fixture(autouse=True)
def own_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    for kind in ("DATA", "CONFIG", "STATE", "CACHE"):
        monkeypatch.setenv(f"APPRENTICE_{kind}_DIR", str(tmp_path / kind.lower()))
    monkeypatch.chdir(tmp_path)
    yield


@pytest.fixture
def run(capfd):
    def run_command(*arguments: object) -> Done:
        code = main(["data", *(str(argument) for argument in arguments)])
        return Done(code, *capfd.readouterr())

    return run_command


@pytest.fixture
def ids() -> list[str]:
    """Three decisions in the user's own log: done, failed and corrected, unknown."""
    log = open_log()
    recorder = DecisionRecorder(log, "s1")
    made = [
        recorder.selected(
            context={"request": f"request {number}\x1b[2J"},
            tools_available=[{"name": "read_file"}, {"name": "run_shell"}],
            tool_selected=tool,
            reasoning="=1+1",
            confidence=0.5 + number / 10,
            model="evil\x1b]0;x\x07",
            latency_ms=20,
        )
        for number, tool in enumerate(("read_file", "run_shell", "read_file"))
    ]
    recorder.completed(made[0], success=True, result="ok", execution_time_ms=4)
    recorder.completed(made[1], success=False, result="boom", execution_time_ms=6)
    recorder.reviewed(made[1], verdict="corrected", corrected_tool="read_file", corrected_parameters={})
    log.close()
    return [event.event_id for event in made]


@pytest.fixture
def published(run, ids):
    assert run("publish").code == 0
    return ids


def test_publish_measures_every_product(run, ids):
    done = run("publish")
    assert done.code == 0 and done.err == ""
    head, *lines = done.out.splitlines()
    assert head.split()[:4] == ["PRODUCT", "VERSION", "ROWS", "REJECTED"]
    assert len(lines) == 6
    assert lines[0].split()[0] == NAME and lines[0].split()[2] == "3"


def test_publish_one_as_json(run, ids):
    (found,) = json.loads(run("publish", NAME, "--json").out)
    assert (found["id"], found["rows"], found["rejected"]) == (NAME, 3, 0)
    assert set(found["quality"]) == {
        "completeness",
        "accuracy",
        "timeliness",
        "consistency",
        "uniqueness",
    }


def test_publish_only_what_is_stale(run, published):
    assert run("publish", "--if-stale").out == "every product is up to date\n"
    log = open_log()
    DecisionRecorder(log, "s2").selected(context={}, tools_available=[], tool_selected="read_file")
    log.close()
    made = json.loads(run("publish", "--if-stale", "--json").out)
    assert [one["id"] for one in made] == [
        NAME,
        "distillation_training_data",
        "cost_analysis",
        "performance_benchmarks",
    ]
    assert json.loads(run("publish", "--if-stale", "--json").out) == []


def test_publish_needs_a_log_and_makes_none(run, tmp_path):
    done = run("publish")
    assert done.code == 1 and "no event log" in done.err
    assert done.err.count("\n") == 1
    assert not (tmp_path / "data" / "events").exists()


def test_another_log_into_another_store(run, ids, tmp_path):
    assert run("publish", NAME, "--log", tmp_path / "data" / "events", "--store", tmp_path / "s").code == 0
    assert (tmp_path / "s" / NAME / "current").exists()
    assert len(json.loads(run("query", NAME, "--store", tmp_path / "s", "--json").out)) == 3
    assert run("query", NAME).code == 1


def test_list_before_and_after(run, ids):
    assert "not published yet" in run("list").out
    assert {one["version"] for one in json.loads(run("list", "--json").out)} == {None}
    run("publish", NAME)
    line = next(line for line in run("list").out.splitlines() if line.startswith(NAME))
    assert line.split()[1] == "3"
    assert "%" in line
    listed = {one["id"]: one for one in json.loads(run("list", "--json").out)}
    assert listed[NAME]["quality"]["accuracy"] == 1
    assert len(listed) == 6


def test_show_declares_and_measures(run, published):
    shown = run("show", NAME).out
    assert "owner: training" in shown and "completeness:" in shown
    assert "  confidence: number or null" in shown
    found = json.loads(run("show", NAME, "--json").out)
    assert found["schema"]["properties"]["confidence"]
    assert found["refresh"]["events"][0] == "AGENT_TOOL_SELECTED"
    assert found["downstream"][0] == "distillation_training_data"
    assert found["versions"] == [found["version"]]


def test_show_works_before_publishing(run):
    assert run("show", NAME).code == 0
    assert json.loads(run("show", NAME, "--json").out)["version"] is None


def test_query_with_filters_order_and_limit(run, published):
    found = json.loads(
        run("query", NAME, "--where", "confidence>=0.6", "--order", "confidence", "--json").out
    )
    assert [row["event_id"] for row in found] == published[1:]
    found = json.loads(
        run("query", NAME, "--where", "tool_selected in read_file,x", "--limit", 1, "--json").out
    )
    assert [row["event_id"] for row in found] == [published[2]]
    found = json.loads(
        run("query", NAME, "--where", "outcome.success=false", "--where", "confidence>0.5", "--json").out
    )
    assert [row["event_id"] for row in found] == [published[1]]


def test_query_as_a_table(run, published):
    done = run("query", NAME)
    head, *lines = done.out.splitlines()
    assert head.startswith("EVENT_ID")
    assert [line.split()[0] for line in lines] == published[::-1]
    assert run("query", NAME, "--where", "agent_id=nobody").out == "no row matches\n"


@pytest.mark.parametrize("bad", ["confidence", "nothing=1", "confidence>=null", "context={}"])
def test_a_bad_filter_is_one_line(run, published, bad):
    for command in ("query", "lineage"):
        done = run(command, NAME, "--where", bad)
        assert (done.code, done.out) == (2, "")
        assert done.err.startswith("apprentice: ") and done.err.count("\n") == 1


def test_no_such_product_is_one_line(run):
    for command in (
        ("show", "x"),
        ("query", "x"),
        ("lineage", "x"),
        ("publish", "x"),
        ("export", "x", "-o", "y.csv"),
    ):
        done = run(*command)
        assert done.code == 2 and "there is no data product 'x'" in done.err


def test_lineage_as_a_tree(run, published):
    done = run("lineage", "distillation_training_data", "--where", f"event_id={published[1]}")
    assert done.code == 0
    lines = done.out.splitlines()
    assert lines[0].startswith("distillation_training_data ")
    assert any(line.startswith("│  ├─ agent_decision_history ") for line in lines)
    assert lines[-4].endswith(f"row {published[1]}")
    assert [line.split()[-2] for line in lines[-3:]] == ["event"] * 3
    assert lines[-1].startswith("      └─ ")


def test_lineage_as_json(run, published):
    found = json.loads(run("lineage", NAME, "--json").out)
    assert found["name"] == NAME
    assert [one["name"] for one in found["children"]] == ["made from", "used by"]


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
def test_export_by_the_name_of_the_file(run, published, tmp_path, kind):
    done = run("export", NAME, "-o", f"out.{kind}", "--where", "confidence>0.5")
    assert (done.code, done.out) == (0, f"2 rows of {NAME} in out.{kind}\n")
    assert (tmp_path / f"out.{kind}").stat().st_size > 0
    said = json.loads(run("export", NAME, "-o", "out", "--format", kind, "--json").out)
    assert (said["rows"], said["file"]) == (3, "out")


def test_export_to_stdout(run, published):
    done = run("export", NAME, "-o", "-", "--limit", 2)
    assert [json.loads(line)["event_id"] for line in done.out.splitlines()] == published[:0:-1]
    head, *_ = run("export", NAME, "-o", "-", "--format", "csv").out.splitlines()
    assert head.startswith("event_id,timestamp")


def test_export_neutralises_formulas(run, published, tmp_path):
    run("export", NAME, "-o", "out.csv")
    assert ",'=1+1," in (tmp_path / "out.csv").read_text(encoding="utf-8")


def test_export_wrong_usage(run, published):
    assert run("export", NAME, "-o", "out.xlsx").code == 2
    assert run("export", NAME, "-o", "-", "--json").code == 2
    assert run("export", NAME).code == 2
    done = run("export", NAME, "-o", "nowhere/out.csv")
    assert done.code == 1 and "No such file" in done.err


def test_what_came_from_the_log_is_inert(run, published):
    for command in (("list",), ("show", NAME), ("query", NAME), ("query", "performance_benchmarks")):
        done = run(*command)
        assert done.code == 0
        assert "\x1b" not in done.out and "\x07" not in done.out
    tree = run("lineage", "performance_benchmarks", "--where", "decisions>=1").out
    assert "evil" in tree and "\x1b" not in tree


def test_a_damaged_version_is_one_line(run, published, tmp_path):
    (rows,) = (tmp_path / "data" / "products" / NAME / "versions").glob("*/rows.jsonl")
    rows.write_bytes(rows.read_bytes().replace(b"request", b"reqvest"))
    done = run("query", NAME)
    assert done.code == 1 and "damaged" in done.err and done.err.count("\n") == 1
    assert run("publish", NAME).code == 0
    assert run("query", NAME).code == 0
