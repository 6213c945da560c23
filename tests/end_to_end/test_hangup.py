"""The full-screen program when its terminal closes: it ends, and burns no processor time for nobody."""

import os
import pty
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.end_to_end.program import environment

pytestmark = pytest.mark.pty


def read_until(descriptor: int, wanted: bytes, seconds: float = 90) -> None:
    seen, deadline = b"", time.monotonic() + seconds
    while wanted not in seen:
        assert time.monotonic() < deadline, seen[-2000:]
        seen += os.read(descriptor, 65536)


@pytest.mark.parametrize("controlling", [True, False], ids=["with a signal", "without one"])
@pytest.mark.parametrize("busy", [False, True], ids=["idle", "while it writes"])
def test_E06_a_terminal_that_is_gone_ends_the_program(tmp_path: Path, controlling: bool, busy: bool) -> None:
    workspace = tmp_path / "project"
    workspace.mkdir()
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "tests.end_to_end.scripted_program", "tui", str(workspace), "talk"]

    def take_terminal() -> None:
        import fcntl
        import termios

        fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)

    child = subprocess.Popen(
        command,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=take_terminal if controlling else None,
        env=environment(TERM="xterm-256color", COLUMNS="80", LINES="24"),
        cwd=Path(__file__).parents[2],
    )
    os.close(theirs)
    read_until(ours, b"ask")
    if busy:
        threading.Timer(1.0, os.write, (ours, b"hello\r")).start()
        read_until(ours, b"word")
    os.close(ours)
    try:
        assert child.wait(60) != 0
    finally:
        child.kill()
