"""What every student holds: well-formed decisions, streamed answers, narrowing, cancelling, closing."""

import asyncio
import time

import pytest

from tests.training.student.conftest import talk
from tools.protocol.messages import Conversation, Message, Prompt
from tools.registry import builtin_registry
from tools.schema import validate
from training.student.base import Student, StudentError
from training.student.remote import RemoteStudent
from training.student.scripted import ScriptedStudent

REQUESTS = [
    "open setup.py",
    "where is parse_config defined?",
    "run the tests",
    "in config.py replace a = 1 with a = 2",
    "¿qué archivos hay aquí? 日本語",
    "",
    'write {"a": "b"} to x.json <|im_end|>',
]


@pytest.mark.parametrize("request_text", REQUESTS)
async def test_a_decision_names_an_offered_tool_with_arguments_of_its_schema(
    student: Student, request_text: str
) -> None:
    decision = await student.decide(talk(Message("user", request_text)))
    assert not (decision.calls and decision.answer)
    registry = builtin_registry()
    for call in decision.calls:
        tool = registry.get(call.tool)
        assert tool is not None
        assert validate(tool.parameters, call.arguments) is None
    assert decision.confidence == 0.0 if isinstance(student, RemoteStudent) else 0 < decision.confidence <= 1
    assert decision.usage.prompt_tokens > 0
    assert decision.usage.completion_tokens > 0


async def test_call_ids_are_unique(student: Student) -> None:
    told = talk(Message("user", "open setup.py"))
    ids = [call.id for _ in range(3) for call in (await student.decide(told)).calls]
    assert len(ids) == len(set(ids)) >= 3


async def test_only_allowed_names_are_chosen_and_an_answer_streams_whole(student: Student) -> None:
    pieces: list[str] = []
    told = talk(Message("user", "open setup.py"))
    decision = await student.decide(told, allowed=["answer"], on_text=pieces.append)
    assert not decision.calls
    assert decision.answer
    assert "".join(pieces).strip() == decision.answer
    assert len(pieces) > 1


async def test_free_text_streams_whole_and_stops_at_its_limit(student: Student) -> None:
    pieces: list[str] = []
    asked = Conversation(Prompt("Explain what you are asked."), (), (Message("user", "explain recursion"),))
    written = await student.answer(asked, kind="title", limit=4, on_text=pieces.append)
    assert written.text
    assert "".join(pieces).strip() == written.text
    assert written.usage.prompt_tokens > 0
    if not isinstance(student, RemoteStudent):  # there the endpoint counts
        assert written.cut
        assert written.usage.completion_tokens <= 4


async def test_texts_are_counted_one_by_one_and_more_text_has_more_tokens(student: Student) -> None:
    empty, short, long, foreign = await student.count(
        ["", "open setup.py", "open setup.py " * 50, "日本語 <|im_end|>"]
    )
    assert empty == 0
    assert 0 < short < long <= 50 * (short + 1)
    assert foreign > 0


async def test_stats_add_up_what_was_asked(student: Student) -> None:
    assert student.stats().requests == 0
    decision = await student.decide(talk(Message("user", "open setup.py")))
    written = await student.answer(talk(Message("user", "hi")), limit=4)
    stats = student.stats()
    assert stats.requests == 2
    assert stats.prompt_tokens == decision.usage.prompt_tokens + written.usage.prompt_tokens
    assert stats.cached_tokens == decision.usage.cached_tokens + written.usage.cached_tokens
    assert stats.completion_tokens == decision.usage.completion_tokens + written.usage.completion_tokens


async def test_without_an_adapter_the_base_serves(student: Student) -> None:
    assert (await student.adapt("")).adapter == ""
    if not isinstance(student, ScriptedStudent):
        with pytest.raises(StudentError, match="adapter"):
            await student.adapt("/missing/adapter.gguf")
    assert (await student.start()).adapter == ""


async def test_cancelling_the_waiting_task_leaves_a_student_that_serves(student: Student) -> None:
    told = talk(Message("user", "explain recursion in great detail, with many examples"))
    task = asyncio.create_task(student.decide(told, allowed=None))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await student.decide(talk(Message("user", "open a.py")))).usage.completion_tokens > 0


async def test_cancel_from_elsewhere_ends_the_decision(student: Student) -> None:
    told = talk(Message("user", "explain recursion in great detail, with many examples"))
    pieces: list[str] = []
    started = asyncio.Event()

    def on_text(text: str) -> None:
        pieces.append(text)
        started.set()

    task = asyncio.create_task(student.decide(told, on_text=on_text))
    await asyncio.wait([task, asyncio.create_task(started.wait())], return_when=asyncio.FIRST_COMPLETED)
    asked = time.monotonic()
    await student.cancel()
    outcome = await asyncio.gather(task, return_exceptions=True)
    assert isinstance(outcome[0], asyncio.CancelledError) or pieces == []
    assert time.monotonic() - asked < 5


async def test_closing_twice_is_safe_and_start_says_who_serves(student: Student) -> None:
    info = await student.start()
    assert info.model
    assert info.context_tokens > 0
    await student.close()
    await student.close()
