"""The way of the panel with a real run of a tiny base: estimated, trained, exported through the gate."""

from pathlib import Path

import pytest

from assistant.train_desk import TrainDesk, TrainForm
from assistant.train_run import RunDesk
from assistant.tui.train_lines import curve, proof_lines, proof_text, run_lines
from tests.training.finetune.tiny_base import write_base
from tests.training.generation.making import FakeSource
from tests.training.jobs.waiting import ended
from training.datasets.example import to_line
from training.jobs.logs import tail
from training.jobs.store import Jobs
from training.registry.serving import own_registry

pytestmark = [pytest.mark.train, pytest.mark.timeout(900)]
ROOT = Path(__file__).parents[2]
SETTINGS = "batch=4 validate_every=2 checkpoint_every=2 validation_share=0.3 learning_rate=0.005 threads=1"


async def test_a_run_is_watched_to_its_end_and_its_student_is_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    source = FakeSource()
    lines = [to_line(await source.make(number)) for number in range(12)]
    (tmp_path / "train.jsonl").write_bytes(b"".join(lines))
    base = write_base(tmp_path / "base.gguf")
    jobs, registry = Jobs(tmp_path / "jobs"), own_registry()
    desk, runs = TrainDesk(jobs, tmp_path), RunDesk(jobs, registry, least_decisions=1)
    form = TrainForm("train.jsonl", str(base), "mine", "2", "lora", SETTINGS)

    found = desk.estimate(form)
    run = ended(jobs, desk.start(form), seconds=600)
    assert run.state == "done", tail(run.folder)
    seen = runs.look()
    assert len(curve(seen.running, "loss")) == found.steps and curve(seen.running, "validation_loss")
    assert "checkpoints at step" in run_lines(seen) and "tokens/s" not in run_lines(seen)
    assert curve(seen.running, "tokens_per_s")[-1][1] > 0

    export = ended(jobs, runs.export(run), seconds=600)
    assert export.state == "done", tail(export.folder)
    seen = runs.look()
    assert registry.get(seen.student).manifest.lineage.run_id == run.id
    assert f"student {seen.student}" in proof_lines(seen, "the base")
    assert "Conversion gate: mine" in proof_text(seen)
    assert runs.compare(seen).spec.arguments["student"] == seen.student
    jobs.cancel("last")
