"""The real student's decisions are judged: what was fitted counts, and a doubtful call becomes a question."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.training.student.conftest import talk
from tools.protocol.messages import Message
from training.student import temperatures
from training.student.local import LocalStudent
from training.student.settings import StudentSettings
from training.student.temperatures import Temperature

pytestmark = pytest.mark.gguf

READ_ME = talk(Message("user", "open README.md"))


async def test_a_fit_moves_the_confidence_and_a_bound_above_it_makes_a_question(tmp_path: Path) -> None:
    settings = StudentSettings(context_tokens=2048)
    student = LocalStudent(settings, log=tmp_path / "student.log")
    try:
        raw = await student.decide(READ_ME)
    finally:
        await student.close()
    assert raw.calls and raw.branches[0][0][0] == raw.calls[0].tool
    assert raw.confidence == pytest.approx(raw.branches[0][0][1])

    fit = Temperature(
        temperature=3.0, decisions=300, ece_before=0.4, ece_after=0.1, cases="x", fitted_at="2026-11-20"
    )
    temperatures.keep(fit, settings, READ_ME.prompt)
    heard: list[str] = []
    asking = LocalStudent(settings.model_copy(update={"ask_below": 0.99}), log=tmp_path / "student.log")
    try:
        asked = await asking.decide(READ_ME, on_text=heard.append)
        other = await asking.decide(replace(READ_ME, prompt=replace(READ_ME.prompt, max_calls=2)))
    finally:
        await asking.close()
    assert asked.calls == () and "".join(heard) == asked.answer
    assert dict(asked.alternatives)[raw.calls[0].tool] < raw.confidence
    assert other.confidence == 0.0 or other.confidence >= 0.99
