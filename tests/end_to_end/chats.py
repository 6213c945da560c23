"""A chat over a scripted student, for tests that drive it in their own process."""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from assistant.agent.chat import Chat
from assistant.agent.steps import Answer, Confirmation, Failure, Observation, Reply, Step, Verdict
from assistant.settings import load_settings
from assistant.wiring import build_chat
from tools.calls import ToolResult
from training.student.base import Decision
from training.student.scripted import Rule, ScriptedStudent

Answerer = Callable[[Confirmation], Reply]


def never(asked: Confirmation) -> Reply:
    """For turns in which nothing may be asked."""
    raise AssertionError(f"asked for {asked.call}")


def refuse(_: Confirmation) -> Reply:
    return Reply(Verdict.REFUSED)


def approve(_: Confirmation) -> Reply:
    return Reply(Verdict.ONCE)


@asynccontextmanager
async def chatting(
    workspace: Path, script: Iterable[Decision] | Rule, session: str | None = None, **flags: object
) -> AsyncIterator[tuple[Chat, ScriptedStudent]]:
    """A started chat; flags are settings with ``__`` for the dot."""
    dotted = {name.replace("__", "."): value for name, value in flags.items()}
    settings = load_settings(workspace, flags={"student.model": "scripted.gguf"} | dotted)
    student = ScriptedStudent(script)
    chat = build_chat(settings, workspace, session, make=lambda _: student)
    try:
        await chat.start()
        yield chat, student
    finally:
        await chat.close()


async def turn(chat: Chat, request: str = "go on", reply: Answerer = never) -> list[Step]:
    """All steps of one turn, confirmations answered."""
    steps: list[Step] = []
    async for step in chat.ask(request):
        steps.append(step)
        if isinstance(step, Confirmation):
            step.reply.set_result(reply(step))
    return steps


def results(steps: Iterable[Step]) -> list[ToolResult]:
    """What each call did, in order. The turn has to have ended with an answer."""
    taken = list(steps)
    assert isinstance(taken[-1], Answer), [step for step in taken if isinstance(step, Failure)]
    return [step.result for step in taken if isinstance(step, Observation)]
