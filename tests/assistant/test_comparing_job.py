"""The job that compares two students: its cases, and a real one with a tiny model."""

from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from assistant.comparing_job import COMPARISON, ComparisonOrder, comparison_job, held_out_cases
from tests.training.finetune.tiny_base import write_base
from tests.training.generation.making import FakeSource, told
from tests.training.jobs.waiting import ended
from tests.training.registry.students import parts, sha256
from training.datasets.example import to_line
from training.events import open_log
from training.finetune.order import Order
from training.finetune.settings import FinetuneSettings
from training.jobs.base import JobError
from training.jobs.inputs import fingerprints
from training.jobs.logs import tail
from training.jobs.store import Jobs
from training.registry import Base
from training.registry.comparisons import RAW, kept
from training.registry.serving import own_registry

ROOT = Path(__file__).parents[2]


async def run_of(folder: Path, base: Path, share: float = 0.3) -> Path:
    """A run that ended, of ten examples."""
    source = FakeSource()
    given = [replace(await source.make(number), session=str(number)) for number in range(8)]
    given += [told("thank you", "You are welcome."), told("good morning", "Good morning!")]
    data = folder / "train.jsonl"
    data.write_bytes(b"".join(to_line(one) for one in given))
    asked = Order(
        name="mine",
        training=data,
        base=str(base),
        base_path=base,
        prompt='instructions = "Call one tool, or answer."\n',
        settings=FinetuneSettings(validation_share=share),
        digests=fingerprints([data, base]),
    )
    (folder / "outputs").mkdir()
    facts = {"order": asked.model_dump(mode="json")}
    (folder / "outputs" / "run.json").write_bytes(orjson.dumps(facts))
    return folder


async def test_the_cases_are_what_the_run_did_not_learn_from(tmp_path: Path) -> None:
    base = tmp_path / "base.gguf"
    base.write_bytes(b"GGUF" + b"\0" * 80)
    assert len(held_out_cases(await run_of(tmp_path, base))) == 3
    with pytest.raises(JobError, match="not the base of this run any more"):
        base.write_bytes(b"GGUF")
        held_out_cases(tmp_path)


async def test_a_run_that_held_nothing_out_is_no_source_of_cases(tmp_path: Path) -> None:
    base = tmp_path / "base.gguf"
    base.write_bytes(b"GGUF" + b"\0" * 80)
    with pytest.raises(JobError, match="held no examples out; name a file of cases"):
        held_out_cases(await run_of(tmp_path, base, share=0.0))
    with pytest.raises(JobError, match="neither cases nor a run"):
        held_out_cases(None)


def test_the_job_is_bound_to_its_cases(tmp_path: Path) -> None:
    cases = tmp_path / "cases.jsonl"
    with pytest.raises(JobError, match="cannot be read"):
        comparison_job(ComparisonOrder(student="a", other="b", cases=cases))
    cases.write_text("{}\n")
    spec = comparison_job(ComparisonOrder(student="a", other="b", cases=cases))
    assert (spec.kind, spec.title, spec.inputs) == ("compare", "a against b", {str(cases): sha256(cases)})


@pytest.mark.gguf
@pytest.mark.timeout(300)
@pytest.mark.usefixtures("nothing_shipped")
async def test_a_real_comparison_is_kept_told_and_handed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("APPRENTICE_STUDENT__CALL_TOKENS", "16")
    base = write_base(tmp_path / "base.gguf")
    run = await run_of(tmp_path, base)
    below = Base(model=str(base), sha256=sha256(base), name="Base", license="mit")
    student = own_registry().add(
        parts(tmp_path / "from", "same", base=below, adapter=None, model=base, quantisation="f16")
    )
    jobs = Jobs(tmp_path / "jobs")
    asked = ComparisonOrder(student=student.id, other=RAW, run=run)
    job = ended(jobs, jobs.submit(comparison_job(asked)), seconds=240)
    assert job.state == "done", tail(job.folder)
    assert (job.progress.done, job.progress.total) == (6, 6)
    found = orjson.loads((job.outputs / COMPARISON).read_bytes())
    assert found["cases"] == 3 and found["outcome"] == job.result["outcome"] != "better"
    known = kept(own_registry(), student.id, RAW)
    assert known is not None and known["said"] == job.result["said"]
    log = open_log()
    assert {event.aggregate_id for event in log.read() if event.event_type == "MODEL_EVALUATED"} == {
        student.id,
        RAW,
    }
    log.close()
