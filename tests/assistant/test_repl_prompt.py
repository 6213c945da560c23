"""The prompt of the REPL, typed at through prompt_toolkit's pipe."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output import DummyOutput

from assistant.commands import registry
from assistant.commands.base import CommandContext
from assistant.completion import FileIndex
from assistant.plain.completer import PromptCompleter
from assistant.plain.history import SharedHistory
from assistant.plain.prompt_reader import LEAVE_HINT, PromptReader
from assistant.tui.history import PromptHistory
from tests.assistant.commands.recording import Recorder
from tests.assistant.fake_chat import FakeChat

ENTER, CTRL_C, CTRL_D, CTRL_J, ESC, UP, SHIFT_TAB, TAB, F1 = (
    "\r",
    "\x03",
    "\x04",
    "\n",
    "\x1b",
    "\x1b[A",
    "\x1b[Z",
    "\t",
    "\x1bOP",
)

PATIENCE_S = 60.0
CANDIDATES = "candidates"
"""No key: wait for them to show."""


class Desk:
    """A reader with a keyboard that a test types on."""

    def __init__(self, folder: Path, keyboard: PipeInput, history: Path | None = None) -> None:
        self.chat: Any = FakeChat(folder)
        self.keyboard = keyboard
        context = CommandContext(self.chat, Recorder())
        self.reader = PromptReader(
            self.chat,
            history=SharedHistory(PromptHistory(history)),
            completer=PromptCompleter(lambda line: registry.complete(context, line), FileIndex(folder)),
            keyboard=keyboard,
            screen=DummyOutput(),
        )

    async def request(self, keys: str) -> str | None:
        self.keyboard.send_text(keys)
        return await asyncio.wait_for(self.reader.request(), PATIENCE_S)

    def toolbar(self) -> str:
        return "".join(text for _, text in self.reader._toolbar())


@contextmanager
def at_desk(tmp_path: Path, **options: Any) -> Iterator[Desk]:
    folder = tmp_path / "project"
    folder.mkdir(exist_ok=True)
    with create_pipe_input() as keyboard:
        yield Desk(folder, keyboard, **options)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with at_desk(tmp_path) as made:
        yield made


async def test_enter_sends(desk: Desk) -> None:
    assert await desk.request("hello" + ENTER) == "hello"


@pytest.mark.parametrize("newline", [CTRL_J, ESC + ENTER, "\\" + ENTER])
async def test_new_line(desk: Desk, newline: str) -> None:
    assert await desk.request("one" + newline + "two" + ENTER) == "one\ntwo"


async def test_backslash_in_the_middle_is_text(desk: Desk) -> None:
    assert await desk.request("a\\b" + ENTER) == "a\\b"


async def test_pasted_lines_wait_for_enter(desk: Desk) -> None:
    assert await desk.request("\x1b[200~rm x\nls\n\x1b[201~" + ENTER) == "rm x\nls\n"


async def test_ctrl_d_leaves_on_an_empty_line_and_deletes_elsewhere(desk: Desk) -> None:
    assert await desk.request("ab\x1b[D" + CTRL_D + ENTER) == "a"
    assert await desk.request(CTRL_D) is None


async def test_ctrl_c_clears_then_twice_leaves(desk: Desk) -> None:
    assert await desk.request("draft" + CTRL_C + "kept" + ENTER) == "kept"
    assert await desk.request(CTRL_C + CTRL_C) is None


async def test_first_ctrl_c_says_how_to_leave_and_a_request_forgets_it(desk: Desk) -> None:
    assert LEAVE_HINT not in desk.toolbar()
    waiting = asyncio.create_task(desk.request(CTRL_C))
    while LEAVE_HINT not in desk.toolbar():
        await asyncio.sleep(0.01)
    desk.keyboard.send_text("go" + ENTER)
    assert await waiting == "go"
    assert LEAVE_HINT not in desk.toolbar()
    assert await desk.request(CTRL_C + "on" + ENTER) == "on"


async def test_escape_twice_clears(desk: Desk) -> None:
    assert await desk.request("draft" + ESC + ESC + "kept" + ENTER) == "kept"


async def test_shift_tab_cycles_the_mode_and_the_prompt_shows_it(desk: Desk) -> None:
    shown = "".join(part[1] for part in desk.reader._prompt())
    assert shown == "ask> "
    assert await desk.request(SHIFT_TAB + SHIFT_TAB + "x" + ENTER) == "x"
    assert desk.chat.facts.mode == "auto"
    assert "auto> " in "".join(part[1] for part in desk.reader._prompt())


async def test_f1_asks_for_help_on_an_empty_line(desk: Desk) -> None:
    assert await desk.request(F1) == "/help"
    assert await desk.request("x" + F1 + ENTER) == "x"


async def test_toolbar_is_the_status_line(desk: Desk) -> None:
    assert desk.toolbar() == (
        "ask · SmolLM2-135M-Instruct · sandbox bubblewrap · context 12% of 8,192 · cache 50% · 20 tok/s"
    )


async def test_history_is_kept_over_runs_and_private(tmp_path: Path) -> None:
    file = tmp_path / "state" / "history"
    with at_desk(tmp_path, history=file) as desk:
        await desk.request("first request\\" + ENTER + "of two lines" + ENTER)
    assert file.stat().st_mode & 0o777 == 0o600
    with at_desk(tmp_path, history=file) as desk:
        waiting = asyncio.create_task(desk.reader.request())
        await asyncio.sleep(0.1)
        desk.keyboard.send_text(UP + ENTER)
        assert await asyncio.wait_for(waiting, PATIENCE_S) == "first request\nof two lines"


async def test_answers_to_questions_are_not_in_the_history(tmp_path: Path) -> None:
    file = tmp_path / "history"
    with at_desk(tmp_path, history=file) as desk:
        desk.keyboard.send_text("n secret reason" + ENTER)
        assert await desk.reader.line("Run it? ") == "n secret reason"
        await desk.request("hello" + ENTER)
    assert "secret" not in file.read_text()


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not true():
            await asyncio.sleep(0.005)


async def typed(desk: Desk, *keys: str) -> str | None:
    """A request typed key group by key group, as a person does who sees the candidates before TAB."""
    waiting = asyncio.create_task(desk.reader.request())
    buffer = desk.reader._requests.default_buffer
    for group in keys:
        if group in (TAB, CANDIDATES):
            await until(lambda: buffer.complete_state and buffer.complete_state.completions)
        if group != CANDIDATES:
            desk.keyboard.send_text(group)
            await asyncio.sleep(0.05)
        if group == TAB:
            await until(lambda: buffer.complete_state and buffer.complete_state.current_completion)
    return await asyncio.wait_for(waiting, PATIENCE_S)


async def test_tab_completes_a_command_and_enter_only_takes_it(desk: Desk) -> None:
    assert await typed(desk, "/sess", TAB, ENTER, ENTER) == "/sessions"


async def test_tab_goes_on_through_the_candidates(desk: Desk) -> None:
    assert await typed(desk, "/re", TAB, TAB, ENTER, ENTER) == "/resume"


async def test_tab_completes_a_file(desk: Desk) -> None:
    (desk.chat.workspace / "parser.py").touch()
    assert await typed(desk, "look at @prs", TAB, " now", ENTER) == "look at @parser.py now"


async def test_enter_sends_what_was_typed_while_candidates_show(desk: Desk) -> None:
    assert await typed(desk, "/he", CANDIDATES, ENTER) == "/he"


async def test_line_takes_a_default_to_edit(desk: Desk) -> None:
    desk.keyboard.send_text("!" + ENTER)
    assert await desk.reader.line("command = ", "ls") == "ls!"


@pytest.mark.parametrize("key", [CTRL_C, CTRL_D, ESC])
@pytest.mark.slow
async def test_question_can_be_dismissed(desk: Desk, key: str) -> None:
    desk.keyboard.send_text(key)
    assert await asyncio.wait_for(desk.reader.line("Run it? "), PATIENCE_S) is None


@pytest.mark.parametrize("key", [CTRL_C, ESC])
async def test_watching_hears_the_interrupt(desk: Desk, key: str) -> None:
    heard = asyncio.Event()
    with desk.reader.watching(heard.set):
        desk.keyboard.send_text(key)
        await asyncio.wait_for(heard.wait(), PATIENCE_S)


@pytest.mark.slow
async def test_watching_ignores_other_keys_and_keeps_them_for_the_next_prompt(desk: Desk) -> None:
    heard: list[int] = []
    with desk.reader.watching(lambda: heard.append(1)):
        desk.keyboard.send_text("next" + UP + "\x1bb")
        await asyncio.sleep(0.2)
    assert heard == []
    assert await desk.request("X" + ENTER) == "Xnext"


@pytest.mark.slow
async def test_D15_keys_typed_before_the_question_do_not_answer_it(desk: Desk) -> None:
    with desk.reader.watching(lambda: None):
        desk.keyboard.send_text("y" + ENTER)
        await asyncio.sleep(0.1)
        desk.keyboard.send_text("y" + ENTER)
        desk.reader.flush()
        waiting = asyncio.create_task(desk.reader.line("Run it? "))
        await asyncio.sleep(0.2)
        assert not waiting.done()
        desk.keyboard.send_text("n" + ENTER)
        assert await asyncio.wait_for(waiting, PATIENCE_S) == "n"
    assert await desk.request("later" + ENTER) == "later"


async def test_interrupt_is_heard_again_after_a_question(desk: Desk) -> None:
    heard = asyncio.Event()
    with desk.reader.watching(heard.set):
        desk.keyboard.send_text("y" + ENTER)
        assert await desk.reader.line("Run it? ") == "y"
        desk.keyboard.send_text(CTRL_C)
        await asyncio.wait_for(heard.wait(), PATIENCE_S)
