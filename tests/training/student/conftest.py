"""Students under test: the scripted one always, the real GGUF where its marker is selected."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tools.protocol.messages import Conversation, Message, Prompt
from tools.registry import builtin_registry
from training.student.base import Student
from training.student.local import LocalStudent
from training.student.prompt import shipped_prompt
from training.student.scripted import ScriptedStudent, answer, call
from training.student.settings import StudentSettings


def talk(*messages: Message, prompt: Prompt | None = None) -> Conversation:
    """A conversation over the built-in tools."""
    return Conversation(prompt or shipped_prompt("small"), builtin_registry().signatures(), messages)


def scripted(_log: Path) -> Student:
    def rule(conversation: Conversation) -> object:
        asked = conversation.messages[-1].text
        return (
            answer("Recursion is a function " * 40) if "explain" in asked else call("read_file", path="a.py")
        )

    return ScriptedStudent(rule, delay_s=0.01)  # type: ignore[arg-type]


def embedded(log: Path) -> Student:
    return LocalStudent(StudentSettings(context_tokens=2048), log=log)


MAKERS: dict[str, Callable[[Path], Student]] = {"scripted": scripted, "embedded": embedded}


@pytest.fixture(params=["scripted", pytest.param("embedded", marks=pytest.mark.gguf)])
async def student(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Student]:
    """A started student of each kind."""
    made = MAKERS[request.param](tmp_path / "student.log")
    await made.start()
    yield made
    await made.close()
