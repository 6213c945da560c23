"""Students under test: the scripted and the remote one always, the real GGUF where its marker is selected."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.training.student.loopback import Loopback, Reply, called, said
from tools.protocol.messages import Conversation, Message, Prompt
from tools.registry import builtin_registry
from training.student.base import Student
from training.student.local import LocalStudent
from training.student.prompt import shipped_prompt
from training.student.remote import RemoteStudent
from training.student.scripted import ScriptedStudent, answer, call
from training.student.settings import StudentSettings


def talk(*messages: Message, prompt: Prompt | None = None) -> Conversation:
    """A conversation over the built-in tools."""
    return Conversation(prompt or shipped_prompt("small"), builtin_registry().signatures(), messages)


async def scripted(_log: Path, _stack: AsyncExitStack) -> Student:
    def rule(conversation: Conversation) -> object:
        asked = conversation.messages[-1].text
        return (
            answer("Recursion is a function " * 40) if "explain" in asked else call("read_file", path="a.py")
        )

    return ScriptedStudent(rule, delay_s=0.01)  # type: ignore[arg-type]


async def embedded(log: Path, _stack: AsyncExitStack) -> Student:
    return LocalStudent(StudentSettings(context_tokens=2048), log=log)


async def remote(_log: Path, stack: AsyncExitStack) -> Student:
    def rule(body: dict[str, Any]) -> Reply:
        if body.get("tool_choice", "none") == "none":
            return said("I do not ", "know", " more", " than that.")
        if "explain" in body["messages"][-1]["content"]:
            return said(*["Recursion is a function "] * 40, pause_s=0.01)
        return called(("read_file", {"path": "a.py"}))

    server = await stack.enter_async_context(Loopback(rule=rule))
    return RemoteStudent(StudentSettings(model=server.url))


MAKERS: dict[str, Callable[[Path, AsyncExitStack], Awaitable[Student]]] = {
    "scripted": scripted,
    "embedded": embedded,
    "remote": remote,
}


@pytest.fixture(params=["scripted", "remote", pytest.param("embedded", marks=pytest.mark.gguf)])
async def student(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Student]:
    """A started student of each kind."""
    async with AsyncExitStack() as stack:
        made = await MAKERS[request.param](tmp_path / "student.log", stack)
        await made.start()
        yield made
        await made.close()
