"""``apprentice data curate|datasets|dropped|diff``: what is refused beforehand, and one whole way."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.cli.main import main
from tools.calls import ToolCall
from tools.protocol.messages import Message
from tools.registry import builtin_registry
from training.datasets.example import Example, example_id, to_line
from training.datasets.manifest import Origin
from training.datasets.store import DatasetStore
from training.events import open_log
from training.events.decisions import DecisionRecorder
from training.finetune.preparation import data_files

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    for kind in ("DATA", "CONFIG", "STATE", "CACHE"):
        monkeypatch.setenv(f"APPRENTICE_{kind}_DIR", str(tmp_path / kind.lower()))
    monkeypatch.chdir(tmp_path)

    def run_command(*arguments: str) -> tuple[int, str, str]:
        code = main(["data", *arguments])
        return code, *capfd.readouterr()

    return run_command


def line(request: str, path: str = "a.py") -> bytes:
    tools = tuple(one for one in builtin_registry().signatures() if one.name == "read_file")
    call = ToolCall("c0", "read_file", {"path": path})
    messages = (Message("user", request), Message("assistant", calls=(call,)))
    return to_line(Example(example_id(messages, tools), messages, tools)).rstrip(b"\n")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--threshold", "1.5"], "the recipe: threshold: Input should be less than or equal to 1"),
        (["--rename", "cat"], "the rule 'cat' cannot be read; write OLD=NEW"),
        (["--recipe", "no.toml"], "the recipe no.toml cannot be read"),
        (["--log", "postgresql+psycopg://me:hunter2@host/db"], "the log's URL holds a password"),
        (["--since", "tomorrow"], "'tomorrow' is no time"),
    ],
)
def test_what_cannot_be_curated_is_one_line_and_starts_no_job(run: Run, given: list[str], said: str) -> None:
    code, out, error = run("curate", *given)
    assert code in (1, 2) and out == ""
    assert said in error and "hunter2" not in error
    assert not Path("data/jobs").exists()


def test_datasets_are_listed_shown_compared_and_found_by_training(run: Run) -> None:
    store = DatasetStore()
    first = store.add({"train.jsonl": [line("read a"), line("read b")]}, Origin(events={"decisions": 3}))
    second = store.add(
        {"train.jsonl": [line("read a")], "test.jsonl": [line("read\x1b[2J c")]},
        Origin(events={"decisions": 3}, configuration={"threshold": 0.9}),
    )
    assert (
        store.add({"train.jsonl": [line("read a"), line("read b")]}, Origin(events={"decisions": 3})) == first
    )
    _, out, _ = run("datasets")
    assert {first.id, second.id} <= set(out.split())
    shown = json.loads(run("datasets", first.id[:8], "--json")[1])
    assert (shown["id"], shown["damage"]) == (first.id, None)
    code, out, _ = run("diff", first.id, second.id)
    assert code == 0 and "1 added, 1 removed" in out and "threshold: null to 0.9" in out and "\x1b" not in out
    assert data_files(Path(first.id)).training == store.path(first.id) / "train.jsonl"
    code, _, error = run("diff", "beef", first.id)
    assert code == 1 and "there is no dataset 'beef'; apprentice data datasets shows them" in error


def test_a_dataset_that_was_changed_says_so_and_is_mended(run: Run) -> None:
    store = DatasetStore()
    made = store.add({"train.jsonl": [line("read a")]}, Origin())
    path = store.path(made.id) / "train.jsonl"
    path.write_bytes(b"")
    assert "changed since it was written" in run("datasets", made.id)[1]
    store.add({"train.jsonl": [line("read a")]}, Origin())
    assert store.damage(made.id) is None


@pytest.mark.slow
def test_from_the_log_to_a_dataset(run: Run) -> None:
    assert run("curate")[0] == 1
    log = open_log()
    recorder = DecisionRecorder(log, "s1")
    for number in range(6):
        event = recorder.selected(
            context={"request": f"show the file of number {number % 3}"},
            tools_available=[{"name": "read_file"}],
            tool_selected="read_file",
            tool_parameters={"path": f"{number % 3}.py"},
        )
        recorder.completed(event, success=True, result="", execution_time_ms=1)
        recorder.reviewed(event, verdict="good")
    log.close()
    Path("recipe.toml").write_text("floor = 0\n[gates]\nleast_examples = 2\n", "utf-8")
    code, out, error = run("curate", "--recipe", "recipe.toml", "--json")
    assert code == 0, error
    result = json.loads(out)["result"]
    assert result["examples"] == 3
    code, out, _ = run("dropped", "--json")
    assert [one["decision"]["request"] == one["other"]["request"] for one in json.loads(out)] == [True] * 3
    code, out, _ = run("show", "distillation_training_data", "--json")
    assert json.loads(out)["datasets"] == [result["dataset"]]
    code, _, error = run("curate", "--filter", "agent_id=nobody")
    assert code == 1
