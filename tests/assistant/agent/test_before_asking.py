"""What is looked at before a call is confirmed: whether the file would parse, and which program would run."""

import pytest

from assistant.agent.steps import Confirmation, Notice, Observation
from tests.assistant.agent.conftest import MakeChat, approve, take
from training.student.scripted import answer, call

BROKEN = call("edit_file", path="config.py", old_text="True", new_text="(True")
MENDED = call("edit_file", path="config.py", old_text="True", new_text="(True)")
DONE = answer("See config.py.")


@pytest.mark.parametrize("flags", [{}, {"student__model": "embedded", "student__adapter": "none"}])
async def test_the_student_mends_an_edit_before_anyone_is_asked(
    make_chat: MakeChat, flags: dict[str, object]
) -> None:
    chat = make_chat([BROKEN, MENDED, DONE], **flags)
    steps = await take(chat, "edit", approve)
    first, second = [step for step in steps if isinstance(step, Observation)]
    assert first.confirmed_by == "unparsed"
    assert "config.py would not parse: line 1" in first.result.text
    assert second.result.success
    assert len([step for step in steps if isinstance(step, Confirmation)]) == 1
    assert (chat.workspace / "config.py").read_text() == "DEBUG = (True)\n"
    await chat.close()


async def test_the_second_time_the_confirmation_says_it(make_chat: MakeChat) -> None:
    chat = make_chat([BROKEN, BROKEN, DONE])
    steps = await take(chat, "edit", approve)
    [asked] = [step for step in steps if isinstance(step, Confirmation)]
    assert asked.reasons[0].startswith("config.py would not parse: line 1")
    assert (chat.workspace / "config.py").read_text() == "DEBUG = (True\n"
    await chat.close()


async def test_where_nobody_is_asked_a_notice_says_it(make_chat: MakeChat) -> None:
    chat = make_chat([BROKEN, BROKEN, DONE], mode="edit")
    notices = [step.text for step in await take(chat, "edit") if isinstance(step, Notice)]
    assert any(text.startswith("config.py would not parse") for text in notices)
    await chat.close()


async def test_a_file_that_does_not_parse_already_can_be_edited(make_chat: MakeChat) -> None:
    chat = make_chat([call("edit_file", path="bad.py", old_text="1", new_text="2"), DONE], mode="edit")
    (chat.workspace / "bad.py").write_text("x = (1\n")
    steps = await take(chat, "edit")
    assert [step.confirmed_by for step in steps if isinstance(step, Observation)] == ["mode"]
    await chat.close()


async def test_the_confirmation_of_tests_names_the_command_and_the_interpreter(make_chat: MakeChat) -> None:
    chat = make_chat([call("run_tests", target="test_a.py")] * 2)
    (chat.workspace / "conftest.py").write_text("")
    steps = await take(chat, "test")
    [asked] = [step for step in steps if isinstance(step, Confirmation)]
    assert asked.where.startswith("runs python3 -m pytest -q --color=no test_a.py · ")
    (chat.workspace / ".venv").mkdir()
    (chat.workspace / ".venv" / "pyvenv.cfg").write_text("home = /usr/bin\n")
    steps = await take(chat, "test again")
    [asked] = [step for step in steps if isinstance(step, Confirmation)]
    assert asked.where.startswith("runs .venv/bin/python -m pytest -q")
    await chat.close()
