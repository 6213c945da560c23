"""The loop over what the ranker offers: narrowed once, widened where the student answers, recorded."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.agent.steps import Answer, Call, Failure, Step, TextDelta
from tests.assistant.agent.conftest import MakeChat, take
from tools.protocol.messages import Conversation
from training.events.decisions import history
from training.student.base import Decision, OnText
from training.student.scripted import ScriptedStudent, answer, call

READ = call("read_file", path="README.md")


class Watched(ScriptedStudent):
    """Keeps what it was allowed."""

    def __init__(self, script: Sequence[Decision], closing: str = "") -> None:
        super().__init__(script, closing=closing)
        self.allowed: list[list[str] | None] = []

    async def decide(
        self,
        conversation: Conversation,
        *,
        allowed: Sequence[str] | None = None,
        on_text: OnText | None = None,
    ) -> Decision:
        self.allowed.append(None if allowed is None else list(allowed))
        return await super().decide(conversation, allowed=allowed, on_text=on_text)


def said(steps: Sequence[Step]) -> str:
    return "".join(step.text for step in steps if isinstance(step, TextDelta))


async def test_only_the_first_decision_of_a_turn_is_narrowed(make_chat: MakeChat) -> None:
    student = Watched([READ, answer("read"), answer("hello")])
    chat = make_chat([], student=student, tools__selection="shortlist")
    await take(chat, "read README.md")
    assert student.allowed == [["read_file"], None]
    first, second = history(chat.log)
    assert len(first["tools_available"]) == len(second["tools_available"]) == 13
    selection = first["context"]["selection"]
    assert selection["offered"] == ["read_file"]
    assert (selection["way"], selection["ranked"][0], selection["widened"]) == (
        "shortlist",
        "read_file",
        False,
    )
    assert selection["schemas_tokens"] > selection["tools_tokens"] > 0
    assert "ranked" not in second["context"]["selection"]
    await chat.close()


async def test_a_narrowed_choice_is_no_surer_than_the_ranker(make_chat: MakeChat) -> None:
    chat = make_chat([call("read_file", confidence=1.0, path="README.md")], tools__selection="shortlist")
    shown = next(step for step in await take(chat, "look at README.md") if isinstance(step, Call))
    assert 0.5 < shown.confidence < 0.99
    others = dict(shown.alternatives)
    assert "read_file" not in others and len(others) == 5
    assert shown.confidence + sum(others.values()) <= 1.0
    await chat.close()


async def test_an_unknown_confidence_stays_unknown(make_chat: MakeChat) -> None:
    chat = make_chat([call("read_file", confidence=0.0, path="README.md")], tools__selection="shortlist")
    await take(chat, "read README.md")
    assert history(chat.log)[0]["confidence"] is None
    await chat.close()


async def test_a_student_that_answers_instead_is_asked_again_with_everything(make_chat: MakeChat) -> None:
    student = Watched([answer("I would rather talk"), call("list_files"), answer("done")])
    chat = make_chat([], student=student, tools__selection="shortlist")
    steps = await take(chat, "read README.md")
    assert student.allowed == [["read_file"], None, None]
    assert said(steps) == "done" and isinstance(steps[-1], Answer)
    first = history(chat.log)[0]
    selection = first["context"]["selection"]
    assert first["tool_selected"] == "list_files" and len(selection["offered"]) == 13
    assert selection["widened"] is True
    await chat.close()


async def test_a_student_that_is_unsure_among_the_narrowed_is_asked_again_and_may_ask_back(
    make_chat: MakeChat,
) -> None:
    unsure = replace(call("read_file", path="x"), unsure=True)
    student = Watched([unsure, answer("Which file?")])
    chat = make_chat([], student=student, tools__selection="shortlist")
    assert said(await take(chat, "read README.md")) == "Which file?"
    assert student.allowed == [["read_file"], None]
    assert [one["tool_selected"] for one in history(chat.log)] == ["answer"]
    await chat.close()


async def test_the_second_answer_is_final(make_chat: MakeChat) -> None:
    chat = make_chat([answer("first"), answer("second")], tools__selection="shortlist")
    steps = await take(chat, "read README.md")
    assert said(steps) == "second"
    assert isinstance(steps[-1], Answer) and steps[-1].text == "second"
    await chat.close()


async def test_an_answer_that_was_expected_is_shown_as_it_comes(make_chat: MakeChat) -> None:
    student = Watched([], closing="you are welcome")
    chat = make_chat([], student=student, tools__selection="shortlist")
    assert said(await take(chat, "thank you!")) == "you are welcome"
    assert student.allowed == [["answer"]]
    await chat.close()


async def test_a_bundle_changes_the_prompt_of_the_first_decision_only(make_chat: MakeChat) -> None:
    student = Watched([READ, answer("read")])
    chat = make_chat([], student=student, tools__selection="bundles")
    await take(chat, "read README.md")
    first, second = ([one.name for one in asked.signatures] for asked in student.conversations)
    assert 4 <= len(first) < 13 and "read_file" in first and first[-1] == "answer"
    assert len(second) == 13
    assert history(chat.log)[0]["context"]["selection"]["way"] in ("look", "change", "web")
    await chat.close()


async def test_a_call_that_was_cut_is_not_asked_for_again(make_chat: MakeChat) -> None:
    student = Watched([Decision(cut=True)])
    chat = make_chat([], student=student, tools__selection="shortlist")
    await take(chat, "read README.md")
    assert student.allowed == [["read_file"], ["answer"]]
    await chat.close()


async def test_a_narrowed_decision_can_be_cancelled(make_chat: MakeChat) -> None:
    asked = asyncio.Event()

    class Thinking(Watched):
        async def decide(self, *_: object, **__: object) -> Decision:
            asked.set()
            await asyncio.sleep(30)
            raise AssertionError

    chat = make_chat([], student=Thinking([]), tools__selection="shortlist")
    turn = asyncio.ensure_future(take(chat, "read README.md"))
    await asked.wait()
    await chat.cancel()
    last = (await turn)[-1]
    assert isinstance(last, Failure) and last.cancelled
    await chat.close()


@pytest.mark.parametrize(("model", "narrowed"), [("embedded", True), ("scripted.gguf", False)])
async def test_by_default_the_students_prompt_says_whether_it_is_narrowed(
    make_chat: MakeChat, model: str, narrowed: bool
) -> None:
    student = Watched([READ])
    chat = make_chat([], student=student, student__model=model, student__adapter="none", loop__max_steps=1)
    await take(chat, "read README.md")
    assert student.allowed[0] == (["read_file"] if narrowed else None)
    await chat.close()


async def test_a_ranker_that_cannot_be_read_is_said_and_not_used(
    make_chat: MakeChat, private_home: Path
) -> None:
    file = private_home / "data" / "apprentice" / "ranker.json"
    file.parent.mkdir(parents=True)
    file.write_text("{}", encoding="utf-8")
    chat = make_chat([READ], tools__selection="shortlist", loop__max_steps=1)
    assert any("ranker.json" in notice for notice in chat.notices())
    await take(chat, "read README.md")
    await chat.close()
