"""What a correction says beside the prompt: odds of names, and arguments that are taken as they are."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from tests.training.student.conftest import talk
from tools.protocol.messages import (
    Hint,
    Message,
    conversation_from_dict,
    conversation_to_dict,
)
from training.corrections.base import Correction
from training.corrections.nearest import Nearest
from training.registry.serving import in_force
from training.student.hints import given_arguments, odds_for
from training.student.local import LocalStudent
from training.student.prompt import prompt_for
from training.student.settings import StudentSettings

HINT = Hint("run_shell", {"run_shell": 4.0, "run_tests": -7.0}, {"command": "make check"})


def test_a_hint_reaches_the_process_of_the_student() -> None:
    conversation = replace(talk(Message("user", "run the tests")), hint=HINT)
    sent = orjson.loads(orjson.dumps(conversation_to_dict(conversation)))
    assert conversation_from_dict(sent) == conversation
    assert conversation_from_dict(conversation_to_dict(talk())).hint is None


def test_its_odds_come_before_those_of_likeness() -> None:
    conversation = talk(Message("user", "run the tests"))
    assert dict(odds_for(conversation, conversation.signatures)) == {}
    assert dict(odds_for(replace(conversation, hint=HINT), conversation.signatures)) == HINT.odds


@pytest.mark.parametrize(
    ("hint", "name", "given"),
    [
        (HINT, "run_shell", {"command": "make check"}),
        (HINT, "run_tests", None),
        (None, "run_shell", None),
        (Hint("run_shell", {}), "run_shell", None),
        (Hint("git_diff", {}, {}), "git_diff", {}),
        (Hint("answer", {}, {"text": "Ann."}), "answer", {"text": "Ann."}),
        (Hint("answer", {}, {"text": " "}), "answer", None),
        (Hint("answer", {}, {}), "answer", None),
    ],
)
def test_arguments_are_given_to_the_corrected_tool_alone(
    hint: Hint | None, name: str, given: dict[str, str] | None
) -> None:
    assert given_arguments(hint, name) == given


@pytest.fixture
async def installed(tmp_path: Path) -> AsyncIterator[LocalStudent]:
    made = LocalStudent(in_force(StudentSettings(context_tokens=2048)), log=tmp_path / "student.log")
    yield made
    await made.close()


@pytest.mark.gguf
async def test_two_habits_change_the_installed_student_and_nothing_else(installed: LocalStudent) -> None:
    check, diff = {"command": "make check"}, {"command": "jj diff"}
    corrections = [
        Correction("a", "2026-11-03", "run the tests", "", "run_shell", check, frozenset({"run_tests"})),
        Correction("b", "2026-11-04", "what changed?", "", "run_shell", diff, frozenset({"git_diff"})),
    ]
    nearest = Nearest(corrections)
    settings = in_force(StudentSettings())
    prompt = prompt_for(settings.model, settings.prompt)
    expected = {
        "execute the tests": ("run_shell", check),
        "are the tests green?": ("run_shell", check),
        "show me what has changed": ("run_shell", diff),
        "run the tests in tests/test_auth.py": ("run_tests", {"target": "tests/test_auth.py"}),
        "what changed in README.md?": ("git_diff", {"path": "README.md"}),
        "show me src/app.py": ("read_file", {"path": "src/app.py"}),
    }
    found = {}
    for request in expected:
        near = nearest.of(request, lambda one: True)
        hint = Hint(near.correction.tool, dict(near.odds), dict(near.arguments or {})) if near else None
        conversation = replace(talk(Message("user", request), prompt=prompt), hint=hint)
        (call,) = (await installed.decide(conversation)).calls
        found[request] = (call.tool, call.arguments)
    assert found == expected


@pytest.mark.gguf
async def test_a_corrected_answer_is_said_word_for_word(installed: LocalStudent) -> None:
    hint = Hint("answer", {"answer": 30.0}, {"text": "Ann is the maintainer."})
    heard: list[str] = []
    conversation = replace(talk(Message("user", "who is the maintainer?")), hint=hint)
    decision = await installed.decide(conversation, on_text=heard.append)
    assert decision.answer == "".join(heard) == "Ann is the maintainer."
    assert not decision.calls
