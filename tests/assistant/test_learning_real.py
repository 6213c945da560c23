"""Learning from corrections to a judgement, with a real training of a tiny base."""

from pathlib import Path

import orjson
import pytest

from assistant import paths
from assistant.learning import estimated, planned
from assistant.learning_job import DATA, LearnOrder, cases_of, learning_job
from assistant.settings import load_settings
from tests.training.corrections.making import corrected
from tests.training.finetune.tiny_base import write_base
from tests.training.jobs.waiting import ended
from training.corrections.book import Corrections
from training.corrections.wording import normal
from training.datasets.example import read
from training.events import open_log
from training.finetune.settings import FinetuneSettings
from training.jobs.logs import tail
from training.jobs.store import Jobs
from training.learning.examples import request_of
from training.learning.judging import KEPT, ORDINARY
from training.learning.plan import Plan
from training.registry.serving import own_registry

pytestmark = [pytest.mark.train, pytest.mark.bubblewrap, pytest.mark.timeout(900)]
ROOT = Path(__file__).parents[2]
REQUESTS = ("run the tests", "what changed?", "show me the config", "lint the code", "start the server")
SETTINGS = FinetuneSettings(
    keep="last", precision="float32", validate_every=1000, learning_rate=0.005, threads=1, validation_most=40
)


def ordered(tmp_path: Path) -> tuple[Plan, LearnOrder]:
    log = open_log(paths.events_dir())
    for number, request in enumerate(REQUESTS):
        corrected(log, request, ("run_shell", {"command": f"make {number}"}), workspace=str(tmp_path))
    log.close()
    found, asked = planned(load_settings(tmp_path), tmp_path)
    assert len(asked.corrections) == len(REQUESTS)
    small = {"replayed": 12, "ordinary": 36, "settings": SETTINGS}
    return found, asked.model_copy(update=small)


def test_corrections_are_learned_or_refused_for_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("APPRENTICE_STUDENT__MODEL", str(write_base(tmp_path / "base.gguf")))
    monkeypatch.setenv("APPRENTICE_STUDENT__CALL_TOKENS", "32")
    plan, asked = ordered(tmp_path)
    assert estimated(asked, plan).steps > 0
    serving = own_registry().deployed()
    jobs = Jobs(paths.jobs_dir())
    job = ended(jobs, jobs.submit(learning_job(asked)), seconds=800)
    assert job.state == "done", f"{job.error}\n{tail(job.folder)}"

    found = orjson.loads((job.outputs / "judgement.json").read_bytes())
    student = own_registry().get(found["student"])
    assert student.manifest.lineage.run_id == job.id
    assert found["before"][KEPT]["cases"] == found["after"][KEPT]["cases"] >= 2 * len(REQUESTS) - 1
    assert found["after"][ORDINARY]["cases"] >= 30
    assert found["won"] is not bool(found["why"])
    assert own_registry().deployed() == serving  # nothing serves unasked

    trained = {normal(request_of(one)) for one in read(job.folder / DATA / "train.jsonl")}
    judged = {normal(one.request) for one in cases_of(asked, job.folder / DATA) if KEPT in one.tags}
    assert judged and not judged & trained

    log = open_log(paths.events_dir())
    book = Corrections(log)
    book.refresh()
    marked = [one for one in book.all() if student.id in book.standing(one.id).learned]
    log.close()
    assert len(marked) == found["learned"]
    assert found["won"] or not marked
