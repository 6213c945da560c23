"""The whole application in a real terminal, from its start to an answer, and what it leaves behind."""

import json
import os
import signal
import uuid
from contextlib import suppress
from pathlib import Path

import pytest

from tests.end_to_end.program import GONE_S, leftovers, until
from tests.end_to_end.terminal import PROMPT, Terminal, program, scripted, terminal

pytestmark = [pytest.mark.tmux, pytest.mark.timeout(600)]

EMPTY = "Ask about this code"
DONE = json.dumps([{"tool": "run_shell", "command": "echo fr''om-inside"}, {"answer": "that was all"}])
BUSY = "talk"


def leave(window: Terminal) -> None:
    """Ctrl+C twice; once more where the machine took longer than the program waits for the second."""
    for _ in range(5):
        window.press("C-c")
        window.wait("Ctrl+C again quits")
        window.press("C-c")
        with suppress(AssertionError):
            window.wait("code=0", seconds=10)
            return
    raise AssertionError(f"it does not end:\n{window.screen()}")


def opened(window: Terminal) -> None:
    """Wait until the empty chat says that everything is ready."""
    window.wait(EMPTY, "bubblewrap ready")


def pane_process(window: Terminal) -> int:
    """The program in the foreground of the pane: the one child of its shell."""
    shell = window.fact("pane_pid")
    children = Path(f"/proc/{shell}/task/{shell}/children").read_text().split()
    return int(children[0])


def left_as_it_was(window: Terminal, before: str) -> None:
    """The shell is back, on the ordinary screen, with its settings, its cursor and no mouse."""
    window.wait(PROMPT)
    until(lambda: window.fact("alternate_on") == "0")
    assert window.fact("cursor_flag") == "1"
    assert window.fact("mouse_any_flag") == "0"
    assert window.ask_shell("stty -g") == before


@pytest.mark.gguf
@pytest.mark.bubblewrap
def test_from_start_to_answer(project: Path) -> None:
    with terminal(project) as window:
        before = window.ask_shell("stty -g")
        window.run(f"{program(project)}; echo code=$?")
        opened(window)
        window.wait("ready", " ask ")
        assert window.fact("alternate_on") == "1"
        window.type("open README.md")
        window.wait("❯ open README.md")
        window.press("Enter")
        window.wait("read_file", "A project about boats.", "✓")
        window.wait("tok/s")
        window.press("BTab")
        window.wait(" edit ")
        window.type("!echo my''own")
        window.press("Enter")
        window.wait("myown")
        window.type("/help")
        window.press("Enter")
        window.wait("Help", "/sessions", "Esc closes")
        window.press("Escape")
        window.gone("Esc closes")
        leave(window)
        left_as_it_was(window, before)


@pytest.mark.bubblewrap
def test_a_confirmation_is_answered_with_a_key(project: Path) -> None:
    with terminal(project) as window:
        window.run(scripted(project, "tui", DONE))
        opened(window)
        window.type("say something")
        window.press("Enter")
        screen = window.wait("run_shell", "echo fr''om-inside", "Enter is no")
        assert "bubblewrap" in screen
        until(lambda: _answered(window))
        window.wait("from-inside", "that was all")


def _answered(window: Terminal) -> bool:
    """Press y until it counts: keys just after the question opens are dropped on purpose."""
    if "from-inside" in window.screen():
        return True
    if "Enter is no" in window.screen():
        window.press("y")
    return False


@pytest.mark.bubblewrap
def test_escape_interrupts_and_the_session_goes_on(project: Path) -> None:
    with terminal(project) as window:
        window.run(scripted(project, "tui", BUSY))
        opened(window)
        window.type("talk")
        window.press("Enter")
        window.wait("word word", "Esc interrupts")
        window.press("Escape")
        window.wait("interrupted")
        window.gone("Esc interrupts")
        window.wait(EMPTY)


@pytest.mark.bubblewrap
@pytest.mark.parametrize("exported", [{}, {"COLUMNS": "80", "LINES": "24"}], ids=["", "exported"])
def test_E08_sizes_change_while_it_runs(project: Path, exported: dict[str, str]) -> None:
    with terminal(project, **exported) as window:
        window.run(scripted(project, "tui", json.dumps([{"answer": "a short answer"}])))
        opened(window)
        window.type("hello")
        window.press("Enter")
        window.wait("a short answer")
        for columns, rows in ((80, 24), (20, 5), (100, 30)):
            window.resize(columns, rows)
            until(lambda columns=columns: _fits(window, columns))
            assert "ask" in window.screen()
        window.wait("a short answer", EMPTY)


def _fits(window: Terminal, columns: int) -> bool:
    """The status line is the last one, and nothing is wrapped."""
    lines = window.screen().rstrip("\n").splitlines()
    return "ask" in lines[-1] and "❯" in "\n".join(lines[-3:]) and all(len(line) <= columns for line in lines)


@pytest.mark.bubblewrap
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT], ids=lambda one: one.name)
@pytest.mark.parametrize("busy", [False, True], ids=["idle", "busy"])
def test_E06_a_signal_restores_the_terminal(project: Path, number: signal.Signals, busy: bool) -> None:
    with terminal(project, E2E_MARK=f"signal-{number}-{busy}") as window:
        before = window.ask_shell("stty -g")
        window.run(f"{scripted(project, 'tui', BUSY)}; echo code=$?")
        opened(window)
        if busy:
            window.type("talk")
            window.press("Enter")
            window.wait("word word")
        pid = pane_process(window)
        os.kill(pid, number)
        window.wait(f"code={128 + number}")
        left_as_it_was(window, before)
        assert not Path(f"/proc/{pid}").exists()


@pytest.mark.bubblewrap
def test_E06_a_kill_9_of_the_program_leaves_no_process(project: Path) -> None:
    with terminal(project) as window:
        mark = uuid.uuid4().hex
        window.run(f"E2E_MARK={mark} {scripted(project, 'tui', BUSY)}")
        opened(window)
        os.kill(pane_process(window), signal.SIGKILL)
        until(lambda: not leftovers(mark), GONE_S)


def test_E08_a_dumb_terminal_gets_the_plain_interface(project: Path) -> None:
    with terminal(project) as window:
        window.run(f"TERM=dumb {program(project, '--sandbox', 'off')}; echo code=$?")
        screen = window.wait("ask>")
        assert "plain interface" in screen
        assert window.fact("alternate_on") == "0"
        until(window.reads_keys)  # in such a terminal the prompt is there a moment before
        window.press("C-d")
        window.wait("code=0")


@pytest.mark.bubblewrap
def test_E08_without_colour_nothing_is_coloured(project: Path) -> None:
    with terminal(project) as window:
        window.run(f"NO_COLOR=1 {scripted(project, 'tui', DONE)}")
        opened(window)
        shown = window.screen(colours=True)
        codes = {code for part in shown.split("\x1b[")[1:] for code in part.partition("m")[0].split(";")}
        assert not codes & {str(code) for code in (*range(30, 38), *range(41, 48), *range(91, 98))}, codes


@pytest.mark.bubblewrap
def test_alt_enter_is_a_new_line_and_leaving_says_how_to_go_on(project: Path) -> None:
    with terminal(project) as window:
        window.run(scripted(project, "tui", json.dumps([{"answer": "that was all"}])))
        opened(window)
        window.type("one")
        window.press("M-Enter")
        window.type("two")
        window.wait("❯ one", "two")
        window.press("Enter")
        window.wait("that was all")
        window.press("C-d")
        window.wait("apprentice -r ", PROMPT)
