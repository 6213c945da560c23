"""The student's process dies in the middle of a decision: the turn says so and goes on. Real GGUF."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from assistant.agent.steps import Answer, Notice
from assistant.settings import load_settings
from assistant.wiring import build_chat
from tests.assistant.agent.conftest import take
from tools.protocol.messages import Conversation
from training.student.base import Decision
from training.student.local import LocalStudent
from training.student.settings import StudentSettings

pytestmark = [pytest.mark.gguf, pytest.mark.timeout(900)]

PROMPT = 'instructions = "Call one tool, or answer."\ndescribe = false\nmax_calls = 1\nmax_rounds = 1\n'
FLAGS = {
    "sandbox.engine": "off",
    "mode": "plan",
    "student.context_tokens": 1024,
    "student.answer_tokens": 16,
    "student.call_tokens": 64,
}


class Mortal(LocalStudent):
    """Gets each of ``blows`` in the middle of a decision."""

    def __init__(self, settings: StudentSettings, *blows: signal.Signals) -> None:
        super().__init__(settings)
        self.blows = list(blows)

    async def decide(self, conversation: Conversation, **options: object) -> Decision:
        await self.start()
        if self.blows:
            assert self._process
            loop, pid = asyncio.get_running_loop(), self._process.pid
            os.kill(pid, signal.SIGSTOP)  # it cannot be done before the blow comes
            loop.call_later(0.02, os.kill, pid, self.blows.pop(0))
            loop.call_later(0.03, os.kill, pid, signal.SIGCONT)
        return await super().decide(conversation, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("blow", [signal.SIGABRT, signal.SIGSEGV, signal.SIGKILL])
async def test_H06_the_turn_goes_on_with_a_notice(workspace: Path, blow: signal.Signals) -> None:
    (workspace / "prompt.toml").write_text(PROMPT)
    settings = load_settings(
        workspace, flags={**FLAGS, "student.prompt": str(workspace / "prompt.toml")}, environ={}
    )
    student = Mortal(settings.student, blow)
    chat = build_chat(settings, workspace, make=lambda _: student)
    steps = await take(chat, "open README.md")
    said = [step.text for step in steps if isinstance(step, Notice)]
    again = await take(chat, "and config.py?")
    roles = [message.role for message in chat.session.messages]
    await chat.close()
    assert any(blow.name in text and "started again" in text for text in said)
    assert isinstance(steps[-1], Answer)
    assert isinstance(again[-1], Answer)
    assert roles[0] == "user"
    assert roles[-1] == "assistant"
    assert student.stats().restarts == 1
