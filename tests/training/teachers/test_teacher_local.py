"""The local teacher: on a scripted student always, on the real GGUF where its marker is selected."""

from pathlib import Path

import pytest

from tests.training.teachers.conftest import PRICES, READ, SCHEMA, ask
from tools.protocol.messages import Message
from tools.schema import validate
from training.student.base import ContextOverflow, Decision
from training.student.scripted import ScriptedStudent, answer, call
from training.teachers.base import ProviderConfig, TeacherError, Unanswered
from training.teachers.create import create_provider
from training.teachers.local import LocalProvider, shares_of
from training.teachers.run import TeacherRun

CONFIG = ProviderConfig("local", max_tokens=64)


def test_shares_follow_the_branches() -> None:
    branches = ((("read_*", 0.8), ("answer", 0.2)), (("read_file", 0.75), ("read_url", 0.25)))
    shares = shares_of("read_file", branches)
    assert shares == (
        ("read_file", pytest.approx(0.6)),
        ("answer", pytest.approx(0.2)),
        ("read_url", pytest.approx(0.2)),
    )
    assert sum(share for _, share in shares) == pytest.approx(1)


async def test_calls_texts_and_data_come_from_the_student(folder: Path) -> None:
    student = ScriptedStudent([call("read_file", path="a.py"), call("reply", score=2), answer("hello")])
    teacher = LocalProvider(CONFIG, student)
    with TeacherRun(folder, PRICES, max_cost_usd=0.01) as run:
        called = await run.ask(teacher, ask("1", tools=(READ,)))
        structured = await run.ask(teacher, ask("2", schema=SCHEMA))
        said = await run.ask(teacher, ask("3", tools=(READ,)))
        written = await run.ask(teacher, ask("4"))
        assert run.ledger.total.cost_usd == 0
    assert called.calls[0].arguments == {"path": "a.py"}
    assert structured.data == {"score": 2}
    assert (said.text, said.stop) == ("hello", "end")
    assert written.text == "I could not find out more."
    assert {one.model for one in (called, structured, said, written)} == {"scripted"}


async def test_what_does_not_fit_the_window_is_one_requests_failure(folder: Path) -> None:
    def too_long(_: object) -> Decision:
        raise ContextOverflow(9000, 8000)

    with TeacherRun(folder, PRICES) as run, pytest.raises(Unanswered, match="9000 tokens"):
        await run.ask(LocalProvider(CONFIG, ScriptedStudent(too_long)), ask(tools=(READ,)))


def test_an_address_is_not_a_local_model() -> None:
    with pytest.raises(TeacherError, match="--provider openai"):
        create_provider(ProviderConfig("local", "http://127.0.0.1:8000/v1"))


@pytest.mark.gguf
async def test_the_real_gguf_teaches(folder: Path) -> None:
    teacher = create_provider(CONFIG, log=folder.with_suffix(".log"))
    try:
        with TeacherRun(folder, PRICES) as run:
            request = ask("1", messages=(Message("user", text="Show me setup.py"),), tools=(READ,))
            called = await run.ask(teacher, request)
            graded = await run.ask(teacher, ask("2", schema=SCHEMA))
            written = await run.ask(teacher, ask("3"))
        counted, how = await teacher.count(request)
    finally:
        await teacher.close()
    assert {tool for tool, _ in called.shares} <= {"read_file", "answer"}
    assert sum(share for _, share in called.shares) == pytest.approx(1, abs=1e-6)
    assert all(validate(READ.parameters, one.arguments) is None for one in called.calls)
    assert isinstance(graded.data["score"], int)
    assert written.text
    assert counted > 0
    assert "own vocabulary" in how
