"""A real terminal: one tmux server of its own per test, with the program in its only window."""

import os
import shlex
import subprocess
import sys
import termios
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.end_to_end.program import LIMIT_S, environment, until

PROMPT = "tty-test$"


class Terminal:
    """A shell in a tmux window; the program is started from it, so that what it leaves behind is seen."""

    def __init__(self, folder: Path, columns: int, rows: int, environ: Mapping[str, str]) -> None:
        self._socket = f"e2e-{uuid.uuid4().hex[:12]}"
        self._environ = dict(environ)
        size = ("-x", str(columns), "-y", str(rows))
        self.tmux("-f", "/dev/null", "new-session", "-d", *size, "-c", str(folder), "env PS1= sh")
        self.tmux("set-option", "-g", "status", "off")
        self.tmux("set-option", "-g", "escape-time", "0")
        self.run(f"PS1='{PROMPT} '")
        self.wait(PROMPT)

    def tmux(self, *arguments: str) -> str:
        done = subprocess.run(
            ["tmux", "-L", self._socket, *arguments],
            env=self._environ,
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        )
        return done.stdout

    def run(self, line: str) -> None:
        """Type ``line`` into the shell."""
        self.type(line)
        self.press("Enter")

    def type(self, text: str) -> None:
        self.tmux("send-keys", "-l", text)

    def press(self, *keys: str) -> None:
        self.tmux("send-keys", *keys)

    def screen(self, *, colours: bool = False) -> str:
        return self.tmux("capture-pane", "-p", *(["-e"] if colours else []))

    def wait(self, *texts: str, seconds: float = LIMIT_S) -> str:
        """Wait until all of ``texts`` are on the screen; the screen."""
        try:
            until(lambda: all(text in self.screen() for text in texts), seconds)
        except AssertionError:
            raise AssertionError(f"never saw {texts}:\n{self.screen()}") from None
        return self.screen()

    def gone(self, text: str) -> None:
        until(lambda: text not in self.screen())

    def resize(self, columns: int, rows: int) -> None:
        self.tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def fact(self, name: str) -> str:
        """One of tmux's facts of the pane, such as ``alternate_on`` or ``cursor_flag``."""
        return self.tmux("display-message", "-p", f"#{{{name}}}").strip()

    def reads_keys(self) -> bool:
        """Whether the program reads every key as it comes, and not lines that the terminal edits."""
        descriptor = os.open(self.fact("pane_tty"), os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
        try:
            return not termios.tcgetattr(descriptor)[3] & termios.ICANON
        finally:
            os.close(descriptor)

    def ask_shell(self, command: str) -> str:
        """Run ``command`` in the shell and return what it printed between two marks."""
        mark = uuid.uuid4().hex[:8]
        self.tmux("clear-history")
        self.run(f"clear; echo '<''{mark}'; {command}; echo '{mark}''>'")
        self.wait(f"<{mark}", f"{mark}>")
        return self.screen().partition(f"<{mark}")[2].rpartition(f"{mark}>")[0].strip()

    def end(self) -> None:
        self.tmux("kill-server")


@contextmanager
def terminal(folder: Path, columns: int = 100, rows: int = 30, **environ: str) -> Iterator[Terminal]:
    """A terminal that ends with the test, and the program with it."""
    inside = environment(**{"TMUX": "", "TMUX_TMPDIR": str(folder.parent), **environ})
    found = Terminal(folder, columns, rows, inside)
    try:
        yield found
    finally:
        found.end()


def program(workspace: Path, *arguments: str) -> str:
    """The shell line that opens the program."""
    return shlex.join([sys.executable, "-P", "-m", "assistant", "-C", str(workspace), *arguments])


def scripted(workspace: Path, interface: str, student: str) -> str:
    """The shell line that opens the program with a scripted student."""
    module = ["-P", "-m", "tests.end_to_end.scripted_program"]
    return shlex.join([sys.executable, *module, interface, str(workspace), student])
