"""The person's own decisions as cases: only what neither student has learned from."""

from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from assistant import paths
from assistant.comparing import Side
from assistant.replaying import NoReplays, own_replays, unseen
from assistant.settings import Settings
from tests.assistant.test_comparing_job import run_of
from tests.training.curation.rows import row
from tests.training.registry.students import parts
from training.datasets.example import read, to_line
from training.events import open_log
from training.events.decisions import DecisionRecorder
from training.jobs.inputs import fingerprints
from training.registry import Lineage, Registered, Registry
from training.registry.comparisons import RAW


def test_without_a_run_only_what_came_after_the_student_counts(tmp_path: Path) -> None:
    student = Registry(tmp_path / "students", tmp_path).add(parts(tmp_path / "from", "one"))
    old, new = row("a", number=1), row("b", number=2, timestamp="2999-01-01T00:00:00+00:00")
    rows = [old, new, row("c", timestamp="never")]
    assert unseen(rows, student, Registry(tmp_path / "students", tmp_path), tmp_path / "jobs") == [new]


async def jobs_of(tmp_path: Path, *names: str) -> Path:
    """Runs of those names, each of sessions that begin with its own."""
    base = tmp_path / "base.gguf"
    base.write_bytes(b"GGUF" + b"\0" * 80)
    jobs = tmp_path / "jobs"
    for name in names:
        (jobs / name).mkdir(parents=True)
        await run_of(jobs / name, base)
        data = jobs / name / "train.jsonl"
        given = (replace(one, session=f"{name}-{one.session}") for one in read(data))
        data.write_bytes(b"".join(map(to_line, given)))
    return jobs


def go_on(run: Path, start: Path) -> None:
    """Let the run say that it went on from the weights ``start``."""
    told = run / "outputs" / "run.json"
    facts = orjson.loads(told.read_bytes())
    facts["order"]["start"] = str(start)
    facts["order"]["digests"] |= fingerprints([start]) if start.is_file() else {}
    told.write_bytes(orjson.dumps(facts))


def sessions(student: Registered, registry: Registry, jobs: Path) -> list[str]:
    """Those of the log that the student has not seen."""
    given = ("first-0", "second-1", "mine")
    rows = [row("a", number=number, session=session) for number, session in enumerate(given)]
    return [one["session_id"] for one in unseen(rows, student, registry, jobs)]


async def test_sessions_of_the_run_and_of_the_one_before_it_are_left_out(tmp_path: Path) -> None:
    jobs, registry = await jobs_of(tmp_path, "first", "second"), Registry(tmp_path / "students", tmp_path)
    go_on(jobs / "second", jobs / "first" / "outputs" / "adapter" / "adapter_model.safetensors")
    student = registry.add(parts(tmp_path / "from", "one", lineage=Lineage(run_id="second")))
    assert sessions(student, registry, jobs) == ["mine"]
    (jobs / "first" / "train.jsonl").unlink()
    with pytest.raises(NoReplays, match="what first learned from cannot be read"):
        sessions(student, registry, jobs)


@pytest.mark.parametrize(("made_in", "left"), [("first", ["mine"]), ("elsewhere", ["first-0", "mine"])])
async def test_a_run_may_go_on_from_a_student(tmp_path: Path, made_in: str, left: list[str]) -> None:
    jobs, registry = await jobs_of(tmp_path, "first", "second"), Registry(tmp_path / "students", tmp_path)
    earlier = registry.add(parts(tmp_path / "earlier", "one", lineage=Lineage(run_id=made_in)))
    assert earlier.adapter is not None
    go_on(jobs / "second", earlier.adapter)
    student = registry.add(parts(tmp_path / "later", "two", lineage=Lineage(run_id="second")))
    assert sessions(student, registry, jobs) == left


@pytest.mark.train
async def test_a_run_may_go_on_from_a_mean(tmp_path: Path) -> None:
    from tests.training.export.test_mean import adapter
    from training.export.mean import write_mean

    jobs = await jobs_of(tmp_path, "first", "second", "third")
    registry = Registry(tmp_path / "students", tmp_path)
    inner, mean = tmp_path / "inner.gguf", tmp_path / "mean.gguf"
    write_mean([adapter(tmp_path / "a.gguf", 1)], inner, runs=["first", "elsewhere"])
    write_mean([inner, adapter(tmp_path / "b.gguf", 2)], mean, runs=["second"])
    go_on(jobs / "third", mean)
    student = registry.add(parts(tmp_path / "from", "one", lineage=Lineage(run_id="third")))
    assert sessions(student, registry, jobs) == ["mine"]


def test_decisions_of_the_log_become_cases_or_it_is_said_that_none_does(tmp_path: Path) -> None:
    registry, sides = Registry(tmp_path / "students", tmp_path), [Side(RAW, "embedded")]
    log = open_log(paths.events_dir())
    recorder = DecisionRecorder(log, "session")
    named = {"tools_available": [{"name": "read_file"}], "tool_selected": "read_file"}
    asked = recorder.selected(context={"request": "read a.py"}, tool_parameters={"path": "a.py"}, **named)
    with pytest.raises(NoReplays, match="of 1 decisions in the log none tells what is right"):
        own_replays(Settings(), registry, sides)
    recorder.completed(asked, success=True, result="", execution_time_ms=1.0)
    recorder.selected(context={"request": "what does this project do"}, **named)
    log.close()
    (case,) = own_replays(Settings(), registry, sides)
    assert case.messages[-1].text == "read a.py"
