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
from training.registry import Lineage, Registry
from training.registry.comparisons import RAW


def test_without_a_run_only_what_came_after_the_student_counts(tmp_path: Path) -> None:
    student = Registry(tmp_path / "students", tmp_path).add(parts(tmp_path / "from", "one"))
    old, new = row("a", number=1), row("b", number=2, timestamp="2999-01-01T00:00:00+00:00")
    assert unseen([old, new, row("c", timestamp="never")], student, tmp_path / "jobs") == [new]


async def test_sessions_of_the_run_and_of_the_one_before_it_are_left_out(tmp_path: Path) -> None:
    base = tmp_path / "base.gguf"
    base.write_bytes(b"GGUF" + b"\0" * 80)
    jobs = tmp_path / "jobs"
    for name in ("first", "second"):
        (jobs / name).mkdir(parents=True)
        await run_of(jobs / name, base)
    data = jobs / "first" / "train.jsonl"
    data.write_bytes(b"".join(to_line(replace(one, session=f"old-{one.session}")) for one in read(data)))
    told = jobs / "second" / "outputs" / "run.json"
    facts = orjson.loads(told.read_bytes())
    facts["order"]["start"] = str(jobs / "first" / "outputs" / "adapter")
    told.write_bytes(orjson.dumps(facts))
    made = parts(tmp_path / "from", "one", lineage=Lineage(run_id="second"))
    student = Registry(tmp_path / "students", tmp_path).add(made)
    rows = [row("a", number=n, session=session) for n, session in enumerate(("0", "old-1", "mine"))]
    assert [one["session_id"] for one in unseen(rows, student, jobs)] == ["mine"]
    data.unlink()
    with pytest.raises(NoReplays, match="what first learned from cannot be read"):
        unseen(rows, student, jobs)


def test_decisions_of_the_log_become_cases_or_it_is_said_that_none_does(tmp_path: Path) -> None:
    registry, sides = Registry(tmp_path / "students", tmp_path), [Side(RAW, "embedded")]
    log = open_log(paths.events_dir())
    recorder = DecisionRecorder(log, "session")
    named = {"tools_available": [{"name": "read_file"}], "tool_selected": "read_file"}
    asked = recorder.selected(context={"request": "read a.py"}, tool_parameters={"path": "a.py"}, **named)
    with pytest.raises(NoReplays, match="of 1 decisions in the log none tells what is right"):
        own_replays(Settings(), registry, sides)
    recorder.completed(asked, success=True, result="", execution_time_ms=1.0)
    log.close()
    (case,) = own_replays(Settings(), registry, sides)
    assert case.messages[-1].text == "read a.py"
