"""The plain REPL and one-shot mode in a real pseudo terminal."""

import os
import re
import signal
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pexpect
import pytest

pytestmark = pytest.mark.pty

ROOT = Path(__file__).parents[2]


SCRIPTED = "-m tests.assistant.repl_under_test"
ONCE = "-m tests.assistant.oneshot_under_test"
WHOLE = "-m assistant --plain -C"


@contextmanager
def terminal(tmp_path: Path, program: str = SCRIPTED, **environment: str) -> Iterator[Any]:
    workspace = tmp_path / "project"
    workspace.mkdir(exist_ok=True)
    variables = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(ROOT),
        "PROMPT_TOOLKIT_NO_CPR": "1",
        **environment,
    }
    child = pexpect.spawn(
        sys.executable,
        [*program.split(), str(workspace)],
        env=variables,  # type: ignore[arg-type]
        cwd=str(ROOT),
        encoding="utf-8",
        timeout=60,
        dimensions=(24, 80),
    )
    child.before_settings = termios.tcgetattr(child.child_fd)
    try:
        yield child
    finally:
        child.close(force=True)


def ended(child: Any) -> int:
    """Wait for the end; the exit status."""
    child.expect(pexpect.EOF)
    child.wait()
    return child.exitstatus if child.exitstatus is not None else -child.signalstatus


def until_raw(child: Any) -> None:
    """A prompt without sequences stands there before its keys are read one by one."""
    while termios.tcgetattr(child.child_fd)[3] & termios.ICANON:
        time.sleep(0.01)


def test_a_whole_conversation(tmp_path: Path) -> None:
    with terminal(tmp_path) as child:
        child.expect("ask>")
        child.send("show me\r")
        child.expect("Look:")
        child.expect(r"\x1b\[[0-9;]+mimport")
        child.expect("ask>")
        child.send("clean up\r")
        child.expect("rm -rf build")
        child.expect("default no")
        child.send("n keep it\r")
        child.expect("the person refused: keep it")
        child.expect("asked.")
        child.send("think\r")
        child.expect("thinking long")
        child.send("\x03")
        child.expect("interrupted")
        child.expect("ask>")
        child.send("\x1b[Z")
        child.expect("edit>")
        child.send("go on\r")
        child.expect("after the interrupt")
        child.expect("edit>")
        child.send("\x04")
        assert ended(child) == 0


def test_escape_interrupts_a_turn(tmp_path: Path) -> None:
    with terminal(tmp_path) as child:
        for request, seen in (("one\r", "Look:"), ("two\r", "default no")):
            child.expect("ask>")
            child.send(request)
            child.expect(seen)
        child.send("\r")
        child.expect("ask>")
        child.send("think\r")
        child.expect("thinking long")
        child.send("\x1b")
        child.expect("interrupted")
        child.expect("ask>")
        child.send("\x03\x03")
        assert ended(child) == 0


def test_D15_keys_typed_ahead_do_not_approve(tmp_path: Path) -> None:
    with terminal(tmp_path) as child:
        child.expect("ask>")
        child.send("one\r")
        child.expect("Look:")
        child.expect("ask>")
        child.send("two\ry\ry\r")
        child.expect("default no")
        child.expect(pexpect.TIMEOUT, timeout=0.5)
        assert "ran" not in child.before
        child.send("\r")
        child.expect("refused")


@pytest.mark.parametrize(
    "environment", [{"TERM": "dumb"}, {"NO_COLOR": "1", "TERM": "dumb"}, {"TERM": "dumb", "LANG": "C"}]
)
def test_E8_dumb_terminals_get_no_sequences(tmp_path: Path, environment: dict[str, str]) -> None:
    with terminal(tmp_path, **environment) as child:
        child.expect("ask>")
        until_raw(child)
        child.send("show me\r")
        child.expect("import os")
        seen = child.before
        child.expect("ask>")
        until_raw(child)
        assert "\x1b" not in seen + child.before
        child.send("\x04")
        assert ended(child) == 0


def test_E8_no_color_has_no_colours(tmp_path: Path) -> None:
    with terminal(tmp_path, NO_COLOR="1") as child:
        child.expect("ask>")
        child.send("show me\r")
        child.expect("import os")
        child.expect("ask>")
        colours = re.findall(r"\x1b\[(?:3[0-7]|9[0-7]|38;[0-9;]+)m", child.before)
        assert colours == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("busy", [True, False])
def test_E6_a_signal_restores_the_terminal(tmp_path: Path, number: int, busy: bool) -> None:
    with terminal(tmp_path) as child:
        child.expect("ask>")
        if busy:
            child.send("one\r")
            child.expect("Look:")
            child.expect("ask>")
            child.send("two\r")
            child.expect("default no")
        child.kill(number)
        assert ended(child) == 128 + number
        after = termios.tcgetattr(child.child_fd)
        assert after[:4] == child.before_settings[:4]


def test_ctrl_d_restores_the_terminal(tmp_path: Path) -> None:
    with terminal(tmp_path) as child:
        child.expect("ask>")
        child.send("\x04")
        assert ended(child) == 0
        assert termios.tcgetattr(child.child_fd)[:4] == child.before_settings[:4]


@pytest.mark.parametrize(
    ("typed", "seen", "code"),
    [
        ("y\r", r"ok, exit 0", 0),
        ("\r", "refused: the person refused", 3),
        ("n keep it\r", "refused: keep it", 3),
    ],
)
def test_one_shot_asks_at_a_terminal(tmp_path: Path, typed: str, seen: str, code: int) -> None:
    with terminal(tmp_path, ONCE) as child:
        child.expect("rm -rf build")
        child.expect("default no")
        child.send(typed)
        child.expect(seen)
        child.expect("the end")
        assert ended(child) == code


@pytest.mark.parametrize("key", ["\x03", "\x04"])
def test_one_shot_question_that_is_left_ends_the_turn(tmp_path: Path, key: str) -> None:
    with terminal(tmp_path, ONCE) as child:
        child.expect("default no")
        child.send(key)
        child.expect("interrupted")
        assert ended(child) == 130


@pytest.mark.gguf
@pytest.mark.timeout(900)
def test_the_whole_program_answers_and_keeps_its_session(tmp_path: Path) -> None:
    with terminal(tmp_path, WHOLE) as child:
        child.timeout = 600
        child.expect("ask>")
        child.send("/mode plan\r")
        child.expect("plan>")
        child.send("hello\r")
        child.expect("plan>")
        child.expect("plan>")
        child.send("/status\r")
        child.expect("SmolLM2-135M-Instruct")
        child.expect("plan>")
        child.send("\x04")
        assert ended(child) == 0
        assert termios.tcgetattr(child.child_fd)[:4] == child.before_settings[:4]
    [session] = (tmp_path / ".local" / "share" / "apprentice" / "sessions").glob("*.jsonl")
    assert '"hello"' in session.read_text()
