"""The chat around the loop: sessions, students and sandboxes come and go, the conversation stays."""

import asyncio
from pathlib import Path

import pytest

from assistant.agent.chat import Chat
from assistant.agent.confinement import Confinement
from assistant.agent.hosting import Hosting
from assistant.agent.sessions import SessionError, SessionStore
from assistant.agent.steps import Answer, Observation
from assistant.settings import SettingsError, load_settings
from assistant.wiring import build_chat
from sandbox.settings import SandboxSettings
from tests.assistant.agent.conftest import MakeChat, take
from tools.base import ToolContext
from tools.settings import ToolSettings
from training.student.base import Student, StudentError, StudentInfo
from training.student.scripted import ScriptedStudent, answer, call
from training.student.settings import StudentSettings

DONE = answer("All done.")


class Named(ScriptedStudent):
    """A student with a name, which says when it was closed."""

    def __init__(self, name: str, *, broken: bool = False) -> None:
        super().__init__([DONE] * 9, context_tokens=4096)
        self.name = name
        self.broken = broken
        self.closed = False

    async def start(self) -> StudentInfo:
        if self.broken:
            raise StudentError(f"{self.name}: no such model")
        return StudentInfo(model=self.name, context_tokens=4096)

    async def close(self) -> None:
        self.closed = True


def chat_over(workspace: Path, **students: Student) -> Chat:
    """A chat whose students are found by the model's name in the settings."""
    flags = {"sandbox.engine": "off", "student.model": "first"}
    settings = load_settings(workspace, flags=flags, environ={})
    return build_chat(settings, workspace, make=lambda wanted: students[wanted.model])


async def test_a_swap_keeps_the_session_and_ends_the_old_student(workspace: Path) -> None:
    first, second = Named("first"), Named("second")
    chat = chat_over(workspace, first=first, second=second)
    await chat.start()
    await take(chat, "one")
    await chat.use_model("second")
    assert first.closed
    assert chat.status().student == "second"
    assert isinstance((await take(chat, "two"))[-1], Answer)
    assert [message.text for message in second.conversations[-1].messages][:2] == ["one", "All done."]
    await chat.close()


async def test_a_swap_that_fails_leaves_the_old_student_serving(workspace: Path) -> None:
    first, bad = Named("first"), Named("bad", broken=True)
    chat = chat_over(workspace, first=first, bad=bad)
    await chat.start()
    with pytest.raises(StudentError, match="no such model"):
        await chat.use_model("bad")
    assert bad.closed
    assert not first.closed
    assert chat.status().student_state == "ready"
    assert isinstance((await take(chat, "still there?"))[-1], Answer)
    await chat.close()
    assert first.closed


async def test_a_swap_mends_a_student_that_never_loaded(workspace: Path) -> None:
    chat = chat_over(workspace, first=Named("first", broken=True), second=Named("second"))
    await chat.start()
    assert chat.status().student_state == "off"
    await chat.use_model("second")
    assert isinstance((await take(chat, "hello"))[-1], Answer)
    await chat.close()


async def test_a_student_that_could_not_load_is_tried_again_by_the_next_request(workspace: Path) -> None:
    """A server that is still loading its model, or a file that was missing, need no restart."""
    first = Named("first", broken=True)
    chat = chat_over(workspace, first=first)
    await chat.start()
    assert chat.status().student_state == "off"
    first.broken = False
    assert isinstance((await take(chat, "hello"))[-1], Answer)
    assert chat.status().student_state == "ready"
    await chat.close()


async def test_a_session_is_found_again_and_goes_on(make_chat: MakeChat) -> None:
    chat = make_chat([DONE, DONE])
    await take(chat, "the first request")
    first = chat.session.id
    chat.new_session()
    assert chat.session.messages == []
    chat.load_session(first)
    assert [message.text for message in chat.session.messages] == ["the first request", "All done."]
    await take(chat, "and on")
    await chat.close()
    again = SessionStore(chat.store.folder).load(first)
    assert len(again.messages) == 4
    again.close()


async def test_a_new_session_has_seen_no_file(make_chat: MakeChat, workspace: Path) -> None:
    """Only who read a file before it changed is kept from writing over the change."""
    write = call("write_file", path="config.py", content="DEBUG = None\n")
    chat = make_chat([call("read_file", path="config.py"), DONE, write, DONE, write, DONE], mode="auto")
    await take(chat, "read it")
    (workspace / "config.py").write_text("DEBUG = False\n")
    written = []
    for _ in range(2):
        steps = await take(chat, "write it")
        written += [step.result.success for step in steps if isinstance(step, Observation)]
        chat.new_session()
    assert written == [False, True]
    await chat.close()


async def test_a_session_that_does_not_load_leaves_the_old_one_open(make_chat: MakeChat) -> None:
    chat = make_chat([DONE, DONE])
    await take(chat, "one")
    kept, before = chat.session.id, chat.status()
    assert before.context_used
    with pytest.raises(SessionError):
        chat.load_session("no-such-session")
    assert chat.status() == before
    assert chat.session.id == kept
    assert isinstance((await take(chat, "two"))[-1], Answer)
    await chat.close()


async def test_the_latest_session_of_a_workspace_is_said_to_be_missing(workspace: Path) -> None:
    settings = load_settings(workspace, flags={"sandbox.engine": "off"}, environ={})
    with pytest.raises(SessionError, match="no earlier session"):
        build_chat(settings, workspace, "latest")


async def test_a_bad_rule_in_the_settings_is_one_line(workspace: Path) -> None:
    settings = load_settings(workspace, flags={"permissions.allow": ["run_shell("]}, environ={})
    with pytest.raises(SettingsError, match="permissions") as caught:
        build_chat(settings, workspace)
    assert "\n" not in str(caught.value)


async def test_the_person_s_own_command_is_shown_to_the_student(make_chat: MakeChat) -> None:
    student = ScriptedStudent([DONE])
    chat = make_chat([], student=student)
    result = await chat.shell("ls")
    assert not result.success
    await take(chat, "and now?")
    assert "I ran `ls`" in student.conversations[-1].messages[0].text
    await chat.close()


async def test_the_status_says_what_the_last_decision_cost(make_chat: MakeChat) -> None:
    chat = make_chat([call("read_file", path="README.md"), DONE])
    assert chat.status().student_state == "starting"
    await chat.start()
    await take(chat, "what is this?")
    status = chat.status()
    assert (status.student, status.student_state, status.sandbox_state) == ("scripted", "ready", "off")
    assert 0 < status.context_used < status.context_limit == 8192
    assert status.session_title == "what is this?"
    assert not status.busy
    await chat.close()


async def test_a_mode_that_does_not_exist_is_refused(make_chat: MakeChat) -> None:
    chat = make_chat([])
    chat.set_mode("auto")
    assert chat.status().mode == "auto"
    with pytest.raises(ValueError, match="yolo"):
        chat.set_mode("yolo")
    await chat.close()


async def test_closing_twice_is_safe_also_before_the_start(make_chat: MakeChat) -> None:
    chat = make_chat([])
    await chat.close()
    await chat.close()


async def test_A17_a_workspace_that_cannot_be_confined_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The home folder itself is never given to a sandbox."""
    monkeypatch.setenv("HOME", str(tmp_path))
    context = ToolContext(workspace=tmp_path, settings=ToolSettings())
    place = Confinement(SandboxSettings(), tmp_path, context)
    await place.ready()
    assert place.state == "off"
    assert context.sandbox is None
    assert context.sandbox_problem
    assert place.where().startswith("no sandbox: ")
    await place.close()


async def test_a_student_is_loaded_once_however_many_wait(workspace: Path) -> None:
    starts: list[str] = []

    class Counting(ScriptedStudent):
        async def start(self) -> StudentInfo:
            starts.append("start")
            await asyncio.sleep(0.01)
            return await super().start()

    hosting = Hosting(StudentSettings(model="x.gguf"), lambda _: Counting([]))
    await asyncio.gather(hosting.ready(), hosting.ready(), hosting.ready())
    assert starts == ["start"]
    await hosting.close()


async def test_a_call_of_the_student_and_its_result_stay_together_over_a_restart(make_chat: MakeChat) -> None:
    chat = make_chat([call("read_file", path="README.md"), DONE])
    steps = await take(chat, "read")
    observed = next(step for step in steps if isinstance(step, Observation))
    key = chat.session.id
    await chat.close()
    again = SessionStore(chat.store.folder).load(key)
    assert again.messages[1].calls == (observed.call,)
    assert again.messages[2].call_id == observed.call.id
    again.close()
