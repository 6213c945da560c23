"""Every case is asked once, what was done is kept, and what a student cannot do with a case is told apart."""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.training.evaluation.cases_under_test import expected
from tools.protocol.messages import Conversation, Message, Prompt
from training.evaluation.cases import Case, fingerprint
from training.evaluation.predictions import CUT, Prediction, from_dict, to_dict
from training.evaluation.running import predict_all
from training.evaluation.unfinished import (
    PREDICTIONS,
    EvaluationRunning,
    Unfinished,
    evaluation_key,
    unfinished,
)
from training.student.base import ContextOverflow, Decision, StudentDied, StudentError, StudentUndecided
from training.student.scripted import ScriptedStudent, call
from training.student.settings import StudentSettings

PROMPT = Prompt("Call one tool, or answer.")
READ = call("read_file", path="a.py")


def cases(*requests: str) -> tuple[Case, ...]:
    return tuple(Case(one, (Message("user", text=one),), (expected("answer"),)) for one in requests)


class Student(ScriptedStudent):
    """Decides as told, and fails as told."""

    def __init__(self, *script: Decision | Exception) -> None:
        super().__init__([])
        self.script = list(script)
        self.asked: list[str] = []

    async def decide(self, conversation: Conversation, **_: object) -> Decision:  # type: ignore[override]
        self.asked.append(conversation.messages[-1].text)
        told = self.script.pop(0)
        if isinstance(told, BaseException):
            raise told
        return told


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Unfinished[Prediction]]:
    with unfinished(tmp_path / "evaluations", "key", PREDICTIONS) as found:
        yield found


async def predicted(
    kept: Unfinished[Prediction], asked: Sequence[Case], *script: Decision | Exception
) -> list[str]:
    """The problems of the predictions, empty where there is none."""
    return [one.problem for one in await predict_all(Student(*script), asked, PROMPT, kept)]


async def test_each_case_is_decided_in_order_and_told(kept: Unfinished[Prediction]) -> None:
    student, told = Student(READ, READ), []
    made = await predict_all(student, cases("x", "y"), PROMPT, kept, told.append)
    assert [one.case_id for one in made] == [one.case_id for one in told] == student.asked == ["x", "y"]
    assert made[0].calls[0].arguments == {"path": "a.py"}


async def test_what_was_kept_is_not_asked_again(kept: Unfinished[Prediction], tmp_path: Path) -> None:
    with pytest.raises(StudentError, match="gone"):
        await predicted(kept, cases("x", "y", "z"), READ, StudentError("gone"))
    again = Unfinished(kept.path, PREDICTIONS)
    student = Student(READ, READ)
    made = await predict_all(student, cases("x", "y", "z"), PROMPT, again)
    assert student.asked == ["y", "z"]
    assert [one.case_id for one in made] == ["x", "y", "z"]
    assert made[0] == kept.made["x"]


async def test_a_torn_last_line_is_asked_again(kept: Unfinished[Prediction]) -> None:
    await predicted(kept, cases("x", "y"), READ, READ)
    kept.path.write_bytes(kept.path.read_bytes()[:-9])
    assert set(Unfinished(kept.path, PREDICTIONS).made) == {"x"}


async def test_what_a_student_cannot_do_with_a_case_is_its_problem(kept: Unfinished[Prediction]) -> None:
    script = [ContextOverflow(9000, 8192), StudentUndecided("nothing usable"), Decision(cut=True), READ]
    problems = await predicted(kept, cases("a", "b", "c", "d"), *script)
    assert "9000 tokens" in problems[0]
    assert problems[1:] == ["nothing usable", CUT, ""]


async def test_a_process_that_dies_is_asked_once_more(kept: Unfinished[Prediction]) -> None:
    died = StudentDied("SIGABRT")
    assert await predicted(kept, cases("a", "b"), died, READ, died, died) == ["", "SIGABRT"]


async def test_a_student_that_is_not_needed_is_not_started(kept: Unfinished[Prediction]) -> None:
    await predicted(kept, cases("x"), READ)

    class Broken(Student):
        async def start(self) -> object:  # type: ignore[override]
            raise StudentError("no memory")

    assert len(await predict_all(Broken(), cases("x"), PROMPT, kept)) == 1
    with pytest.raises(StudentError, match="no memory"):
        await predict_all(Broken(), cases("y"), PROMPT, kept)


async def test_cancelling_keeps_what_was_done(kept: Unfinished[Prediction]) -> None:
    with pytest.raises(asyncio.CancelledError):
        await predicted(kept, cases("x", "y"), READ, asyncio.CancelledError())  # type: ignore[arg-type]
    assert set(Unfinished(kept.path, PREDICTIONS).made) == {"x"}


def test_a_prediction_reads_back_as_it_was(kept: Unfinished[Prediction]) -> None:
    branches = ((("read_file", 0.75), ("answer", 0.25)),)
    decision = Decision(READ.calls, confidence=0.75, branches=branches)
    made = asyncio.run(predict_all(Student(decision), cases("x"), PROMPT, kept))[0]
    assert from_dict(to_dict(made)) == made
    assert Unfinished(kept.path, PREDICTIONS).made == {"x": made}


def test_one_process_at_a_time_is_at_an_evaluation(tmp_path: Path) -> None:
    refused = pytest.raises(EvaluationRunning)
    with (
        unfinished(tmp_path, "key", PREDICTIONS),
        unfinished(tmp_path, "other", PREDICTIONS),
        refused,
        unfinished(tmp_path, "key", PREDICTIONS),
    ):
        pass
    with unfinished(tmp_path, "key", PREDICTIONS):
        pass


def test_what_is_done_or_discarded_leaves_nothing_behind(tmp_path: Path) -> None:
    with unfinished(tmp_path, "key", PREDICTIONS) as found:
        asyncio.run(predict_all(Student(READ), cases("x"), PROMPT, found))
    with unfinished(tmp_path, "key", PREDICTIONS) as found:
        assert set(found.made) == {"x"}
        found.discard()
        asyncio.run(predict_all(Student(READ), cases("y"), PROMPT, found))
    with unfinished(tmp_path, "key", PREDICTIONS) as found:
        assert set(found.made) == {"y"}
        found.discard()
    assert list(tmp_path.iterdir()) == []


def test_another_student_prompt_or_case_is_another_evaluation(tmp_path: Path) -> None:
    model = tmp_path / "m.gguf"
    model.write_bytes(b"GGUF")
    mine = StudentSettings(model=str(model))
    keys = [
        evaluation_key(fingerprint(cases("x")), mine, PROMPT),
        evaluation_key(fingerprint(cases("y")), mine, PROMPT),
        evaluation_key(fingerprint(cases("x")), mine, Prompt("Other.")),
        evaluation_key(fingerprint(cases("x")), mine.model_copy(update={"call_tokens": 99}), PROMPT),
        evaluation_key(fingerprint(cases("x")), StudentSettings(model="http://127.0.0.1:1/v1"), PROMPT),
    ]
    assert evaluation_key(fingerprint(cases("x")), mine.model_copy(update={"threads": 3}), PROMPT) == keys[0]
    model.write_bytes(b"GGUG!")
    assert len({*keys, evaluation_key(fingerprint(cases("x")), mine, PROMPT)}) == 6
