"""What the host states of a turn, and what becomes of a reply that claims something else."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from assistant.agent.facts.summary import quiet_line
from assistant.agent.sessions import SessionStore
from assistant.agent.steps import Answer, Confirmation, Failure, Observation, Reply, Step, TextDelta, Verdict
from tests.assistant.agent.conftest import MakeChat, approve, refuse, take
from training.events.decisions import history
from training.student.base import Decision
from training.student.scripted import answer, call

WRITE = call("write_file", path="notes.txt", content="1\n2\n")
EMBEDDED = {"student__model": "embedded", "student__adapter": "none"}


def last(steps: list[Step]) -> Answer:
    assert isinstance(steps[-1], Answer)
    return steps[-1]


def streamed(steps: list[Step]) -> str:
    return "".join(step.text for step in steps if isinstance(step, TextDelta))


async def test_a_refusal_without_a_reason_ends_the_turn(make_chat: MakeChat) -> None:
    chat = make_chat([WRITE, answer("I wrote 1 and 2 to notes.txt.")])
    said = last(await take(chat, "write", refuse))
    assert said.text == "Nothing was changed."
    assert [one.what for one in said.facts.refused] == ["notes.txt"]
    assert chat.session.messages[-1].text == "Nothing was changed."
    assert [row["tool_selected"] for row in history(chat.log)] == ["write_file"]
    await chat.close()


@pytest.mark.parametrize("flags", [{}, EMBEDDED])
async def test_a_refusal_with_a_reason_lets_the_student_try_once_more(
    make_chat: MakeChat, flags: dict[str, Any]
) -> None:
    better = call("write_file", path="docs.txt", content="1\n")
    chat = make_chat([WRITE, better, answer("I wrote docs.txt.")], **flags)

    def reply(step: Confirmation) -> Reply:
        wrong = step.call.arguments["path"] == "notes.txt"
        return Reply(Verdict.REFUSED, reason="call it docs.txt") if wrong else Reply(Verdict.ONCE)

    said = last(await take(chat, "write", reply))
    assert [one.path for one in said.facts.changed] == ["docs.txt"]
    await chat.close()


@pytest.mark.parametrize(
    "again",
    [
        WRITE,
        call("write_file", path="notes.txt", content="docs.txt"),
        call("write_file", path="notes.txt", content="3\n"),
    ],
)
async def test_a_retry_that_ignores_the_reason_is_not_asked(make_chat: MakeChat, again: Decision) -> None:
    chat = make_chat([WRITE, again, answer("I wrote docs.txt.")], **EMBEDDED)
    steps = await take(chat, "write", lambda _: Reply(Verdict.REFUSED, reason="call it docs.txt"))
    assert len([one for one in steps if isinstance(one, Confirmation)]) == 1
    assert last(steps).text == "Nothing was changed. You said: call it docs.txt"
    await chat.close()


async def test_a_retry_with_what_the_reason_names_is_asked(make_chat: MakeChat) -> None:
    better = call("write_file", path="notes.txt", content="1\n2\n42\n")
    chat = make_chat([WRITE, better, answer("Done.")], **EMBEDDED)

    def reply(step: Confirmation) -> Reply:
        wanted = "42" in step.call.arguments["content"]
        return Reply(Verdict.ONCE) if wanted else Reply(Verdict.REFUSED, reason="42 is missing")

    assert [one.path for one in last(await take(chat, "write", reply)).facts.changed] == ["notes.txt"]
    await chat.close()


async def test_a_retry_that_only_looks_is_decided_again_with_the_refused_tool(make_chat: MakeChat) -> None:
    better = call("write_file", path="docs.txt", content="1\n")
    chat = make_chat([WRITE, call("list_files"), better, answer("Done.")], **EMBEDDED)

    def reply(step: Confirmation) -> Reply:
        wanted = step.call.arguments["path"] == "docs.txt"
        return Reply(Verdict.ONCE) if wanted else Reply(Verdict.REFUSED, reason="call it docs.txt")

    steps = await take(chat, "write", reply)
    assert [one.call.tool for one in steps if isinstance(one, Observation)] == ["write_file", "write_file"]
    assert [one.path for one in last(steps).facts.changed] == ["docs.txt"]
    await chat.close()


async def test_the_small_student_says_nothing_of_a_refusal(make_chat: MakeChat) -> None:
    chat = make_chat([WRITE, answer("The number of lines is 5.")], **EMBEDDED)
    said = last(await take(chat, "write", lambda _: Reply(Verdict.REFUSED, reason="no")))
    assert said.text == "Nothing was changed. You said: no"
    await chat.close()


@pytest.mark.parametrize("again", [WRITE, call("write_file", path="b.txt", content="1\n")])
async def test_a_second_refusal_ends_the_turn(make_chat: MakeChat, again: Decision) -> None:
    chat = make_chat([WRITE, again, answer("Done.")])
    steps = await take(chat, "write", lambda _: Reply(Verdict.REFUSED, reason="no"))
    assert last(steps).text == "Nothing was changed. You said: no"
    await chat.close()


async def test_nobody_to_ask_is_no_refusal_of_the_user(make_chat: MakeChat) -> None:
    chat = make_chat([WRITE])
    said = last(await take(chat, "write", lambda _: Reply(Verdict.REFUSED, reason="no one", asked=False)))
    assert said.facts.refused[0].why == "not run: no one"
    assert history(chat.log)[0]["review"] is None
    await chat.close()


async def test_a_false_reply_of_the_small_student_is_replaced(make_chat: MakeChat) -> None:
    chat = make_chat(lambda _: answer("Hello. I wrote 5 to notes.txt. I ran the tests too."), **EMBEDDED)
    steps = await take(chat, "write 5 to notes.txt")
    said = last(steps)
    assert said.text == "Nothing was changed. No tests were run."
    assert "I wrote" not in streamed(steps)
    assert chat.session.messages[-1].text == said.text
    await chat.close()


async def test_a_false_reply_of_another_student_is_followed_by_the_contradiction(make_chat: MakeChat) -> None:
    chat = make_chat([answer("I wrote 5 to notes.txt.")])
    steps = await take(chat, "write 5 to notes.txt")
    said = last(steps)
    assert said.text == "I wrote 5 to notes.txt.\n\nNothing was changed."
    assert streamed(steps).strip() == said.text
    assert said.contradicted == ("I wrote 5 to notes.txt.",)
    await chat.close()


async def test_a_contradicted_answer_is_no_success_in_the_log(make_chat: MakeChat) -> None:
    chat = make_chat([answer("I wrote 5 to notes.txt."), answer("Hello.")])
    await take(chat, "write 5 to notes.txt")
    await take(chat, "hello")
    good, bad = sorted(history(chat.log), key=lambda row: row["context"]["request"])
    assert bad["tool_parameters"] == {"text": "I wrote 5 to notes.txt."}
    assert bad["outcome"]["success"] is False
    assert bad["outcome"]["contradicted"] == ["I wrote 5 to notes.txt."]
    assert good["outcome"]["success"] is True
    assert "contradicted" not in good["outcome"]
    await chat.close()


async def test_a_true_reply_stays_as_it_is(make_chat: MakeChat) -> None:
    chat = make_chat([WRITE, answer("I wrote 2 lines. See notes.txt.")])
    steps = await take(chat, "write", approve)
    assert last(steps).text == streamed(steps).strip() == "I wrote 2 lines. See notes.txt."
    await chat.close()
    chat = make_chat(lambda _: answer("Which file do you mean?"), **EMBEDDED)
    steps = await take(chat, "look", approve)
    assert last(steps).text == "Which file do you mean?"
    await chat.close()


async def test_facts_of_a_turn_stay_with_its_session(make_chat: MakeChat) -> None:
    chat = make_chat([answer("Hi."), WRITE, answer("Written.")])
    await take(chat, "hello")
    facts = last(await take(chat, "write", approve)).facts
    session = chat.session.id
    await chat.close()
    store = SessionStore(chat.store.folder)
    assert store.load(session, read_only=True).facts == {2: facts}
    loaded = store.load(session)
    loaded.truncate(2)
    assert store.load(session, read_only=True).facts == {}
    loaded.close()


async def test_an_interrupted_turn_says_what_it_had_done(make_chat: MakeChat) -> None:
    chat = make_chat([WRITE, call("write_file", path="b.txt", content="1")], mode="ask")
    steps: list[Step] = []
    async for step in chat.ask("write"):
        steps.append(step)
        if isinstance(step, Confirmation):
            if step.call.arguments["path"] == "b.txt":
                cancelling = asyncio.ensure_future(chat.cancel())
            else:
                step.reply.set_result(Reply(Verdict.ONCE))
    await cancelling
    failure = steps[-1]
    assert isinstance(failure, Failure)
    assert [one.path for one in failure.facts.changed] == ["notes.txt"]
    assert [one.what for one in failure.facts.failed] == ["b.txt"]
    await chat.close()


async def test_what_others_change_during_a_turn_is_told_apart(make_chat: MakeChat, workspace: Path) -> None:
    chat = make_chat([WRITE, answer("I deleted README.md and wrote notes.txt.")], mode="edit")
    steps: list[Step] = []
    async for step in chat.ask("write"):
        steps.append(step)
        if isinstance(step, Observation):
            (workspace / "config.py").write_text("DEBUG = False\nPORT = 1\n")
            (workspace / "README.md").unlink()
    said = last(steps)
    assert [one.path for one in said.facts.changed] == ["notes.txt"]
    assert said.facts.meanwhile == ("README.md", "config.py")
    assert said.contradicted
    assert "meanwhile by others" in quiet_line(said.facts)
    await chat.close()


async def test_what_was_taken_back_is_a_fact_too(make_chat: MakeChat) -> None:
    chat = make_chat([WRITE, answer("Written.")], mode="edit")
    await take(chat, "write")
    rewinding = chat.rewinding
    assert rewinding is not None
    chat.keep_undone(rewinding.records(), ["notes.txt"])
    assert chat.session.facts[0].undone == ("notes.txt",)
    assert chat.session.facts[0].changed == ()
    chat.keep_redone(rewinding.records())
    assert chat.session.facts[0].undone == ()
    assert [one.path for one in chat.session.facts[0].changed] == ["notes.txt"]
    await chat.close()


async def test_the_small_student_says_nothing_once_it_called(make_chat: MakeChat, workspace: Path) -> None:
    script = [call("read_file", path="config.py"), answer("The port is 8080. It is in config.py.")]
    chat = make_chat(script, **EMBEDDED)
    steps = await take(chat, "which port is used?")
    assert last(steps).text == "config.py, 1 line.\n\n```\nDEBUG = True\n```"
    assert streamed(steps) == ""
    rows = sorted(history(chat.log), key=lambda row: row["tool_selected"])
    assert rows[0]["tool_parameters"] == {"text": "I could not find out more."}
    await chat.close()


async def test_the_small_student_does_not_tell_what_was_not_looked_up(make_chat: MakeChat) -> None:
    chat = make_chat(lambda _: answer("Let me see. The port is 8080."), **EMBEDDED)
    steps = await take(chat, "which port is used?")
    assert last(steps).text == "I looked nothing up for that, so I do not know."
    assert "8080" not in streamed(steps)
    await chat.close()


async def test_the_host_counts_for_the_small_student(make_chat: MakeChat, workspace: Path) -> None:
    (workspace / "README.md").write_text("one\ntwo\nthree\n")
    script = [call("read_file", path="README.md"), answer("1")]
    chat = make_chat(script, **EMBEDDED)
    said = last(await take(chat, "read README.md, then say how many lines it has"))
    assert said.text == "README.md has 3 lines."
    assert said.contradicted
    await chat.close()
