"""What the panel of training knows: forms, choices, estimates, runs and what became of them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from assistant.comparing_job import COMPARISON
from assistant.train_desk import TrainDesk, TrainForm
from assistant.train_run import RunDesk, Seen
from assistant.tui.train_lines import curve, proof_lines, proof_text, run_lines
from tests.training.generation.making import example
from tests.training.jobs.still import StillJobs
from tests.training.registry.students import parts
from training.datasets.example import to_line
from training.datasets.manifest import TRAIN, Origin
from training.datasets.store import DatasetStore
from training.finetune import four_bits
from training.finetune.estimate import Estimate
from training.finetune.order import Order
from training.finetune.probe import Machine
from training.jobs.base import Job, JobError, JobSpec
from training.registry import Registry

ESTIMATE = Estimate(
    base="embedded",
    method="lora",
    device="cpu",
    examples=100,
    validation=5,
    left_out=0,
    steps=10,
    tokens=5000,
    seconds=90.0,
    memory_bytes=2 << 30,
    available_bytes=8 << 30,
    basis="a test",
)


@pytest.fixture(autouse=True)
def as_if_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is trained here, so that what trains need not be installed."""
    monkeypatch.setattr("training.finetune.installed._NEEDED", ())


@pytest.fixture
def jobs(tmp_path: Path) -> StillJobs:
    return StillJobs(tmp_path / "jobs")


@pytest.fixture
def form(tmp_path: Path) -> TrainForm:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / TRAIN).write_bytes(to_line(example()))
    (tmp_path / "base.gguf").write_bytes(b"GGUF" + b"\0" * 80)
    return TrainForm(
        data="data", base=str(tmp_path / "base.gguf"), name="mine", epochs="2", settings="rank=8"
    )


def measured(_asked: Order) -> Estimate:
    return ESTIMATE


def made_desk(jobs: StillJobs, workspace: Path) -> TrainDesk:
    return TrainDesk(jobs, workspace, measured, lambda: Machine("cpu", 600.0))


@pytest.fixture
def desk(jobs: StillJobs, tmp_path: Path) -> TrainDesk:
    return made_desk(jobs, tmp_path)


@pytest.mark.parametrize(("method", "settings"), [("qlora", ""), ("lora", "method=qlora")])
def test_four_bits_on_a_processor_are_refused_in_the_form(
    desk: TrainDesk, form: TrainForm, monkeypatch: pytest.MonkeyPatch, method: str, settings: str
) -> None:
    monkeypatch.setattr(four_bits, "DEVICES", ())
    with pytest.raises(JobError, match=r"qlora needs an NVIDIA GPU.*: use the method lora"):
        desk.estimate(replace(form, method=method, settings=settings))


@pytest.mark.parametrize(("method", "named"), [("lora", "LoRA"), ("qlora", "QLoRA"), ("full", "all weights")])
def test_a_job_is_called_by_its_method(
    desk: TrainDesk, form: TrainForm, monkeypatch: pytest.MonkeyPatch, method: str, named: str
) -> None:
    monkeypatch.setattr(four_bits, "problem", lambda: "")
    desk.estimate(given := replace(form, method=method))
    assert desk.start(given).spec.title.startswith(f"mine: {named} on ")


@pytest.mark.usefixtures("nothing_shipped")
def test_a_form_is_estimated_started_and_found_again(
    desk: TrainDesk, jobs: StillJobs, form: TrainForm
) -> None:
    assert desk.newest() == TrainForm() and not desk.was_estimated(form)
    assert desk.estimate(form) is ESTIMATE and desk.was_estimated(form)
    assert not desk.was_estimated(replace(form, epochs="3")), "another form is another run"
    job = desk.start(form)
    asked = Order.model_validate(job.spec.arguments)
    assert (asked.name, asked.settings.epochs, asked.settings.rank) == ("mine", 2.0, 8)
    assert desk.newest() == replace(form, data=str(desk.workspace / "data"))


def test_what_serves_is_trained_further_unless_a_new_adapter_is_asked_for(
    desk: TrainDesk, form: TrainForm
) -> None:
    first = desk.newest()
    assert first.start in [choice.value for choice in desk.starts()], "the one that is installed serves"
    asked = replace(form, start=first.start)
    desk.estimate(asked)
    weights = Order.model_validate(desk.start(asked).spec.arguments).start
    assert weights is not None and weights.name == "adapter.gguf"
    assert desk.newest().start == first.start
    desk.estimate(form)
    assert Order.model_validate(desk.start(form).spec.arguments).start is None
    with pytest.raises(JobError, match="there is no job nobody"):
        desk.estimate(replace(form, start="nobody"))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"data": " "}, "Down in the field shows what there is"),
        ({"data": "nowhere"}, "there is no data at nowhere"),
        ({"epochs": "many"}, "epochs: "),
        ({"method": "magic"}, "method: "),
        ({"settings": "rank"}, "rank: give NAME=VALUE"),
        ({"settings": "tempo=3"}, "tempo: .*known: "),
        ({"base": "/nowhere.gguf"}, "nowhere.gguf"),
    ],
)
def test_what_is_wrong_with_a_form_is_one_line(
    desk: TrainDesk, form: TrainForm, changed: dict[str, str], said: str
) -> None:
    with pytest.raises(JobError, match=said) as problem:
        desk.estimate(replace(form, **changed))
    assert "\n" not in str(problem.value)


def test_datasets_and_examples_that_were_made_can_be_chosen(
    desk: TrainDesk, jobs: StillJobs, form: TrainForm
) -> None:
    manifest = DatasetStore().add({TRAIN: [to_line(example()).rstrip()]}, Origin())
    folder = str(desk.workspace / "data")
    job = jobs.submit(JobSpec("generate", "examples", "module:function", {"folder": folder}))
    assert [choice.value for choice in desk.data()] == [manifest.id]
    assert desk.newest().data == manifest.id
    jobs.tell(job, "done")
    assert [choice.value for choice in desk.data()] == [manifest.id, folder]
    (desk.workspace / "more.jsonl").write_bytes(to_line(example()))
    for data in ("more.jsonl", "data"):
        desk.estimate(replace(form, data=data))
        desk.start(replace(form, data=data))
    values = [choice.value for choice in desk.data()]
    assert values == [manifest.id, folder, str(desk.workspace / "more.jsonl")], "each once"


@pytest.mark.slow
def test_what_can_be_tuned_here_is_listed_with_what_it_takes(desk: TrainDesk) -> None:
    embedded = desk.bases()[0]
    assert embedded.value == "embedded" and "lora" in embedded.columns[2]


def looked(jobs: StillJobs, registry: Registry) -> Seen:
    return RunDesk(jobs, registry).look()


def ran(desk: TrainDesk, jobs: StillJobs, form: TrainForm) -> Job:
    """A run that made three steps and one look."""
    desk.estimate(form)
    job = desk.start(form)
    jobs.tell(job, "started", pid=1)
    for step, loss in ((1, 2.0), (2, 1.0), (3, 0.5)):
        jobs.tell(job, "metric", step=step, loss=loss, examples_per_s=4.0, tokens_per_s=500.0)
    shares = {"tool": 0.9, "call": 0.8, "restraint": 1.0, "score": 0.9}
    jobs.tell(job, "metric", step=2, validation_loss=1.1, **shares)
    (job.folder / "checkpoints" / "step-0000002").mkdir(parents=True)
    return job


def test_a_run_is_told_as_it_goes(desk: TrainDesk, jobs: StillJobs, form: TrainForm, tmp_path: Path) -> None:
    registry = Registry(tmp_path / "students", tmp_path)
    assert looked(jobs, registry) == Seen()
    ran(desk, jobs, form)
    seen = looked(jobs, registry)
    said = run_lines(seen)
    for words in (
        "mine: LoRA",
        "loss 0.500 · validation 1.100 at step 2 · right tool 90% · whole call 80% · restraint 100%",
        "checkpoints at step 2; best 2",
    ):
        assert words in said
    assert seen.active is not None
    assert curve(seen.running, "loss") == [(1, 2.0), (2, 1.0), (3, 0.5)]
    many = replace(seen.running, steps={step: {"loss": 1.0} for step in range(1, 5000)})
    assert len(curve(many, "loss")) < 410 and curve(many, "loss")[-1] == (4999, 1.0)


def ended(jobs: StillJobs, job: Job, result: dict[str, Any], **files: bytes) -> None:
    """A job that is done, with outputs."""
    job.outputs.mkdir(exist_ok=True)
    for name, content in files.items():
        (job.outputs / name.replace("_", ".")).write_bytes(content)
    jobs.tell(job, "done", result=result)


def test_what_became_of_a_run_is_told_step_by_step(
    desk: TrainDesk, jobs: StillJobs, form: TrainForm, tmp_path: Path
) -> None:
    registry = Registry(tmp_path / "students", tmp_path)
    run = ran(desk, jobs, form)
    runs = RunDesk(jobs, registry)
    assert "export   -" in proof_lines(runs.look(), "the base")
    with pytest.raises(JobError, match="e exports it first"):
        runs.compare(runs.look())
    ended(jobs, run, {})
    assert "e makes a student of it" in proof_lines(runs.look(), "the base")
    student = registry.add(parts(tmp_path / "from", "mine"))
    export = jobs.submit(JobSpec("export", "mine", "module:function", {"run": str(run.outputs)}))
    report = b"Conversion gate: mine \x1b[2J passed\n"
    ended(jobs, export, {"passed": True, "quantisation": "f16", "student": student.id}, report_txt=report)
    seen = runs.look()
    assert f"passed the gate, f16: student {student.id}" in proof_lines(seen, "the base")
    assert "c compares it" in proof_lines(seen, "the base") and "\x1b" not in proof_text(seen)
    comparing = runs.compare(seen)
    assert (comparing.spec.kind, comparing.spec.arguments["other"]) == ("compare", "base")
    assert runs.look().active == comparing
    said = {"outcome": "unclear", "said": "unclear, more cases are needed", "other": "base"}
    jobs.tell(comparing, "done", result=said)
    (comparing.outputs).mkdir()
    facts = {**said, "candidate": student.id, "cases": 9, "source": "here", "shares": [], "speed": None}
    (comparing.outputs / COMPARISON).write_bytes(orjson.dumps(facts))
    seen = runs.look()
    assert "(against base); not better: it should not serve" in proof_lines(seen, "the base")
    assert "9 cases of here" in proof_text(seen)


def test_another_run_can_be_shown(desk: TrainDesk, jobs: StillJobs, form: TrainForm, tmp_path: Path) -> None:
    first, second = ran(desk, jobs, form), ran(desk, jobs, form)
    runs = RunDesk(jobs, Registry(tmp_path / "students", tmp_path))
    seen = runs.look()
    assert seen.run is not None and seen.run.id == second.id
    runs.choose(first.id)
    seen = runs.look()
    assert seen.run is not None and (seen.run.id, len(seen.runs)) == (first.id, 2)
