"""The confirmation: what it shows, what each key answers, and what does not count as an answer."""

import asyncio
from contextlib import nullcontext

import pytest
from textual.widgets import Input, TextArea

from assistant.agent.steps import Reply, Verdict
from assistant.tui.app import ApprenticeApp
from assistant.tui.widgets import confirmation as confirmation_panel
from assistant.tui.widgets.confirmation import GUARD_S, ConfirmationPanel
from tests.assistant.tui.driving import Driver, asked, driving, screen_of, send, shown, until
from tests.assistant.tui.fake_chat import FakeChat, answer, call, confirmation, observed, selected
from tools.calls import Risk

SHELL = call("run_shell", "c1", command="rm -rf build")
EDIT = call("edit_file", "c2", path="src/a.py", old_text="x", new_text="y")
DIFF = "--- a/src/a.py\n+++ b/src/a.py\n@@ -1 +1 @@\n-x = 1\n+y = 2\n"


def shell_chat(**facts: object) -> FakeChat:
    return FakeChat(
        [
            selected(SHELL, Risk.EXECUTE),
            confirmation(SHELL, **facts),
            observed(SHELL, "gone", by="person"),
            *answer("Done."),
        ]
    )


async def replied(pilot: Driver, chat: FakeChat) -> Reply:
    await until(pilot, lambda: chat.replies)
    await until(pilot, lambda: not screen_of(pilot).query(ConfirmationPanel))
    return chat.replies[-1]


@pytest.mark.slow
async def test_it_shows_what_where_why_and_the_rule() -> None:
    chat = shell_chat()
    async with driving(chat) as pilot:
        await send(pilot, "clean up")
        await asked(pilot)
        text = shown(pilot)
        facts = ("run_shell", "execute", "rm -rf build", "bubblewrap · no network", "run_shell(rm *)")
        choices = ("once", "session", "always", "edit", "no", "Enter is no")
        for part in (*facts, "rm is not covered by a rule", *choices):
            assert part in text
        assert "waits for you" in text


@pytest.mark.slow
async def test_it_shows_what_the_rule_opens_and_no_blank_that_is_none() -> None:
    chat = shell_chat(rule="run_shell(pytest\u2800*)", opens="runs the tests")
    async with driving(chat) as pilot:
        await send(pilot, "test it")
        await asked(pilot)
        text = shown(pilot)
        assert "such a rule runs the tests" in text
        assert "\u2800" not in text


@pytest.mark.parametrize(
    ("key", "verdict"),
    [
        ("y", Verdict.ONCE),
        ("s", Verdict.SESSION),
        ("a", Verdict.ALWAYS),
        ("enter", Verdict.REFUSED),
        ("escape", Verdict.REFUSED),
    ],
)
@pytest.mark.slow
async def test_keys_answer(key: str, verdict: Verdict) -> None:
    chat = shell_chat()
    async with driving(chat) as pilot:
        await send(pilot, "clean up")
        await asked(pilot)
        await pilot.press(key)
        assert await replied(pilot, chat) == Reply(verdict)
        await until(pilot, lambda: "Done." in shown(pilot))
        assert screen_of(pilot).prompt.has_focus


@pytest.mark.slow
async def test_what_was_answered_waits_no_more() -> None:
    chat = FakeChat([selected(SHELL, Risk.EXECUTE), confirmation(SHELL), asyncio.Event().wait])
    async with driving(chat) as pilot:
        await send(pilot, "clean up")
        await asked(pilot)
        await pilot.press("y")
        await replied(pilot, chat)
        assert "waits for you" not in shown(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: "⊘ interrupted" in shown(pilot))
        assert "waits for you" not in shown(pilot)


@pytest.mark.slow
async def test_a_turn_that_is_stopped_while_it_asks_waits_no_more() -> None:
    chat = FakeChat([selected(SHELL, Risk.EXECUTE), confirmation(SHELL), asyncio.Event().wait])
    async with driving(chat) as pilot:
        await send(pilot, "clean up")
        await asked(pilot)
        screen_of(pilot).stop_turn()
        await until(pilot, lambda: not screen_of(pilot).query(ConfirmationPanel))
        await until(pilot, lambda: "⊘ interrupted" in shown(pilot))
        assert "waits for you" not in shown(pilot)


@pytest.mark.slow
async def test_other_keys_answer_nothing() -> None:
    chat = shell_chat()
    async with driving(chat) as pilot:
        await send(pilot, "clean up")
        await asked(pilot)
        await pilot.press("x", "space", "1", "Y", "tab", "f5", "ctrl+y")
        await pilot.pause()
        assert chat.replies == []
        assert screen_of(pilot).query(ConfirmationPanel)


@pytest.mark.slow
async def test_D15_a_key_pressed_as_the_panel_opens_does_not_approve() -> None:
    """The keys carry the time at which they were pressed, so that a slow machine changes nothing."""
    from textual.events import Key

    chat = shell_chat()
    async with driving(chat) as pilot:
        await send(pilot, "clean up")
        panel = await asked(pilot)
        assert panel._open_since is not None
        for key, after_s in (("y", -1.0), ("a", 0.0), ("enter", GUARD_S - 0.01)):
            early = Key(key, None)
            early.time = panel._open_since + after_s
            panel.post_message(early)
        await pilot.pause()
        assert chat.replies == []
        late = Key("y", "y")
        late.time = panel._open_since + GUARD_S + 0.01
        panel.post_message(late)
        assert (await replied(pilot, chat)).verdict is Verdict.ONCE


@pytest.mark.slow
async def test_D15_a_key_buffered_before_the_panel_opens_does_not_approve() -> None:
    from textual.events import Key

    chat = shell_chat()
    async with driving(chat) as pilot:
        buffered = Key("y", "y")
        await send(pilot, "clean up")
        panel = await asked(pilot)
        panel.post_message(buffered)
        await pilot.pause()
        assert chat.replies == []


@pytest.mark.slow
async def test_what_is_typed_while_the_panel_opens_stays_in_the_prompt() -> None:
    go = asyncio.Event()
    chat = FakeChat([go.wait, confirmation(SHELL)])
    async with driving(chat) as pilot:
        await send(pilot, "clean up")
        await pilot.press(*"my draft")
        go.set()
        await asked(pilot)
        await pilot.press("y")
        await replied(pilot, chat)
        assert screen_of(pilot).prompt.text == "my draft"


@pytest.mark.slow
async def test_no_asks_for_a_reason_which_the_student_is_given() -> None:
    chat = shell_chat()
    async with driving(chat) as pilot:
        await send(pilot, "clean up")
        panel = await asked(pilot)
        await pilot.press("n")
        await until(pilot, lambda: panel.query(Input))
        await pilot.press(*"use git clean", "enter")
        assert await replied(pilot, chat) == Reply(Verdict.REFUSED, reason="use git clean")


@pytest.mark.slow
@pytest.mark.parametrize("key", ["enter", "escape"])
async def test_the_reason_may_be_left_out(key: str) -> None:
    chat = shell_chat()
    async with driving(chat) as pilot:
        await send(pilot, "clean up")
        panel = await asked(pilot)
        await pilot.press("n")
        await until(pilot, lambda: panel.query(Input))
        await pilot.press(key)
        assert await replied(pilot, chat) == Reply(Verdict.REFUSED)


@pytest.mark.slow
@pytest.mark.parametrize("key", ["enter", "ctrl+s"])
async def test_a_command_is_edited(key: str) -> None:
    chat = shell_chat()
    async with driving(chat) as pilot:
        await send(pilot, "clean up")
        panel = await asked(pilot)
        await pilot.press("e")
        await until(pilot, lambda: panel.query(TextArea))
        await pilot.press("end", *" dist", key)
        reply = await replied(pilot, chat)
        assert reply == Reply(Verdict.EDITED, arguments={"command": "rm -rf build dist"})


@pytest.mark.slow
async def test_an_edit_that_changes_nothing_runs_nothing_and_asks_again() -> None:
    chat = shell_chat()
    async with driving(chat) as pilot:
        await send(pilot, "clean up")
        panel = await asked(pilot)
        await pilot.press("e")
        await until(pilot, lambda: panel.query(TextArea))
        await pilot.press("enter")
        await until(pilot, lambda: not panel.query(TextArea) and "Enter is no" in shown(pilot))
        assert chat.replies == []


@pytest.mark.slow
async def test_a_file_is_edited_in_the_editor_that_the_user_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR", "ed")
    monkeypatch.setattr(ApprenticeApp, "suspend", lambda app: nullcontext())
    left = iter(["old_text = \n", 'path = "b.py"'])
    given: list[tuple[str, str]] = []

    def edit(text: str, command: list[str], name: str) -> str:
        given.append((text, name))
        return next(left)

    monkeypatch.setattr("assistant.tui.widgets.confirmation.edit", edit)
    chat = FakeChat([confirmation(EDIT, Risk.WRITE)])
    async with driving(chat) as pilot:
        await send(pilot, "edit it")
        panel = await asked(pilot)
        await pilot.press("e")
        await until(pilot, lambda: panel.query(TextArea) and "line 1" in shown(pilot))
        assert panel.query_one(TextArea).text == "old_text = \n", "what was typed stays"
        assert given == [('path = "src/a.py"\nold_text = "x"\nnew_text = "y"\n', "call.toml")]
        await pilot.press("ctrl+g")
        assert await replied(pilot, chat) == Reply(Verdict.EDITED, arguments={"path": "b.py"})
        assert given[1] == ("old_text = \n", "call.toml")


@pytest.mark.slow
async def test_escape_leaves_the_edit_and_the_question_stands() -> None:
    chat = shell_chat()
    async with driving(chat) as pilot:
        await send(pilot, "clean up")
        panel = await asked(pilot)
        await pilot.press("e")
        await until(pilot, lambda: panel.query(TextArea))
        await pilot.press(*"xx", "escape")
        await until(pilot, lambda: not panel.query(TextArea))
        assert chat.replies == []
        assert "rm -rf build" in shown(pilot) and "Enter is no" in shown(pilot)
        await pilot.press("y")
        assert await replied(pilot, chat) == Reply(Verdict.ONCE)


@pytest.mark.slow
async def test_several_arguments_are_edited_as_toml_and_a_mistake_is_said() -> None:
    chat = FakeChat([confirmation(EDIT, Risk.WRITE)])
    async with driving(chat) as pilot:
        await send(pilot, "edit it")
        panel = await asked(pilot)
        await pilot.press("e")
        await until(pilot, lambda: panel.query(TextArea))
        editor = panel.query_one(TextArea)
        editor.load_text("path = \n")
        await pilot.press("enter")
        await until(pilot, lambda: "line 1" in shown(pilot))
        assert chat.replies == []
        editor.load_text('path = "b.py"')
        await pilot.press("ctrl+s")
        assert await replied(pilot, chat) == Reply(Verdict.EDITED, arguments={"path": "b.py"})


@pytest.mark.slow
async def test_a_write_shows_its_diff() -> None:
    chat = FakeChat([confirmation(EDIT, Risk.WRITE, preview=DIFF, rule="edit_file(src/**)")])
    async with driving(chat) as pilot:
        await send(pilot, "edit it")
        await asked(pilot)
        for line in ("src/a.py", "-x = 1", "+y = 2"):
            assert line in shown(pilot)


@pytest.mark.slow
async def test_D11_hidden_and_padding_characters_are_shown() -> None:
    hostile = call("run_shell", "h", command="ls\u202e\x1b[8m" + " " * 400 + "; rm -rf \u200b~")
    chat = FakeChat([confirmation(hostile)])
    async with driving(chat) as pilot:
        await send(pilot, "list")
        await asked(pilot)
        text = shown(pilot)
        for part in ("\\u202e", "\\x1b", "⟨400 spaces⟩", "rm -rf \\u200b~"):
            assert part in text


@pytest.mark.slow
async def test_D10_a_command_of_a_megabyte_keeps_the_keys_on_the_screen() -> None:
    long = call("run_shell", "h", command="echo " + "a b\n" * 250_000 + "; rm -rf ~")
    chat = FakeChat([confirmation(long)])
    async with driving(chat, size=(80, 24)) as pilot:
        await send(pilot, "go")
        panel = await asked(pilot)
        assert "Enter is no" in shown(pilot)
        assert "characters are not shown" in str(panel.query_one("#confirmation-what").render())
        await pilot.press("pagedown")
        await pilot.pause()
        assert panel.query_one("#confirmation-body").scroll_y > 0
        await pilot.press("pageup")
        assert chat.replies == []


@pytest.mark.slow
async def test_E02_markup_in_a_command_is_text() -> None:
    chat = FakeChat(
        [confirmation(call("run_shell", "h", command="echo [@click=app.quit]x[/] [/]"), rule="[bold]x")]
    )
    async with driving(chat) as pilot:
        await send(pilot, "go")
        await asked(pilot)
        assert "echo [@click=app.quit]x[/] [/]" in shown(pilot)
        assert "[bold]x" in shown(pilot)


@pytest.mark.slow
async def test_ctrl_c_interrupts_the_turn_and_approves_nothing() -> None:
    chat = shell_chat()
    async with driving(chat) as pilot:
        await send(pilot, "clean up")
        await asked(pilot)
        await pilot.press("ctrl+c")
        await until(pilot, lambda: not screen_of(pilot).busy)
        assert chat.cancelled == 1 and chat.replies == []
        await until(pilot, lambda: not screen_of(pilot).query(ConfirmationPanel))
        assert screen_of(pilot).prompt.has_focus


@pytest.mark.slow
async def test_ctrl_o_shows_the_call_that_waits() -> None:
    chat = shell_chat()
    async with driving(chat) as pilot:
        await send(pilot, "clean up")
        await asked(pilot)
        await pilot.press("ctrl+o")
        await until(pilot, lambda: "It has not run yet." in shown(pilot))
        await pilot.press("escape")
        await pilot.pause()
        assert chat.replies == []
        await pilot.press("y")
        assert (await replied(pilot, chat)).verdict is Verdict.ONCE


@pytest.mark.slow
async def test_two_confirmations_come_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    second = call("run_shell", "c9", command="git push")
    chat = FakeChat([confirmation(SHELL), confirmation(second), *answer("Done.")])
    async with driving(chat) as pilot:
        await send(pilot, "go")
        await asked(pilot)
        await pilot.press("y")
        monkeypatch.setattr(confirmation_panel, "GUARD_S", 60.0)
        await until(pilot, lambda: "git push" in shown(pilot))
        await pilot.press("y")
        await pilot.pause(0.05)
        assert len(chat.replies) == 1
        monkeypatch.setattr(confirmation_panel, "GUARD_S", 0.0)
        await pilot.press("escape")
        await until(pilot, lambda: len(chat.replies) == 2)
        assert [reply.verdict for reply in chat.replies] == [Verdict.ONCE, Verdict.REFUSED]


@pytest.mark.slow
async def test_E08_a_tiny_terminal_shows_the_command_and_the_keys() -> None:
    chat = shell_chat()
    async with driving(chat, size=(20, 5)) as pilot:
        await send(pilot, "x")
        await asked(pilot)
        assert "rm -rf build" in shown(pilot)
        assert " y " in shown(pilot) and " n " in shown(pilot)
