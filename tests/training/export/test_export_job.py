"""From a run over a tiny base to a student that serves: exported, gated, registered, deployed, asked.

``tests/end_to_end/test_student_life.py`` does it once with the student that is installed.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from assistant.wiring import make_student
from tests.training.finetune import tiny
from tools.protocol.messages import Conversation, Message
from tools.registry import ANSWER
from training.datasets.example import Example, to_line
from training.export import job
from training.export.adapter import write_adapter
from training.export.evidence import Evidence, gather
from training.export.gate import Gate
from training.export.order import ExportOrder, export_job, export_order
from training.export.source import read_run
from training.export.template import Template
from training.finetune import job as finetune
from training.finetune.order import job_of, order
from training.finetune.settings import FinetuneSettings
from training.jobs.base import JobError
from training.jobs.reporting import JobReporter
from training.models.digest import sha256_of_file
from training.registry import Registry
from training.registry.comparisons import objection
from training.registry.serving import in_force
from training.student.prompt import prompt_for
from training.student.settings import StudentSettings

pytestmark = [pytest.mark.train, pytest.mark.timeout(900)]
SETTINGS = FinetuneSettings(
    precision="float32",
    rank=32,
    epochs=8,
    batch=16,
    micro_batch=16,
    learning_rate=5e-3,
    validate_every=1000,
    threads=1,
)


def silent(done: int, total: int) -> None:
    """Nobody watches."""


def example(number: int) -> Example:
    """Every fourth is talk, the others are one call."""
    if number % 4 == 3:
        return tiny.talk(number)
    whole = tiny.call(number)
    return replace(whole, messages=whole.messages[:2])


FEW = 10
"""Held-out decisions that a test has; the program asks for 30."""


def lines(start: int, stop: int) -> bytes:
    return b"".join(to_line(example(number)) for number in range(start, stop))


@dataclass
class Exported:
    outputs: Path
    result: dict[str, Any]
    report: dict[str, Any]


def exported(folder: Path, asked: ExportOrder) -> Exported:
    folder.mkdir()
    result = dict(job.work(JobReporter(folder, export_job(asked).arguments, resumed=False)))
    outputs = folder / "outputs"
    assert sorted(path.name for path in folder.iterdir()) == ["journal.jsonl", "outputs"]
    return Exported(outputs, result, orjson.loads((outputs / "report.json").read_bytes()))


@pytest.fixture(scope="module")
def run(place: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run-1")
    data = folder / "data"
    data.mkdir()
    (data / "train.jsonl").write_bytes(lines(0, 160))
    (data / "val.jsonl").write_bytes(lines(160, 184))
    asked = order(data, base=str(place / "base.gguf"), settings=SETTINGS)
    finetune.work(JobReporter(folder, job_of(asked).arguments, resumed=False))
    return folder


@pytest.fixture(scope="module")
def evidence(run: Path) -> Evidence:
    return gather(read_run(run), silent, most_ids=600)


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    monkeypatch.setenv("APPRENTICE_DATA_DIR", str(tmp_path / "data"))
    return Registry(tmp_path / "data" / "students")


async def test_an_adapter_passes_is_registered_and_serves(
    place: Path, run: Path, registry: Registry, tmp_path: Path
) -> None:
    made = exported(
        tmp_path / "export", export_order(run, name="tiny", registry=registry.folder, least_decisions=FEW)
    )
    assert made.result["passed"] and made.report["held_out"]
    assert [one["quantisation"] for one in made.report["verdicts"]] == ["Q8_0"]
    student = registry.get(made.result["student"])
    assert student.manifest.gate == "passed"
    assert student.adapter and sha256_of_file(student.adapter) == made.report["sha256"]
    assert student.manifest.lineage.run_id == run.name
    assert student.manifest.files.keys() == {"adapter.gguf", "prompt.toml", "card.md", "report.json"}
    card = (student.folder / "card.md").read_text()
    assert "160 to learn from" in card and made.report["sha256"] in card
    registry.deploy(student.id)
    used = in_force(StudentSettings(model=str(place / "base.gguf"), context_tokens=512))
    serving = make_student(used)
    try:
        said = (Message("user", "show src/abab.py"),)
        asked = Conversation(prompt_for(used.model, used.prompt), (*tiny.TOOLS, ANSWER), said)
        decision = await serving.decide(asked)
    finally:
        await serving.close()
    assert [call.tool for call in decision.calls] == ["read_file"]


def test_too_few_held_out_decisions_are_not_enough_to_prove_and_say_what_is_missing(
    run: Path, registry: Registry, tmp_path: Path
) -> None:
    asked = export_order(run, name="tiny", registry=registry.folder, least_decisions=1_000)
    made = exported(tmp_path / "export", asked)
    assert not made.result["passed"] and made.result["gate"] == "not enough to prove"
    student = registry.get(made.result["student"])
    assert student.manifest.gate == "not enough to prove"
    said = (made.outputs / "report.txt").read_text()
    assert "NOT ENOUGH TO PROVE" in said and "1,000 are needed" in said and "hold more out" in said
    assert "not enough to prove" in objection(registry, student)


def test_a_merged_student_climbs_until_nothing_is_lost(run: Path, registry: Registry, tmp_path: Path) -> None:
    asked = export_order(
        run, name="tiny", quantisation="Q4_K_M", registry=registry.folder, least_decisions=FEW
    )
    made = exported(tmp_path / "export", asked)
    verdicts = made.report["verdicts"]
    assert verdicts[0]["quantisation"] == "f16" and verdicts[0]["passed"]
    tried = [one["quantisation"] for one in verdicts[1:]]
    assert tried == ["Q4_K_M", "Q5_K_M", "Q8_0"][: len(tried)]
    assert [one["passed"] for one in verdicts[1:]] == [*[False] * (len(tried) - 1), True]
    assert verdicts[1]["fallback"].startswith("rows of 64, 128 are not divisible by 256")
    student = registry.get(made.result["student"])
    assert student.manifest.quantisation == tried[-1] and student.adapter is None
    assert student.model and sha256_of_file(student.model) == made.report["sha256"]


def test_an_adapter_at_another_scale_or_of_nothing_is_caught(
    run: Path, evidence: Evidence, tmp_path: Path
) -> None:
    known, path = read_run(run), tmp_path / "adapter.gguf"
    template, gate = Template(known.order.base_path), Gate(evidence, silent)
    weights = known.load_weights()
    write_adapter(weights, 2 * SETTINGS.rank, template, path, {})
    assert gate.adapter(path).failed == []
    write_adapter(weights, 0.5 * SETTINGS.rank, template, path, {})
    assert "training is in" in gate.adapter(path).failed
    nothing = {name: matrix * 0 for name, matrix in weights.items()}
    write_adapter(nothing, 2 * SETTINGS.rank, template, path, {})
    assert {"training is in", "agreement", "decisions"} <= set(gate.adapter(path).failed)


def test_what_is_in_doubt_is_judged_once_more_on_more(run: Path, evidence: Evidence, tmp_path: Path) -> None:
    known, path = read_run(run), tmp_path / "adapter.gguf"
    weights, template = known.load_weights(), Template(known.order.base_path)
    write_adapter(weights, 2 * SETTINGS.rank, template, path, {})
    turned = replace(evidence, reference=replace(evidence.reference, choices=evidence.reference.choices + 1))
    asked: list[Evidence] = []

    def more() -> Evidence:
        asked.append(evidence)
        return evidence

    gate = Gate(turned, silent, more)
    assert gate.adapter(path).passed and len(asked) == 1
    assert gate.evidence is evidence
    assert Gate(evidence, silent, more).adapter(path).passed and len(asked) == 1
    again = Gate(turned, silent, lambda: turned)
    assert "agreement" in again.adapter(path).failed
    nothing = {name: matrix * 0 for name, matrix in weights.items()}
    write_adapter(nothing, 2 * SETTINGS.rank, template, path, {})
    assert not Gate(evidence, silent, more).adapter(path).passed and len(asked) == 1


def test_what_cannot_be_exported_is_one_line(run: Path, tmp_path: Path) -> None:
    with pytest.raises(JobError, match="holds no run that ended"):
        export_order(tmp_path)
    with pytest.raises(JobError, match="an adapter is not quantised"):
        export_order(run, form="adapter", quantisation="Q8_0")
    (tmp_path / "run.json").write_text('{"order": {}}')
    with pytest.raises(JobError, match=r"run.json cannot be read"):
        export_order(tmp_path)
    facts = orjson.loads((run / "outputs" / "run.json").read_bytes())
    base = tmp_path / "base.gguf"
    base.write_bytes(b"GGUF")
    facts["order"]["base_path"] = str(base)
    (tmp_path / "run.json").write_bytes(orjson.dumps(facts))
    with pytest.raises(JobError, match="is not the base of this run any more"):
        export_order(tmp_path)
