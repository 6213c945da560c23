"""The chat and its student's window: refused, compacted, interrupted, overflowed."""

import asyncio
from pathlib import Path

import pytest

from assistant.agent.steps import Answer, Failure, Notice
from tests.assistant.agent.conftest import MakeChat, take
from tests.assistant.agent.talk import answered, asked
from tests.assistant.trusting import trusted
from tools.protocol.messages import Conversation
from training.student.base import ContextOverflow, Decision, StudentError
from training.student.scripted import ScriptedStudent, answer

DONE = answer("All done.")
SUMMARY = "They talked of files. " * 20


class Overflowing(ScriptedStudent):
    """Says ``times`` times that the prompt does not fit."""

    def __init__(self, times: int) -> None:
        super().__init__([DONE] * 9)
        self.times = times

    async def decide(self, conversation: Conversation, **rest: object) -> Decision:
        if self.times:
            self.times -= 1
            raise ContextOverflow(9000, 2000)
        return await super().decide(conversation, **rest)  # type: ignore[arg-type]


async def test_F06_the_student_reads_the_instructions_of_a_trusted_folder_and_of_no_other(
    make_chat: MakeChat, workspace: Path
) -> None:
    (workspace / "AGENTS.md").write_text("Never touch the lexer.\n")
    for person, expected in ((str, ""), (trusted, "AGENTS.md of this project:\nNever touch the lexer.")):
        person(workspace)
        student = ScriptedStudent([DONE])
        chat = make_chat([], student=student)
        await take(chat, "hello")
        assert student.conversations[-1].project == expected
        assert any("not trust" in line for line in chat.notices()) is (expected == "")
        await chat.close()


async def test_a_request_that_is_too_long_is_refused_before_anything_is_kept(make_chat: MakeChat) -> None:
    chat = make_chat([DONE])
    [failure] = await take(chat, "word " * 40_000)
    assert isinstance(failure, Failure)
    assert "40,000 tokens" in failure.text
    assert chat.session.messages == []
    assert isinstance((await take(chat, "hello"))[-1], Answer)
    await chat.close()


async def test_G11_an_overflow_compacts_with_a_notice_and_the_turn_goes_on(make_chat: MakeChat) -> None:
    student = Overflowing(1)
    chat = make_chat([], student=student)
    for number in range(4):
        chat.session.append(asked(f"request {number} " + "word " * 200))
        chat.session.append(answered("word " * 1000))
    steps = await take(chat, "the last one")
    notices = [step.text for step in steps if isinstance(step, Notice)]
    assert notices[0] == "the student's window turned out to have 2,000 tokens: sized anew for it"
    assert notices[-1].startswith("of your earlier requests")
    assert isinstance(steps[-1], Answer)
    shown = student.conversations[-1].messages
    assert shown[-1].text == "the last one"
    assert shown[0].text.startswith("request 0 word")
    assert len(chat.session.messages) == 10
    await chat.close()


async def test_G11_an_overflow_that_cannot_be_helped_fails_with_one_line(make_chat: MakeChat) -> None:
    chat = make_chat([], student=Overflowing(9))
    failure = (await take(chat, "word " * 1500))[-1]
    assert isinstance(failure, Failure)
    assert "9000 tokens" in failure.text
    assert "/clear" in failure.text
    assert [message.role for message in chat.session.messages] == ["user", "assistant"]
    await chat.close()


@pytest.mark.slow
async def test_compacting_says_what_it_did_and_the_status_shows_it(make_chat: MakeChat) -> None:
    chat = make_chat([answer("word " * 500), DONE, DONE])
    for request in ("one", "two"):
        await take(chat, request)
    assert chat.status().context_used > 300
    _, said = await chat.compact()
    assert "1 turn summed up" in said
    used = (await chat.context_use()).used
    assert chat.status().context_used == used
    assert f"-> {used:,} tokens" in said
    await chat.close()


async def test_an_interrupted_compaction_changes_nothing_and_the_chat_goes_on(make_chat: MakeChat) -> None:
    student = ScriptedStudent([DONE] * 9, delay_s=0.01, texts={"compaction": SUMMARY})
    chat = make_chat([], student=student, context__summary="student")
    for request in ("one", "two"):
        await take(chat, request)
    compacting = asyncio.create_task(chat.compact())
    await asyncio.sleep(0.03)
    assert chat.status().busy
    with pytest.raises(StudentError, match="under way"):
        await chat.compact()
    await chat.cancel()
    with pytest.raises(asyncio.CancelledError):
        await compacting
    assert chat.session.compaction is None
    assert not chat.status().busy
    assert isinstance((await take(chat, "three"))[-1], Answer)
    await chat.close()
