"""A chat over a scripted student, the real tools, a real log and real sessions; no sandbox."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from assistant.agent.chat import Chat
from assistant.agent.steps import Confirmation, Reply, Step, Verdict
from assistant.settings import load_settings
from assistant.wiring import build_chat
from training.student.base import Decision
from training.student.scripted import Rule, ScriptedStudent

Answerer = Callable[[Confirmation], Reply]
MakeChat = Callable[..., Chat]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "README.md").write_text("# Demo\n")
    (folder / "config.py").write_text("DEBUG = True\n")
    return folder


@pytest.fixture
def make_chat(workspace: Path) -> MakeChat:
    """``make_chat(script, **flags)``; flags are settings with ``__`` for the dot."""

    def make(
        script: Iterable[Decision] | Rule, student: ScriptedStudent | None = None, **flags: object
    ) -> Chat:
        dotted = {name.replace("__", "."): value for name, value in flags.items()}
        base = {"sandbox.engine": "off", "student.model": "scripted.gguf"}
        settings = load_settings(workspace, flags=base | dotted, environ={})
        return build_chat(settings, workspace, make=lambda _: student or ScriptedStudent(script))

    return make


def refuse(_: Confirmation) -> Reply:
    return Reply(Verdict.REFUSED)


def approve(_: Confirmation) -> Reply:
    return Reply(Verdict.ONCE)


async def take(chat: Chat, request: str, reply: Answerer = refuse) -> list[Step]:
    """All steps of one turn, confirmations answered."""
    steps: list[Step] = []
    async for step in chat.ask(request):
        steps.append(step)
        if isinstance(step, Confirmation):
            step.reply.set_result(reply(step))
    return steps
