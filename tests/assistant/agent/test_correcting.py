"""A correction made in the chat counts for the next request, and for that alone."""

from pathlib import Path
from typing import Any

import pytest

from assistant.agent.chat import Chat
from assistant.agent.correcting import LONGEST, Correcting
from assistant.agent.steps import Call, Confirmation, Reply, Verdict
from assistant.correction_text import wish
from tests.assistant.agent.conftest import MakeChat, refuse, take
from tests.training.corrections.making import HERE, THERE, corrected
from tools.protocol.messages import Conversation, Hint
from tools.registry import builtin_registry
from training.corrections.book import Corrections, change
from training.events import open_log
from training.events.decisions import find_row, review
from training.student.base import Decision
from training.student.scripted import ScriptedStudent, answer, call

CHECK = {"command": "make check"}
ENDPOINT = "http://127.0.0.1:9/v1"


def obeys(conversation: Conversation) -> Decision:
    """A student that does what a hint says, and what it is used to otherwise."""
    if conversation.messages[-1].role == "tool":
        return answer("Done.")
    hint = conversation.hint
    return call(hint.tool, **(hint.arguments or {})) if hint else call("list_files")


async def corrected_once(
    make_chat: MakeChat, request: str = "run the tests", **flags: Any
) -> tuple[Chat, Any]:
    student = ScriptedStudent(obeys)
    chat = make_chat([], student, **flags)
    steps = await take(chat, request)
    made = next(step for step in steps if isinstance(step, Call))
    review(
        chat.log, made.event_id, verdict="corrected", corrected_tool="run_shell", corrected_parameters=CHECK
    )
    student.conversations.clear()
    return chat, student


async def test_the_next_request_like_it_is_decided_by_it(make_chat: MakeChat) -> None:
    chat, _ = await corrected_once(make_chat)
    asked: list[Confirmation] = []

    def reply(confirmation: Confirmation) -> Reply:
        asked.append(confirmation)
        return Reply(Verdict.REFUSED)

    await take(chat, "execute the tests", reply)
    assert [one.call.arguments for one in asked] == [CHECK]  # asked like any other call
    await chat.close()


async def test_it_is_in_view_of_the_first_decision_alone(make_chat: MakeChat) -> None:
    chat, student = await corrected_once(make_chat, mode="auto")
    await take(chat, "execute the tests")
    first, *later = student.conversations
    assert first.hint is not None and all(one.hint is None for one in later) and later
    assert [one.text for one in first.messages][-1] == "execute the tests"
    assert not any(one.text == "ok" for one in first.messages)  # the prompt is the same as without
    await chat.close()


async def test_the_decision_keeps_what_was_in_view(make_chat: MakeChat) -> None:
    chat, _ = await corrected_once(make_chat)
    steps = await take(chat, "execute the tests", refuse)
    made = next(step for step in steps if isinstance(step, Call))
    row = find_row(chat.log, made.event_id)
    assert row is not None
    kept = row["context"]["correction"]
    assert (kept["request"], kept["arguments"], kept["shown"]) == ("run the tests", True, False)
    assert find_row(chat.log, kept["id"]) is not None
    await chat.close()


async def test_an_edited_call_is_a_correction_too(make_chat: MakeChat) -> None:
    student = ScriptedStudent(
        lambda one: call("run_shell", command="pytest") if one.hint is None else obeys(one)
    )
    chat = make_chat([], student)
    replies = iter([Reply(Verdict.EDITED, arguments=CHECK), Reply(Verdict.REFUSED), Reply(Verdict.REFUSED)])
    await take(chat, "run the tests", lambda _: next(replies))
    steps = await take(chat, "execute the tests", refuse)
    made = next(step for step in steps if isinstance(step, Call))
    assert made.call.arguments == CHECK
    await chat.close()


async def test_a_forgotten_one_is_followed_no_more_until_it_is_remembered(make_chat: MakeChat) -> None:
    chat, student = await corrected_once(make_chat)
    steps = await take(chat, "execute the tests", refuse)
    made = next(step for step in steps if isinstance(step, Call))
    assert "forgotten" in wish(chat.log, made.event_id, "forget")
    for request in ("execute the tests", "run the tests"):
        await take(chat, request, refuse)
        assert student.conversations[-2].hint is None
    assert "counts again" in wish(chat.log, made.event_id, "forget")
    student.conversations.clear()
    await take(chat, "execute the tests", refuse)
    assert student.conversations[0].hint is not None
    await chat.close()


async def test_other_requests_are_as_they_were(make_chat: MakeChat) -> None:
    chat, student = await corrected_once(make_chat)
    for request in ("write a poem", "run the tests in tests/test_a.py"):
        await take(chat, request, refuse)
    assert all(one.hint is None for one in student.conversations)
    await chat.close()


async def test_a_question_that_the_host_answers_gives_way_to_its_own_correction(make_chat: MakeChat) -> None:
    chat, student = await corrected_once(make_chat, "what changed?", student__model="embedded")
    await take(chat, "how do I run the tests?")
    assert not student.conversations  # another question: the host goes on answering it
    await take(chat, "what did I change?", refuse)
    assert student.conversations and student.conversations[0].hint is not None
    await chat.close()


async def test_a_model_elsewhere_is_shown_it_as_an_earlier_turn(make_chat: MakeChat) -> None:
    chat, student = await corrected_once(make_chat, student__model=ENDPOINT)
    await take(chat, "execute the tests", refuse)
    seen = student.conversations[0]
    assert seen.hint is None
    *_, asked, called, result, done, request = seen.messages
    assert (asked.text, called.calls[0].arguments, result.text) == ("run the tests", CHECK, "ok")
    assert (done.text, request.text) == ("Done.", "execute the tests")
    await chat.close()


async def found(folder: Path, request: str, *, remote: bool = False, student: str = "") -> Any:
    log = open_log(folder)
    try:
        correcting = Correcting(Corrections(log), HERE, builtin_registry(), lambda: (student, remote))
        return await correcting.find(request)
    finally:
        log.close()


async def test_a_corrected_answer_counts_too(tmp_path: Path) -> None:
    with_log = open_log(tmp_path)
    corrected(with_log, "who is the maintainer?", ("answer", {"text": "Ann."}))
    with_log.close()
    here = await found(tmp_path, "who is the maintainer?")
    assert here.hint == Hint("answer", here.hint.odds, {"text": "Ann."}) and here.hint.odds["answer"] > 0
    elsewhere = await found(tmp_path, "who is the maintainer?", remote=True)
    assert [one.text for one in elsewhere.shown] == ["who is the maintainer?", "Ann."]


async def test_content_is_not_written_again_as_it_was(tmp_path: Path) -> None:
    with_log = open_log(tmp_path)
    corrected(with_log, "write the summary", ("write_file", {"path": "out/summary.md", "content": "short"}))
    with_log.close()
    seen = await found(tmp_path, "write the summary please")
    assert seen.hint.arguments is None and seen.hint.tool == "write_file"
    assert seen.shown[0].text == "write the summary"


async def test_what_a_student_learned_is_left_to_it(tmp_path: Path) -> None:
    with_log = open_log(tmp_path)
    event_id = corrected(with_log, "run the tests")
    change(with_log, [event_id], "learned", student="abc")
    with_log.close()
    assert await found(tmp_path, "run the tests", student="abc") is None
    assert await found(tmp_path, "run the tests", student="other") is not None


@pytest.mark.parametrize("call_", [("gone_tool", {}), ("run_shell", {"command": "x" * LONGEST})])
async def test_a_tool_that_is_gone_and_a_call_too_long_to_show_are_left_out(
    tmp_path: Path, call_: tuple[str, dict[str, Any]]
) -> None:
    with_log = open_log(tmp_path)
    corrected(with_log, "run the tests", call_)
    with_log.close()
    assert await found(tmp_path, "run the tests", remote=True) is None


async def test_nothing_of_another_project_leaves_unredacted(tmp_path: Path) -> None:
    secret = "ghp_0123456789abcdefghijklmnopqrstuvwxyzAB"
    plain: Any = lambda value: (value, {})  # noqa: E731 - as a log that another program wrote
    with_log = open_log(tmp_path, redactor=plain)
    event_id = corrected(with_log, "log in", ("run_shell", {"command": f"login {secret}"}), workspace=THERE)
    assert await found(tmp_path, "log in", remote=True) is None
    change(with_log, [event_id], "widened")
    with_log.close()
    seen = await found(tmp_path, "log in", remote=True)
    assert secret not in str(seen.shown) and "[redacted:" in str(seen.shown)
