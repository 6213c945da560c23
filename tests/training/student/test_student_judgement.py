"""Confidence is calibrated by what was fitted to this very student; a doubtful call becomes a question."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tools.calls import ToolCall
from tools.protocol.messages import Conversation, Message, Prompt
from tools.registry import builtin_registry
from training.student import temperatures
from training.student.base import Decision
from training.student.judgement import LONGEST_SHOWN, Judgement
from training.student.settings import StudentSettings
from training.student.temperatures import Temperature

PROMPT = Prompt("Call one tool, or answer.")
ASKED = Conversation(PROMPT, builtin_registry().signatures(), (Message("user", text="look at a.py"),))
BRANCHES = ((("read_file", 0.5), ("search_files", 0.3), ("run_*", 0.15), ("answer", 0.05)),)
CALL = Decision(calls=(ToolCall("c1", "read_file", {"path": "a.py"}),), branches=BRANCHES)
FITTED = Temperature(
    temperature=2.0, decisions=300, ece_before=0.3, ece_after=0.05, cases="abc", fitted_at="2026-11-20"
)


@pytest.fixture
def settings(tmp_path: Path) -> StudentSettings:
    model = tmp_path / "student.gguf"
    model.write_bytes(b"GGUF" + bytes(100))
    return StudentSettings(model=str(model))


@pytest.fixture
def judged(settings: StudentSettings, tmp_path: Path) -> Callable[..., Decision]:
    def judge(ask_below: float, conversation: Conversation = ASKED, **more: object) -> Decision:
        doubting = settings.model_copy(update={"ask_below": ask_below})
        return Judgement(doubting, tmp_path).judged(conversation, CALL, **more)  # type: ignore[arg-type]

    return judge


def test_without_a_fit_the_shares_are_the_confidence(judged: Callable[..., Decision]) -> None:
    decision = judged(0.0)
    assert decision.confidence == pytest.approx(0.5)
    assert decision.alternatives[0] == ("search_files", pytest.approx(0.3))


def test_a_fit_holds_for_the_model_the_adapter_and_the_prompt_it_was_made_with(
    settings: StudentSettings, tmp_path: Path
) -> None:
    temperatures.keep(FITTED, settings, PROMPT, tmp_path)
    adapter = tmp_path / "adapter.gguf"
    adapter.write_bytes(b"GGUF adapter")
    adapted = settings.model_copy(update={"adapter": str(adapter)})
    assert temperatures.find(settings, PROMPT, tmp_path) == FITTED
    assert temperatures.find(settings, replace(PROMPT, describe=False), tmp_path) is None
    assert temperatures.find(adapted, PROMPT, tmp_path) is None
    Path(settings.model).write_bytes(b"GGUF" + bytes(99) + b"\1")
    assert temperatures.find(settings, PROMPT, tmp_path) is None


def test_a_fit_that_cannot_be_read_or_is_of_an_endpoint_counts_as_none(
    settings: StudentSettings, tmp_path: Path
) -> None:
    kept = temperatures.keep(FITTED, settings, PROMPT, tmp_path)
    kept.write_text("{", encoding="utf-8")
    assert temperatures.find(settings, PROMPT, tmp_path) is None
    assert temperatures.find(StudentSettings(model="http://localhost:1/v1"), PROMPT, tmp_path) is None
    assert temperatures.find(StudentSettings(model=str(tmp_path / "gone.gguf")), PROMPT, tmp_path) is None


def test_the_confidence_is_that_under_the_temperature(settings: StudentSettings, tmp_path: Path) -> None:
    temperatures.keep(FITTED, settings, PROMPT, tmp_path)
    judgement = Judgement(settings, tmp_path)
    warmer = judgement.judged(ASKED, CALL)
    assert 0.25 < warmer.confidence < 0.4
    assert warmer.calls == CALL.calls
    other = replace(ASKED, prompt=replace(PROMPT, instructions="Else."))
    assert judgement.judged(other, CALL).confidence == pytest.approx(0.5)


def test_a_doubtful_call_becomes_a_question_that_names_what_it_might_have_been(
    judged: Callable[..., Decision],
) -> None:
    heard: list[str] = []
    decision = judged(0.6, on_text=heard.append)
    assert decision.calls == ()
    assert heard == [decision.answer]
    assert '`read_file {"path": "a.py"}` (50% sure)' in decision.answer
    assert "`search_files` (30%)" in decision.answer
    assert "run_" not in decision.answer and "answer`" not in decision.answer
    assert decision.confidence == 0.0
    assert decision.alternatives[0] == ("read_file", pytest.approx(0.5))


def test_a_call_that_is_sure_enough_is_made(judged: Callable[..., Decision]) -> None:
    assert judged(0.5).calls == CALL.calls


def test_nothing_is_asked_where_no_answer_is_allowed_or_the_person_did_not_speak_last(
    judged: Callable[..., Decision],
) -> None:
    seen = Message("tool", text="x", call_id="c0", tool="read_file")
    forced = judged(0.6, allowed=["read_file"])
    assert forced.calls and forced.unsure
    assert not judged(0.4, allowed=["read_file"]).unsure
    assert judged(0.6, replace(ASKED, messages=(*ASKED.messages, seen))).calls
    assert not judged(0.6, allowed=["read_file", "answer"]).calls


def test_a_long_call_is_shown_shortened(settings: StudentSettings, tmp_path: Path) -> None:
    doubting = settings.model_copy(update={"ask_below": 0.6})
    long = replace(CALL, calls=(ToolCall("c1", "write_file", {"path": "a", "content": "x" * 5000}),))
    answer = Judgement(doubting, tmp_path).judged(ASKED, long).answer
    assert max(map(len, answer.splitlines())) < LONGEST_SHOWN + 20
