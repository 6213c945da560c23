"""Every key of the prompt, pressed in the running application."""

import asyncio
from pathlib import Path

import pytest
from textual import events

from assistant.tui import stopping
from assistant.tui.history import PromptHistory
from assistant.tui.widgets.popup import Popup
from assistant.tui.widgets.prompt import Prompt
from tests.assistant.tui.driving import Driver, ask, driving, said, screen_of, send, shown, until
from tests.assistant.tui.fake_chat import FakeChat, FakeCommands, answer

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def time_to_press_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopping, "ESC_AGAIN_S", 60.0)
    monkeypatch.setattr(stopping, "QUIT_AGAIN_S", 60.0)


async def typed(pilot: Driver, text: str) -> None:
    await pilot.press(*text)
    await pilot.pause()


def text_of(pilot: Driver) -> str:
    return screen_of(pilot).prompt.text


async def test_enter_sends_and_clears() -> None:
    chat = FakeChat(answer("Hello."))
    async with driving(chat) as pilot:
        await typed(pilot, "hi there")
        await pilot.press("enter")
        await until(pilot, lambda: chat.requests)
        assert chat.requests == ["hi there"]
        assert text_of(pilot) == ""


async def test_enter_on_an_empty_line_sends_nothing() -> None:
    chat = FakeChat()
    async with driving(chat) as pilot:
        await pilot.press("enter", "space", "enter")
        await pilot.pause()
        assert chat.requests == []


@pytest.mark.parametrize("key", ["ctrl+j", "shift+enter", "alt+enter"])
async def test_new_line_keys(key: str) -> None:
    chat = FakeChat()
    async with driving(chat) as pilot:
        await pilot.press("a", key, "b")
        assert text_of(pilot) == "a\nb"
        assert chat.requests == []


async def test_backslash_and_enter_is_a_new_line() -> None:
    async with driving(FakeChat()) as pilot:
        await pilot.press("a", "backslash", "enter", "b")
        assert text_of(pilot) == "a\nb"


@pytest.mark.slow
async def test_the_prompt_grows_to_ten_lines_and_no_further() -> None:
    async with driving(FakeChat(), size=(80, 40)) as pilot:
        heights = []
        for _ in range(13):
            await pilot.press("x", "ctrl+j")
            await pilot.pause()
            heights.append(screen_of(pilot).prompt.size.height)
        assert heights[0] == 2
        assert heights[-1] == 10


async def test_escape_twice_clears_the_text_once_does_not() -> None:
    async with driving(FakeChat()) as pilot:
        await typed(pilot, "draft")
        await pilot.press("escape")
        assert text_of(pilot) == "draft"
        await pilot.press("escape")
        assert text_of(pilot) == ""


async def test_escape_twice_on_an_empty_line_goes_back_once_does_not() -> None:
    commands = FakeCommands()
    async with driving(FakeChat(), commands=commands) as pilot:
        await pilot.press("escape")
        await until(pilot, lambda: "Esc again goes back" in shown(pilot))
        assert commands.lines == []
        await pilot.press("escape")
        await until(pilot, lambda: commands.lines == ["/rewind"])


async def test_the_escapes_that_clear_the_text_do_not_go_back_as_well() -> None:
    commands = FakeCommands()
    async with driving(FakeChat(), commands=commands) as pilot:
        await typed(pilot, "draft")
        await pilot.press("escape", "escape", "escape")
        await pilot.pause()
        assert (text_of(pilot), commands.lines) == ("", [])


async def test_ctrl_c_clears_then_quits_on_the_second_press() -> None:
    async with driving(FakeChat()) as pilot:
        await typed(pilot, "draft")
        await pilot.press("ctrl+c")
        assert text_of(pilot) == ""
        await pilot.press("ctrl+c")
        assert pilot.app.is_running and "Ctrl+C again quits" in shown(pilot)
        await pilot.press("ctrl+c")
        await pilot.pause()
        assert pilot.app.return_value == 0


async def test_ctrl_c_copies_what_is_selected_and_does_not_clear() -> None:
    async with driving(FakeChat()) as pilot:
        await typed(pilot, "one two")
        await pilot.press("shift+home", "ctrl+c")
        assert pilot.app.clipboard == "one two"
        assert text_of(pilot) == "one two"


async def test_ctrl_d_quits_when_empty_and_deletes_otherwise() -> None:
    async with driving(FakeChat()) as pilot:
        await typed(pilot, "ab")
        await pilot.press("home", "ctrl+d")
        assert text_of(pilot) == "b"
        await pilot.press("delete", "ctrl+d")
        await pilot.pause()
        assert pilot.app.return_value == 0


READLINE = (
    (("ctrl+a", "x"), "xone two"),
    (("ctrl+a", "ctrl+e", "x"), "one twox"),
    (("ctrl+w", "x"), "one x"),
    (("ctrl+u", "x"), "x"),
    (("ctrl+a", "ctrl+k", "x"), "x"),
    (("ctrl+left", "x"), "one xtwo"),
    (("ctrl+a", "ctrl+right", "x"), "onex two"),
    (("ctrl+a", "alt+d", "x"), "x two"),
    (("ctrl+b", "x"), "one twxo"),
    (("ctrl+a", "ctrl+f", "x"), "oxne two"),
)


async def test_readline_keys() -> None:
    async with driving(FakeChat()) as pilot:
        for keys, left in READLINE:
            screen_of(pilot).prompt.set_text("one two")
            await pilot.press(*keys)
            assert text_of(pilot) == left, keys


async def test_keys_that_come_at_once_take_effect_in_their_order() -> None:
    async with driving(FakeChat()) as pilot:
        for keys, left in READLINE:
            screen_of(pilot).prompt.set_text("one two")
            for key in keys:
                pilot.app.post_message(events.Key(key, key if len(key) == 1 else None))
            await pilot.pause()
            assert text_of(pilot) == left, keys


async def test_up_and_down_walk_the_history_and_come_back_to_the_draft() -> None:
    chat = FakeChat(answer("a"), answer("b"))
    async with driving(chat) as pilot:
        await ask(pilot, "first")
        await ask(pilot, "second")
        await typed(pilot, "draft")
        await pilot.press("up")
        assert text_of(pilot) == "second"
        await pilot.press("up")
        assert text_of(pilot) == "first"
        await pilot.press("down", "down")
        assert text_of(pilot) == "draft"


async def test_up_moves_within_several_lines_first() -> None:
    chat = FakeChat(answer("a"))
    async with driving(chat) as pilot:
        await ask(pilot, "earlier")
        await pilot.press("a", "ctrl+j", "b", "up")
        assert text_of(pilot) == "a\nb"
        await pilot.press("up")
        assert text_of(pilot) == "earlier"


@pytest.mark.slow
async def test_history_is_kept_over_runs(tmp_path: Path) -> None:
    file = tmp_path / "history"
    PromptHistory(file).add("from before")
    async with driving(FakeChat(), history=file) as pilot:
        await pilot.press("up")
        assert text_of(pilot) == "from before"
        await pilot.press("enter")
        await until(pilot, lambda: not screen_of(pilot).busy)
    assert PromptHistory(file).entries == ("from before",)


async def test_ctrl_r_searches_narrows_and_takes() -> None:
    chat = FakeChat(answer("a"), answer("b"), answer("c"))
    async with driving(chat) as pilot:
        for request in ("run tests", "edit config", "run linter"):
            await ask(pilot, request)
        await pilot.press("ctrl+r")
        await typed(pilot, "run")
        popup = screen_of(pilot).query_one(Popup)
        assert [choice.value for choice in popup.choices] == ["run linter", "run tests"]
        await pilot.press("ctrl+r", "enter")
        assert text_of(pilot) == "run tests"
        assert not popup.is_open
        assert chat.requests == ["run tests", "edit config", "run linter"]


async def test_escape_leaves_the_search_with_the_draft() -> None:
    chat = FakeChat(answer("a"))
    async with driving(chat) as pilot:
        await ask(pilot, "earlier")
        await typed(pilot, "dr")
        await pilot.press("ctrl+r")
        await typed(pilot, "xyz")
        await pilot.press("escape")
        assert text_of(pilot) == "dr"
        assert not screen_of(pilot).popup.is_open


async def test_a_slash_completes_commands_and_enter_runs_the_chosen_one() -> None:
    commands = FakeCommands()
    async with driving(FakeChat(), commands=commands) as pilot:
        await typed(pilot, "/s")
        popup = screen_of(pilot).popup
        assert [choice.value for choice in popup.choices] == ["/sessions", "/show"]
        await pilot.press("down", "enter")
        await until(pilot, lambda: commands.lines)
        assert commands.lines == ["/show"]
        await until(pilot, lambda: "A block" in shown(pilot))


async def test_tab_completes_a_command_without_running_it() -> None:
    commands = FakeCommands()
    async with driving(FakeChat(), commands=commands) as pilot:
        await typed(pilot, "/se")
        await pilot.press("tab")
        assert text_of(pilot) == "/sessions "
        assert commands.lines == []


async def test_enter_that_comes_before_the_completion_has_closed_is_not_lost() -> None:
    commands = FakeCommands()
    async with driving(FakeChat(), commands=commands) as pilot:
        screen_of(pilot).prompt.insert("/show all of it")
        await until(pilot, lambda: not screen_of(pilot).popup.is_open)
        screen_of(pilot).post_message(Prompt.Accepted())
        await until(pilot, lambda: commands.lines == ["/show all of it"])
        assert text_of(pilot) == ""


async def test_escape_closes_the_completion_and_keeps_the_text() -> None:
    async with driving(FakeChat()) as pilot:
        await typed(pilot, "/s")
        await pilot.press("escape")
        assert not screen_of(pilot).popup.is_open
        assert text_of(pilot) == "/s"


async def test_an_at_sign_completes_files_and_leaves_out_the_ignored(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "config.py").write_text("x")
    (tmp_path / "notes.md").write_text("x")
    (tmp_path / "secret.log").write_text("x")
    (tmp_path / ".gitignore").write_text("*.log\n")
    async with driving(FakeChat(workspace=tmp_path)) as pilot:
        await typed(pilot, "see @")
        popup = screen_of(pilot).popup
        await until(pilot, lambda: popup.is_open)
        assert "secret.log" not in [choice.value for choice in popup.choices]
        await typed(pilot, "cfg")
        await until(pilot, lambda: len(popup.choices) == 1)
        await pilot.press("tab")
        assert text_of(pilot) == "see @src/config.py "


async def test_enter_takes_a_file_and_does_not_send(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x")
    chat = FakeChat(workspace=tmp_path)
    async with driving(chat) as pilot:
        await typed(pilot, "@a")
        await until(pilot, lambda: screen_of(pilot).popup.is_open)
        await pilot.press("enter")
        assert text_of(pilot) == "@a.py "
        assert chat.requests == []


async def test_tab_queues_while_the_student_works_and_the_queue_is_sent_in_turn() -> None:
    go = asyncio.Event()
    chat = FakeChat([go.wait, *answer("one")], answer("two"), answer("three"))
    async with driving(chat) as pilot:
        await send(pilot, "first")
        await until(pilot, lambda: chat.requests)
        await typed(pilot, "second")
        await pilot.press("tab")
        await typed(pilot, "third")
        await pilot.press("enter")
        await pilot.pause()
        assert chat.requests == ["first"]
        assert "⋯ second" in shown(pilot) and "⋯ third" in shown(pilot)
        go.set()
        await until(pilot, lambda: len(chat.requests) == 3 and not screen_of(pilot).busy)
        assert chat.requests == ["first", "second", "third"]
        assert "⋯" not in shown(pilot)


async def test_an_exclamation_mark_runs_a_shell_command() -> None:
    chat = FakeChat()
    async with driving(chat) as pilot:
        await ask(pilot, "!ls -l")
        assert chat.commands == ["ls -l"]
        assert chat.requests == []
        assert "ls -l" in shown(pilot) and "ok" in shown(pilot)


async def test_f1_and_a_question_mark_on_an_empty_line_open_the_help() -> None:
    async with driving(FakeChat()) as pilot:
        for key in ("f1", "question_mark"):
            await pilot.press(key)
            await until(pilot, lambda: "Shift+Tab" in shown(pilot) or "new line" in shown(pilot))
            assert pilot.app.screen is not screen_of(pilot)
            await pilot.press("escape")
            await until(pilot, lambda: pilot.app.screen is screen_of(pilot))
        await typed(pilot, "why?")
        assert text_of(pilot) == "why?"


async def test_ctrl_g_without_a_terminal_says_so_and_keeps_the_text() -> None:
    async with driving(FakeChat()) as pilot:
        await typed(pilot, "draft")
        await pilot.press("ctrl+g")
        await until(pilot, lambda: "cannot be handed to an editor" in said(pilot))
        assert text_of(pilot) == "draft"


async def test_what_is_pasted_is_not_sent() -> None:
    from textual.events import Paste

    chat = FakeChat()
    async with driving(chat) as pilot:
        screen_of(pilot).prompt.post_message(Paste("one\ntwo\n"))
        await pilot.pause()
        assert text_of(pilot).startswith("one\ntwo")
        assert chat.requests == []


@pytest.mark.slow
async def test_the_caret_does_not_blink_so_that_nothing_runs_when_idle() -> None:
    async with driving(FakeChat()) as pilot:
        assert not screen_of(pilot).prompt.cursor_blink
