"""The job of a curation: stages, gates, resume, the dataset, the event and the product."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import orjson
import pytest

from training.curation.draft import read_draft
from training.curation.job import work
from training.curation.order import Order
from training.curation.recipe import make_recipe
from training.datasets.example import read
from training.datasets.store import DatasetStore
from training.events import open_log
from training.events.base import EventType
from training.events.decisions import DecisionRecorder, rows
from training.jobs.base import Cancelled, JobError
from training.products import ProductStore

pytestmark = pytest.mark.slow
"""Each writes and syncs a log of its own."""

TOPICS = ("parser", "cache", "router", "socket", "ledger", "planner", "widget", "kernel")
TOOLS = [{"name": "read_file"}, {"name": "run_shell"}]


class Told:
    """A Reporter that remembers; cancels when ``stop_at`` is noted."""

    def __init__(self, folder: Path, arguments: Mapping[str, Any], stop_at: str = "") -> None:
        self.folder, self.arguments, self.resumed = folder, arguments, False
        self.notes: list[str] = []
        self._stop_at = stop_at

    def progress(self, done: float, total: float | None = None, unit: str = "") -> None:
        self.check()

    def check(self) -> None:
        if self._stop_at and any(note.startswith(self._stop_at) for note in self.notes):
            raise Cancelled

    def metric(self, **values: float | str) -> None: ...

    def note(self, text: str) -> None:
        self.notes.append(text)

    @contextmanager
    def output(self, name: str) -> Iterator[Path]:
        yield self.folder / name


def decide(log: Any, request: str, session: str, path: str = "src/a.py", **more: Any) -> Any:
    recorder = DecisionRecorder(log, session)
    event = recorder.selected(
        context={"request": request},
        tools_available=TOOLS,
        tool_selected=more.get("tool", "read_file"),
        tool_parameters=more.get("arguments", {"path": path}),
    )
    recorder.completed(event, success=more.get("success", True), result="ok", execution_time_ms=1)
    return recorder, event


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A log of 8 topics in 8 sessions, each asked three times, and decisions that teach otherwise."""
    log = open_log(tmp_path / "events")
    for topic in TOPICS:
        for _ in range(3):
            request = f"show me the {topic} of this project"
            recorder, event = decide(log, request, f"session {topic}", f"src/{topic}.py")
            recorder.reviewed(event, verdict="good")
    recorder, event = decide(log, "what changed in the index?", "session parser", success=False)
    recorder.reviewed(
        event,
        verdict="corrected",
        corrected_tool="run_shell",
        corrected_parameters={"command": "git diff"},
        reason="no",
    )
    recorder, event = decide(
        log, "clean up everything", "session parser", tool="run_shell", arguments={"command": "rm -r ."}
    )
    recorder.reviewed(event, verdict="refused", reason="far too much")
    decide(log, "it failed and nobody said why", "session cache", success=False)
    recorder, event = decide(log, "of another time", "session cache", arguments={"file": "a.py"})
    recorder.reviewed(event, verdict="good")
    log.close()
    return tmp_path


def order(
    place: Path, draft: bool = False, engine: Literal["local", "ray"] = "local", **recipe: Any
) -> dict[str, Any]:
    made = Order(
        draft=draft,
        engine=engine,
        log=str(place / "events"),
        datasets=place / "datasets",
        products=place / "products",
        cache=place / "cache",
        recipe=make_recipe({"floor": 1, **recipe}),
    )
    return made.model_dump(mode="json")


def curate(place: Path, job: str = "job", stop_at: str = "", **recipe: Any) -> tuple[dict[str, Any], Told]:
    (place / job).mkdir(exist_ok=True)
    told = Told(place / job, order(place, **recipe), stop_at)
    return dict(work(told)), told


def stages(result: Mapping[str, Any]) -> dict[str, tuple[int, int]]:
    return {one["name"]: (one["before"], one["after"]) for one in result["stages"]}


def test_a_log_becomes_a_dataset(place: Path) -> None:
    result, told = curate(place, validation=0, test=0)
    assert stages(result)["filter"] == (28, 28)
    assert stages(result)["label"] == (28, 26)
    assert stages(result)["dedup"] == (26, 10)
    assert any("did you mean `path`" in note or "it takes" in note for note in told.notes), told.notes
    store = DatasetStore(place / "datasets")
    manifest = store.get(result["dataset"])
    examples = list(read(store.path(manifest.id) / "train.jsonl"))
    assert len(examples) == manifest.examples == 9
    assert {one.messages[-1].calls[0].tool for one in examples} == {"read_file", "run_shell"}
    reasons = [one["rejected"]["reason"] for one in store.lines(manifest.id, "negatives.jsonl")]
    assert sorted(reasons) == ["far too much", "no"]
    dropped = store.lines(manifest.id, "dropped.jsonl")
    assert all(one["event_id"] and one["reason"] and one["stage"] for one in dropped)
    twin = next(one for one in dropped if one["stage"] == "dedup")
    assert twin["duplicate_of"] and twin["similarity"] >= 0.95


def test_it_is_told_to_the_log_and_published(place: Path) -> None:
    result, _ = curate(place)
    log = open_log(place / "events")
    (event,) = log.read(event_type=EventType.TRAINING_DATA_CURATED)
    log.close()
    assert event.data["dataset_id"] == result["dataset"]
    rows = ProductStore(place / "products").open("distillation_training_data").query()
    taken = [row for row in rows if row["datasets"]]
    assert {row["event_id"] for row in taken} == set(event.data["event_ids"])
    assert all(row["datasets"] == [result["dataset"]] for row in taken)


def test_the_same_decisions_give_the_same_dataset(place: Path) -> None:
    first, _ = curate(place, "one")
    again, _ = curate(place, "two")
    other, _ = curate(place, "three", threshold=0.5)
    assert again["dataset"] == first["dataset"] != other["dataset"]
    log = open_log(place / "events")
    assert sum(1 for _ in log.read(event_type=EventType.TRAINING_DATA_CURATED)) == 2
    log.close()


def test_resumed_it_gives_what_it_would_have_given(place: Path) -> None:
    whole, _ = curate(place, "whole")
    with pytest.raises(Cancelled):
        curate(place, "cut", stop_at="dedup")
    log = open_log(place / "events")
    decide(log, "came while it was stopped", "session late")
    log.close()
    resumed, told = curate(place, "cut")
    assert resumed["dataset"] == whole["dataset"]
    assert told.notes[0] == "28 decisions in the log"


def test_a_rule_migrates_what_was_called_otherwise(place: Path) -> None:
    result, _ = curate(place, renames={"arguments": {"read_file": {"file": "path"}}}, validation=0, test=0)
    store = DatasetStore(place / "datasets")
    requests = [one.messages[0].text for one in read(store.path(result["dataset"]) / "train.jsonl")]
    assert "of another time" in requests


@pytest.mark.parametrize(
    ("recipe", "said"),
    [
        ({"where": {"agent_id": "nobody"}}, "no decision matches; widen"),
        ({"gates": {"least_examples": 500}}, "examples are left, and gates.least_examples is 500"),
        ({"gates": {"most_reduction": 0.1}}, "are duplicates, and gates.most_reduction is 10%"),
        (
            {"where": {"tool_selected": "run_shell"}, "renames": {"tools": {"run_shell": "gone"}}},
            "do not fit the tools",
        ),
    ],
)
def test_a_gate_stops_and_publishes_nothing(place: Path, recipe: dict[str, Any], said: str) -> None:
    with pytest.raises(JobError, match=said):
        curate(place, **recipe)
    assert not (place / "datasets").exists() and not (place / "products").exists()


def test_a_draft_publishes_nothing_and_says_what_would_be(place: Path) -> None:
    result, _ = curate(place, draft=True)
    assert not (place / "datasets").exists() and not (place / "products").exists()
    found = read_draft(place / "job" / "draft")
    whole, _ = curate(place, "whole")
    assert stages(result) == stages(whole) and result["examples"] == whole["examples"]
    before, after = stages(result)["dedup"]
    assert len(found.compared.duplicates(0.95, floor=1).dropped) == before - after
    assert {one["stage"] for one in found.dropped} == {"label"}


def test_sessions_are_split_whole_and_nothing_leaks(place: Path) -> None:
    result, _ = curate(place, validation=0.3, test=0.3, seed=4)
    store = DatasetStore(place / "datasets")
    folder = store.path(result["dataset"])
    found = {path.name: list(read(path)) for path in folder.glob("t*.jsonl")} | {
        path.name: list(read(path)) for path in folder.glob("validation.jsonl")
    }
    sessions = [{one.session for one in some} for some in found.values()]
    assert len(found) > 1 and len(set.union(*sessions)) == sum(map(len, sessions))


def test_clusters_bound_what_stays(place: Path) -> None:
    result, _ = curate(place, clusters=2, per_cluster=2)
    assert stages(result)["select"][1] <= 4
    (manifest,) = DatasetStore(place / "datasets").all()
    facts = next(one for one in manifest.stages if one["name"] == "select")["facts"]
    assert orjson.dumps(facts) and facts["diversity"]["coverage"] > 0


def test_what_a_teacher_says_is_learned_and_is_part_of_the_dataset(place: Path) -> None:
    plain, _ = curate(place)
    log = open_log(place / "events")
    unknown = next(row for row in rows(log) if row["context"]["request"] == "it failed and nobody said why")
    log.close()
    label = {
        **unknown,
        "teacher_model": "m",
        "teacher_tool": "run_shell",
        "teacher_parameters": {"command": "git log -1"},
        "teacher_confidence": 0.9,
    }
    (place / "labels.jsonl").write_bytes(orjson.dumps(label))
    asked = {**order(place), "judged": [str(place / "labels.jsonl")]}
    (place / "again").mkdir()
    told = Told(place / "again", asked)
    judged = dict(work(told))
    assert told.notes[0].endswith("1 of them judged by teachers")
    assert judged["dataset"] != plain["dataset"] and judged["examples"] == plain["examples"] + 1
