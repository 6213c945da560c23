"""The loop: order of the steps, bounds, refusals, interruption, and what each leaves behind."""

import asyncio
from typing import TypeVar

import pytest

from assistant.agent.steps import (
    Answer,
    Call,
    Confirmation,
    Failure,
    Notice,
    Observation,
    Reply,
    Step,
    TextDelta,
    Thought,
    Verdict,
)
from tests.assistant.agent.conftest import MakeChat, approve, take
from tools.calls import Risk, ToolCall
from tools.protocol.messages import Conversation
from training.events.decisions import history
from training.student.base import Decision, StudentDied, StudentError
from training.student.scripted import ScriptedStudent, answer, call

Kind = TypeVar("Kind")
READ = call("read_file", path="README.md")
WRITE = call("write_file", path="notes.txt", content="hello\n")
DONE = answer("All done.")


def only(steps: list[Step], kind: type[Kind]) -> list[Kind]:
    return [step for step in steps if isinstance(step, kind)]


def kinds(steps: list[Step]) -> list[str]:
    return [type(step).__name__ for step in steps if not isinstance(step, TextDelta)]


async def test_a_read_runs_unasked_and_the_answer_streams(make_chat: MakeChat) -> None:
    chat = make_chat([call("read_file", path="README.md", thought="Look first."), DONE])
    steps = await take(chat, "what is this?")
    assert kinds(steps) == ["Thought", "Call", "Observation", "Answer"]
    assert only(steps, Thought)[0].text == "Look first."
    observation = only(steps, Observation)[0]
    assert observation.result.success
    assert "# Demo" in observation.result.text
    assert observation.confirmed_by == "mode"
    assert "".join(delta.text for delta in only(steps, TextDelta)) == "All done."
    assert [message.role for message in chat.session.messages] == ["user", "assistant", "tool", "assistant"]
    await chat.close()


async def test_a_write_is_asked_with_its_diff_and_happens_only_when_approved(make_chat: MakeChat) -> None:
    chat = make_chat([WRITE, DONE])
    asked: list[Confirmation] = []

    def reply(confirmation: Confirmation) -> Reply:
        asked.append(confirmation)
        assert not (chat.workspace / "notes.txt").exists()
        return Reply(Verdict.ONCE)

    steps = await take(chat, "make notes", reply)
    assert kinds(steps) == ["Call", "Confirmation", "Observation", "Answer"]
    assert "+hello" in asked[0].preview
    assert asked[0].risk is Risk.WRITE
    assert (chat.workspace / "notes.txt").read_text() == "hello\n"
    assert only(steps, Observation)[0].confirmed_by == "person"
    await chat.close()


async def test_D12_a_refusal_is_not_run_told_logged_and_not_asked_again(make_chat: MakeChat) -> None:
    chat = make_chat([WRITE, READ, WRITE, DONE])
    steps = await take(chat, "make notes", lambda _: Reply(Verdict.REFUSED, reason="use docs/"))
    assert len(only(steps, Confirmation)) == 1
    assert not (chat.workspace / "notes.txt").exists()
    told = [message.text for message in chat.session.messages if message.role == "tool"]
    assert told[0] == "the person refused this call: use docs/"
    row = history(chat.log)[0]
    assert row["review"]["verdict"] == "refused"
    assert row["review"]["reason"] == "use docs/"
    assert row["outcome"]["success"] is False
    await chat.close()


async def test_an_edited_call_runs_as_edited_and_is_recorded_as_corrected(make_chat: MakeChat) -> None:
    chat = make_chat([WRITE, DONE])
    better = {"path": "notes.md", "content": "better\n"}
    steps = await take(chat, "make notes", lambda _: Reply(Verdict.EDITED, arguments=better))
    assert (chat.workspace / "notes.md").read_text() == "better\n"
    assert not (chat.workspace / "notes.txt").exists()
    assert only(steps, Observation)[0].call.arguments == better
    row = history(chat.log)[0]
    assert row["tool_parameters"] == {"path": "notes.txt", "content": "hello\n"}
    assert row["review"]["corrected_parameters"] == better
    await chat.close()


async def test_an_edit_cannot_pass_what_is_denied(make_chat: MakeChat) -> None:
    chat = make_chat([WRITE, DONE], permissions__deny=["write_file(secret/**)"])
    worse = {"path": "secret/key", "content": "x"}
    steps = await take(chat, "make notes", lambda _: Reply(Verdict.EDITED, arguments=worse))
    assert only(steps, Observation)[0].confirmed_by == "denied"
    assert not (chat.workspace / "secret").exists()
    await chat.close()


@pytest.mark.slow
async def test_a_session_grant_is_not_asked_again_and_ends_with_the_session(make_chat: MakeChat) -> None:
    script = [WRITE, DONE, WRITE, DONE, WRITE, DONE]
    chat = make_chat(script)
    first = await take(chat, "one", lambda _: Reply(Verdict.SESSION))
    assert only(first, Notice)
    assert not only(await take(chat, "two"), Confirmation)
    chat.new_session()
    assert only(await take(chat, "three", approve), Confirmation)
    await chat.close()


async def test_D13_an_approval_counts_once(make_chat: MakeChat) -> None:
    chat = make_chat([WRITE, READ, WRITE, DONE])
    assert len(only(await take(chat, "twice", approve), Confirmation)) == 2
    await chat.close()


async def test_a_write_that_cannot_succeed_is_not_asked(make_chat: MakeChat) -> None:
    chat = make_chat([call("edit_file", path="config.py", old_text="NOPE", new_text="x"), DONE])
    steps = await take(chat, "edit")
    assert kinds(steps) == ["Call", "Observation", "Answer"]
    assert not only(steps, Observation)[0].result.success
    await chat.close()


async def test_plan_mode_denies_writes_with_a_reason(make_chat: MakeChat) -> None:
    chat = make_chat([WRITE, DONE], mode="plan")
    steps = await take(chat, "write")
    assert only(steps, Observation)[0].confirmed_by == "denied"
    assert "not run" in only(steps, Observation)[0].result.text
    await chat.close()


async def test_A17_without_a_sandbox_execute_tools_say_what_to_do_and_reads_work(make_chat: MakeChat) -> None:
    chat = make_chat([call("run_shell", command="id"), READ, DONE], mode="auto")
    first, second = only(await take(chat, "run"), Observation)
    assert not first.result.success
    assert "sandbox" in first.result.text
    assert second.result.success
    await chat.close()


async def test_G03_an_unknown_tool_is_a_result_that_the_student_reads(make_chat: MakeChat) -> None:
    chat = make_chat([call("read_fil", path="a"), DONE], mode="auto")
    observation = only(await take(chat, "go", approve), Observation)[0]
    assert "read_file" in observation.result.text
    await chat.close()


async def test_reads_of_one_decision_run_together_and_writes_alone_in_order(make_chat: MakeChat) -> None:
    calls = (
        ToolCall("a", "read_file", {"path": "README.md"}),
        ToolCall("b", "list_files", {}),
        ToolCall("c", "write_file", {"path": "n.txt", "content": "1"}),
        ToolCall("d", "read_file", {"path": "n.txt"}),
    )
    chat = make_chat([Decision(calls=calls, confidence=0.5), DONE], mode="edit")
    steps = await take(chat, "several")
    assert [step.call.id for step in only(steps, Observation)] == ["a", "b", "c", "d"]
    assert kinds(steps)[:4] == ["Call", "Call", "Observation", "Observation"]
    assert "1" in only(steps, Observation)[3].result.text
    await chat.close()


async def test_B13_the_same_call_again_ends_in_an_answer(make_chat: MakeChat) -> None:
    chat = make_chat([READ, READ, READ])
    steps = await take(chat, "loop")
    assert kinds(steps) == ["Call", "Observation", "Notice", "Answer"]
    assert only(steps, Answer)[0].text == "I could not find out more."
    await chat.close()


async def test_the_number_of_decisions_is_bounded(make_chat: MakeChat) -> None:
    def rule(conversation: Conversation) -> Decision:
        return call("list_files", path=".", pattern=f"*.{len(conversation.messages)}")

    chat = make_chat(rule, loop__max_steps=3)
    steps = await take(chat, "on and on")
    assert len(only(steps, Call)) == 3
    assert isinstance(steps[-1], Answer)
    await chat.close()


async def test_a_prompt_may_allow_one_round_of_calls_only(make_chat: MakeChat) -> None:
    chat = make_chat([READ], student__model="embedded", student__adapter="none")
    examples = (await chat.context_use()).parts[2]
    assert examples.name == "examples"
    assert examples.tokens > 0
    assert kinds(await take(chat, "read README.md")) == ["Call", "Observation", "Answer"]
    _, answered = history(chat.log)
    assert [tool["name"] for tool in answered["tools_available"]] == ["answer"]
    await chat.close()


async def test_G02_a_cut_call_is_not_run_and_the_student_has_to_answer(make_chat: MakeChat) -> None:
    chat = make_chat([Decision(cut=True)])
    assert kinds(await take(chat, "cut")) == ["Notice", "Answer"]
    await chat.close()


async def test_the_answer_is_a_recorded_decision_too(make_chat: MakeChat) -> None:
    chat = make_chat([DONE])
    step = only(await take(chat, "hello"), Answer)[0]
    row = history(chat.log)[0]
    assert row["event_id"] == step.event_id == chat.last_decision
    assert row["tool_selected"] == "answer"
    assert row["context"]["request"] == "hello"
    assert {"answer", "read_file", "fetch_url"} <= {tool["name"] for tool in row["tools_available"]}
    assert row["confidence"] == pytest.approx(0.9)
    assert row["model"] == "scripted"
    await chat.close()


async def test_a_selection_names_the_outcome_that_led_to_it_and_none_of_another_turn(
    make_chat: MakeChat,
) -> None:
    chat = make_chat([READ, call("list_files", path="."), DONE, READ, DONE])
    await take(chat, "look")
    await take(chat, "look again")
    selections = list(chat.log.read(event_type="AGENT_TOOL_SELECTED"))
    outcomes = {
        event.causation_id: event.event_id for event in chat.log.read(event_type="AGENT_TOOL_COMPLETED")
    }
    first, second, third, *again = selections
    assert first.causation_id is None and again[0].causation_id is None
    assert second.causation_id == outcomes[first.event_id]
    assert third.causation_id == outcomes[second.event_id]
    await chat.close()


async def test_the_tokens_of_a_decision_are_recorded_once(make_chat: MakeChat) -> None:
    reads = tuple(ToolCall(f"c{n}", "list_files", {"path": "."}) for n in range(2))
    chat = make_chat([Decision(reads), DONE], mode="auto")
    await take(chat, "look twice")
    first, second = [row["context"].get("usage") for row in history(chat.log)[:2]]
    assert set(first) == {"prompt_tokens", "cached_tokens", "completion_tokens"}
    assert first["prompt_tokens"] > 0
    assert second is None
    await chat.close()


async def test_P6_a_decision_is_durable_before_it_is_asked_or_run(make_chat: MakeChat) -> None:
    chat = make_chat([WRITE, DONE])
    seen: list[int] = []

    def reply(_: Confirmation) -> Reply:
        seen.append(len(history(chat.log)))
        return Reply(Verdict.ONCE)

    await take(chat, "go", reply)
    assert seen == [1]
    await chat.close()


async def test_P6_where_the_log_cannot_write_nothing_runs(make_chat: MakeChat) -> None:
    chat = make_chat([WRITE, DONE], mode="auto")
    chat.log.close()
    steps = await take(chat, "go", approve)
    assert isinstance(steps[-1], Failure)
    assert not (chat.workspace / "notes.txt").exists()
    await chat.close()


async def test_esc_during_an_answer_keeps_what_was_said(make_chat: MakeChat) -> None:
    student = ScriptedStudent([answer("word " * 400), DONE], delay_s=0.005)
    chat = make_chat([], student=student)
    steps: list[Step] = []
    async for step in chat.ask("talk"):
        steps.append(step)
        if len(steps) == 3:
            await chat.cancel()
    assert isinstance(steps[-1], Failure)
    assert steps[-1].cancelled
    last = chat.session.messages[-1]
    assert last.role == "assistant"
    assert last.text.startswith("word")
    assert "interrupted" in last.text
    assert isinstance((await take(chat, "again"))[-1], Answer)
    await chat.close()


async def test_esc_during_a_confirmation_runs_nothing_and_leaves_a_valid_session(make_chat: MakeChat) -> None:
    chat = make_chat([WRITE, DONE])
    steps: list[Step] = []
    async for step in chat.ask("write"):
        steps.append(step)
        if isinstance(step, Confirmation):
            asyncio.get_running_loop().call_later(0.02, lambda: asyncio.ensure_future(chat.cancel()))
    assert isinstance(steps[-1], Failure)
    assert not (chat.workspace / "notes.txt").exists()
    assert [message.role for message in chat.session.messages] == ["user", "assistant", "tool", "assistant"]
    assert history(chat.log)[0]["outcome"]["result"] == "interrupted by the person"
    await chat.close()


async def test_a_consumer_that_walks_away_leaves_a_valid_session(make_chat: MakeChat) -> None:
    chat = make_chat([WRITE, DONE])
    turn = chat.ask("write")
    async for step in turn:
        if isinstance(step, Confirmation):
            break
    await turn.aclose()  # type: ignore[attr-defined]
    await asyncio.sleep(0)
    roles = [message.role for message in chat.session.messages]
    assert roles[:2] == ["user", "assistant"]
    assert isinstance((await take(chat, "next"))[-1], Answer)
    await chat.close()


class Fragile(ScriptedStudent):
    """Raises what it is given before it follows its script."""

    def __init__(self, *errors: Exception) -> None:
        super().__init__([DONE])
        self.errors = list(errors)

    async def decide(self, conversation: Conversation, **rest: object) -> Decision:
        if self.errors:
            raise self.errors.pop(0)
        return await super().decide(conversation, **rest)  # type: ignore[arg-type]


async def test_H06_a_student_that_died_is_asked_again_once_with_a_notice(make_chat: MakeChat) -> None:
    chat = make_chat([], student=Fragile(StudentDied("killed")))
    assert kinds(await take(chat, "go")) == ["Notice", "Answer"]
    await chat.close()
    chat = make_chat([], student=Fragile(StudentDied("killed"), StudentDied("killed again")))
    steps = await take(chat, "go")
    assert only(steps, Failure)[0].text == "killed again"
    await chat.close()


async def test_a_student_that_cannot_load_fails_the_turn_not_the_program(make_chat: MakeChat) -> None:
    class Broken(ScriptedStudent):
        async def start(self) -> object:  # type: ignore[override]
            raise StudentError("m.gguf: this is not a GGUF file")

    chat = make_chat([], student=Broken([]))
    await chat.start()
    assert chat.status().student_state == "off"
    failure = (await take(chat, "hi"))[-1]
    assert isinstance(failure, Failure)
    assert "m.gguf" in failure.text
    await chat.close()


@pytest.mark.slow
async def test_two_turns_at_once_are_refused(make_chat: MakeChat) -> None:
    student = ScriptedStudent([answer("slow " * 50)], delay_s=0.005)
    chat = make_chat([], student=student)
    turn = asyncio.create_task(take(chat, "one"))
    await asyncio.sleep(0.05)
    assert chat.status().busy
    assert isinstance((await take(chat, "two"))[0], Failure)
    assert isinstance((await turn)[-1], Answer)
    await chat.close()
