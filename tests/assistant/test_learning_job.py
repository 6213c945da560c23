"""The job of learning: what it is asked for, and what it goes on from."""

from pathlib import Path

import orjson
import pytest

from assistant.learning_job import (
    EXPORT,
    EXPORTED,
    NEAR,
    LearnOrder,
    _exported,
    cases_of,
    learning_job,
    order_of,
    restored,
    stored,
)
from assistant.settings import load_settings
from tests.training.corrections.making import said
from tests.training.finetune.tiny import Told
from tests.training.generation.making import told
from tests.training.registry.students import parts
from training.datasets.example import to_line
from training.jobs.base import JobError
from training.learning.judging import KEPT, KNOWN, ORDINARY
from training.learning.judging import NEAR as NEAR_KIND
from training.registry.serving import own_registry

CORRECTION = said("run the tests", wrong=frozenset({"run_tests"}))
ASKED = LearnOrder(project="/p", corrections=(stored(CORRECTION),), known=(stored(said("deploy it")),))


def test_a_correction_is_the_same_after_the_job_was_stored() -> None:
    spec = learning_job(ASKED)
    again = LearnOrder.model_validate(orjson.loads(orjson.dumps(spec.arguments)))
    assert again == ASKED
    assert restored(again.corrections[0]) == CORRECTION
    assert (spec.kind, spec.resource) == ("learn", "cpu")


def test_both_students_and_a_resumed_job_are_judged_on_the_same_cases(tmp_path: Path) -> None:
    near = [["run the tests in src/a.py", {"tool": "run_tests", "arguments": {}}]]
    (tmp_path / NEAR).write_bytes(orjson.dumps(near))
    (tmp_path / "validation.jsonl").write_bytes(to_line(told("hello there", "Hello!")))
    cases = cases_of(ASKED, tmp_path)
    assert cases == cases_of(ASKED, tmp_path)
    assert [one.tags[0] for one in cases] == [KEPT, KEPT, KNOWN, ORDINARY, NEAR_KIND]
    assert len({one.id for one in cases}) == len(cases)


def test_an_export_that_is_done_is_not_done_again(tmp_path: Path) -> None:
    (tmp_path / EXPORT).mkdir()
    (tmp_path / EXPORT / EXPORTED).write_bytes(b'{"student": "abc", "gate": "passed"}')
    assert _exported(load_settings(tmp_path), Told(tmp_path))["student"] == "abc"


def test_a_student_that_is_no_adapter_cannot_be_trained_further(tmp_path: Path) -> None:
    whole = tmp_path / "model.gguf"
    whole.write_bytes(b"GGUF" + b"\0" * 80)
    student = own_registry().add(
        parts(tmp_path / "from", "whole", adapter=None, model=whole, quantisation="f16")
    )
    with pytest.raises(JobError, match="is whole, not an adapter over a base"):
        order_of(ASKED.model_copy(update={"student": student.id}), tmp_path)
