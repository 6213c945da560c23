"""An evaluation on a terminal: a bar, Ctrl+C, and going on from there."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.assistant.cli.endpoint import Endpoint
from tests.training.student.loopback import said

pytestmark = pytest.mark.pty


def evaluate(file: Path, endpoint: Endpoint, interrupt_after: int = 0) -> tuple[int, str]:
    """Exit code and what the terminal behind stderr was shown; Ctrl+C after so many decisions."""
    screen, terminal = os.openpty()
    command = [sys.executable, "-m", "assistant", "eval", "tools", "--cases", str(file), "-m", endpoint.url]
    program = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=terminal, stdin=subprocess.DEVNULL)
    os.close(terminal)
    seen = b""
    try:
        while chunk := os.read(screen, 65536):
            seen += chunk
            if interrupt_after and endpoint.asked > interrupt_after:
                program.send_signal(signal.SIGINT)
                interrupt_after = 0
    except OSError:  # the other end was closed
        pass
    os.close(screen)
    program.communicate(timeout=60)
    return program.returncode, seen.decode()


def test_ctrl_c_keeps_what_was_done_and_the_next_run_goes_on(tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    lines = [{"id": n, "request": "hi", "expected": [{"tool": "answer"}]} for n in range(30)]
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    pause_s = 0.5  # long enough for the interrupt to come before the last case
    with Endpoint(lambda body: said("Hello.", pause_s=pause_s)) as endpoint:
        code, seen = evaluate(file, endpoint, interrupt_after=5)
        assert code == 130
        assert "deciding" in seen and "/30" in seen
        assert "the same command goes on from there" in seen
        assert "Traceback" not in seen
        asked = endpoint.asked
        assert asked < 30
        pause_s = 0.01
        code, seen = evaluate(file, endpoint)
        assert code == 0
        assert "of 30 cases are done already" in seen
        # The decision that Ctrl+C met is asked again.
        assert endpoint.asked - asked in (30 - asked, 30 - asked + 1)
