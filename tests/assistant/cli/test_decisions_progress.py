"""What takes long shows a bar where a person watches stderr, and nothing where nobody does."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.cli.decision_options import progress
from training.events import open_log
from training.events.ids import new_event


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    log = open_log(tmp_path / "log")
    log.append_many([new_event("T", "a", "x", {"n": number}) for number in range(1200)])
    log.close()
    return tmp_path / "log"


def run_on_a_terminal(*arguments: str) -> tuple[int, str, str]:
    """Exit code, stdout (a pipe) and stderr (a terminal) of the program."""
    screen, terminal = os.openpty()
    command = [sys.executable, "-m", "assistant", "decisions", *arguments]
    program = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=terminal, stdin=subprocess.DEVNULL)
    os.close(terminal)
    seen = b""
    try:
        while chunk := os.read(screen, 65536):
            seen += chunk
    except OSError:  # the other end was closed
        pass
    os.close(screen)
    out = program.communicate(timeout=60)[0]
    return program.returncode, out.decode(), seen.decode()


@pytest.mark.pty
def test_a_move_shows_both_steps(folder, tmp_path):
    code, out, err = run_on_a_terminal("migrate", str(folder), str(tmp_path / "other"))
    assert code == 0 and "moved 1200 events" in out
    assert "copying" in err and "proving" in err and "100%" in err


@pytest.mark.pty
def test_reading_a_log_shows_how_far(folder):
    code, out, err = run_on_a_terminal("stats", "--redactions", "--log", str(folder))
    assert code == 0 and "0 of 1200 events" in out
    assert "reading" in err and "100%" in err


def test_without_a_terminal_nothing_is_shown(capfd):
    with progress("reading", 10) as told:
        told(5)
    assert capfd.readouterr() == ("", "")
