"""The offer of a larger student: once in a session, where the embedded one failed twice."""

from typing import Any

import pytest

from assistant.agent.larger import LargerStudent
from assistant.agent.steps import Answer, Failure, Notice, Observation
from tests.assistant.agent.conftest import MakeChat, take
from tools.calls import ToolCall, ToolResult
from training.models import fitting
from training.models.fitting import Machine
from training.student.base import Usage
from training.student.scripted import call

OFFER = "a larger student fits this machine and does more: qwen2.5-coder-1.5b; /models pulls it (1.1 GB)"
FAILED = Failure("the student ended")


@pytest.fixture(autouse=True)
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "this_machine", lambda: Machine(4_000_000_000, 2))


def observed(confirmed_by: Any) -> Observation:
    return Observation(ToolCall("c", "run_shell", {}), ToolResult(False, ""), "e", confirmed_by)


@pytest.mark.parametrize("steps", [(FAILED, FAILED), (observed("refused"), FAILED)])
def test_it_is_made_once_after_two_failures_or_refusals(steps: tuple[Any, Any]) -> None:
    larger = LargerStudent("embedded")
    assert larger.offer() == ""
    larger.take(steps[0])
    assert larger.offer() == ""
    larger.take(steps[1])
    assert larger.offer() == OFFER
    for step in steps:
        larger.take(step)
    assert larger.offer() == ""


@pytest.mark.parametrize(
    "step",
    [Failure("interrupted", cancelled=True), observed("person"), observed("rule"), Answer("x", "e", Usage())],
)
def test_an_interruption_or_a_failing_program_does_not_count(step: Any) -> None:
    larger = LargerStudent("embedded")
    for _ in range(5):
        larger.take(step)
    assert larger.offer() == ""


@pytest.mark.parametrize(("model", "free"), [("mine.gguf", 4_000_000_000), ("embedded", 100_000_000)])
def test_there_is_none_to_who_has_another_model_or_too_little_memory(
    monkeypatch: pytest.MonkeyPatch, model: str, free: int
) -> None:
    monkeypatch.setattr(fitting, "this_machine", lambda: Machine(free, 2))
    larger = LargerStudent(model)
    larger.take(FAILED)
    larger.take(FAILED)
    assert larger.offer() == ""


async def test_the_chat_offers_it_before_the_end_of_the_turn(make_chat: MakeChat) -> None:
    script = [call("write_file", path=f"{name}.txt", content="1") for name in "abc"]
    chat = make_chat(script, student__model="embedded")
    turns = [await take(chat, f"write {name}") for name in "abc"]
    said = [[step.text for step in turn if isinstance(step, Notice)] for turn in turns]
    assert [OFFER in notices for notices in said] == [False, True, False]
    assert isinstance(turns[1][-1], Answer | Failure)
    await chat.close()
