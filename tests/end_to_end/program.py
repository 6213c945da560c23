"""The whole program as a process of its own, and what is left of it afterwards.

``private_home`` of the root conftest has already moved every folder; a child inherits that. What a test
starts carries a mark in its environment, and what runs in a sandbox one in its arguments, so that
``leftovers`` finds exactly the processes of one test.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
LIMIT_S = 90.0
GONE_S = 15.0
"""Until what a killed program had started is gone."""
MARK = "E2E_MARK"
Json = dict[str, Any]


def until(condition: Callable[[], Any], seconds: float = LIMIT_S) -> Any:
    """Wait for ``condition`` and return what it returned."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "the condition did not come true"
        time.sleep(0.02)
    return found


def environment(mark: str = "", **more: str) -> dict[str, str]:
    """What a child is given: this test's folders, the sources, and the mark."""
    outside = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    return {**outside, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", MARK: mark or "none", **more}


def apprentice(
    workspace: Path, *arguments: str, stdin: str | None = None, environ: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run the command line to its end; without ``stdin`` there is nothing to read."""
    given: dict[str, Any] = {"stdin": subprocess.DEVNULL} if stdin is None else {"input": stdin}
    return subprocess.run(
        [sys.executable, "-P", "-m", "assistant", "-C", str(workspace), *arguments],
        env=dict(environ or environment()),
        capture_output=True,
        text=True,
        timeout=2 * LIMIT_S,
        check=False,
        **given,
    )


class Running:
    """A program that was started and prints one JSON object per line."""

    def __init__(self, command: list[str], workspace: Path) -> None:
        self.mark = uuid.uuid4().hex
        self.process = subprocess.Popen(
            command,
            cwd=workspace,
            env=environment(self.mark),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        self.seen: list[Json] = []

    def line(self) -> Json | None:
        """The next object, or None at the end."""
        assert self.process.stdout is not None
        text = self.process.stdout.readline()
        if not text:
            return None
        self.seen.append(json.loads(text))
        return self.seen[-1]

    def until_type(self, *types: str) -> Json | None:
        """Read up to the first object of one of ``types``; None where there is none."""
        while (found := self.line()) is not None and found["type"] not in types:
            pass
        return found

    def kill(self) -> None:
        """kill -9 of this process alone, not of what it started."""
        self.process.kill()
        self.process.wait()

    def end(self) -> int:
        """Read to the end; the exit code."""
        while self.line() is not None:
            pass
        return self.process.wait(LIMIT_S)


@contextmanager
def started(command: list[str], workspace: Path) -> Iterator[Running]:
    """A running program; whatever is left of it is ended with the test."""
    running = Running(command, workspace)
    try:
        yield running
    finally:
        running.process.kill()
        running.process.wait()
        assert running.process.stdout is not None
        running.process.stdout.close()
        for pid in leftovers(running.mark):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def streaming(workspace: Path, *arguments: str) -> list[str]:
    """The command line of one turn of the program with ``stream-json``."""
    program = [sys.executable, "-P", "-m", "assistant", "-C", str(workspace)]
    return [*program, "--output-format", "stream-json", *arguments]


def leftovers(mark: str) -> list[int]:
    """Living processes that carry ``mark`` in their environment or their arguments."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            if mark.encode() in (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
    return found


def students(mark: str) -> list[int]:
    """Those of ``leftovers`` that are students."""
    return [pid for pid in leftovers(mark) if b"training.student.worker" in _command_line(pid)]


def _command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    subprocess.run(["git", "-C", str(folder), *identity, *arguments], check=True, capture_output=True)
