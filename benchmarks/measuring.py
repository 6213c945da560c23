"""What the benchmarks share: arguments, statistics, tables, and a program under a pseudo terminal.

Invariant: a program measured here has folders of its own and never touches those of whoever runs it.
"""

import argparse
import fcntl
import json
import os
import pty
import re
import select
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
ROWS, COLUMNS = 30, 100
END_SECONDS = 10.0

# What a terminal is told apart from text: CSI, OSC, and escapes of two characters.
SEQUENCE = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-_=>])")


def parser(description: str) -> argparse.ArgumentParser:
    """The arguments every benchmark takes."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to FILE")
    return made


def report(
    title: str, rows: Sequence[Mapping[str, Any]], facts: Mapping[str, Any], target: Path | None
) -> None:
    """Print a table of ``rows`` and the ``facts`` below it; write both to ``target`` as JSON."""
    columns = list(rows[0])
    cells = [columns, *([_cell(row[column]) for column in columns] for row in rows)]
    widths = [max(len(line[index]) for line in cells) for index in range(len(columns))]
    print(title)
    for line in cells:
        print("  " + "  ".join(text.rjust(width) for text, width in zip(line, widths, strict=True)))
    for name, value in facts.items():
        print(f"  {name}: {_cell(value)}")
    content = {"benchmark": title, "rows": list(rows), **facts}
    if target:
        target.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    else:
        print(json.dumps(content))


def _cell(value: Any) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which ``share`` (0..1) of ``values`` lie, by the nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def spread(name: str, values: Sequence[float], unit: str = "ms") -> dict[str, Any]:
    """A row: how many values, their median, their 95th percentile, smallest and largest."""
    return {
        "what": name,
        "n": len(values),
        f"median {unit}": statistics.median(values),
        f"p95 {unit}": quantile(values, 0.95),
        f"least {unit}": min(values),
        f"most {unit}": max(values),
    }


def own_environment(home: Path) -> dict[str, str]:
    """The environment of a measured program: nothing of the person's own settings, sessions or keys."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    folders = {
        f"APPRENTICE_{kind}_DIR": str(home / kind.lower()) for kind in ("CONFIG", "DATA", "STATE", "CACHE")
    }
    return {**kept, **folders, "HOME": str(home), "TERM": "xterm-256color", "COLORTERM": "truecolor"}


@contextmanager
def own_folders() -> Iterator[tuple[Path, dict[str, str]]]:
    """A workspace with one file, and the environment of a program that works in it."""
    with tempfile.TemporaryDirectory(prefix="apprentice-benchmark-") as folder:
        workspace = Path(folder) / "project"
        workspace.mkdir()
        (workspace / "hello.py").write_text('print("hello")\n', encoding="utf-8")
        yield workspace, own_environment(Path(folder) / "home")


def program() -> list[str]:
    """The installed program, or the same one by ``python -m``."""
    script = Path(sys.executable).with_name("apprentice")
    return [str(script)] if script.exists() else [sys.executable, "-m", "assistant"]


class Terminal:
    """A program under a pseudo terminal; ``started`` is the clock's time just before it was started."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], folder: Path = ROOT) -> None:
        self._leader, follower = pty.openpty()
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.output = b""
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            command,
            stdin=follower,
            stdout=follower,
            stderr=follower,
            env=dict(environment),
            cwd=folder,
            start_new_session=True,
        )
        os.close(follower)

    def wait_for(self, text: str, limit_s: float = 60.0) -> float:
        """Read until ``text`` was drawn; seconds since the start. Raises TimeoutError with what was drawn."""
        wanted = text.encode()
        while wanted not in SEQUENCE.sub(b"", self.output):
            left = self.started + limit_s - time.perf_counter()
            if left <= 0 or not self.read(left):
                raise TimeoutError(f"{text!r} was not drawn: {self.output[-2000:]!r}")
        return time.perf_counter() - self.started

    def answer(self, keys: str, wanted: str, limit_s: float = 30.0) -> float:
        """Press keys; seconds until ``wanted`` was drawn. Raises TimeoutError with what was drawn."""
        seen, begun = len(self.output), time.perf_counter()
        self.send(keys)
        while wanted.encode() not in SEQUENCE.sub(b"", self.output[seen:]):
            left = begun + limit_s - time.perf_counter()
            if left <= 0 or not self.read(left):
                raise TimeoutError(f"{keys!r}: {wanted!r} was not drawn: {self.output[seen:][-2000:]!r}")
        return time.perf_counter() - begun

    def peak_mb(self) -> float:
        """The most memory that the program held at once."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(status.partition("VmHWM:")[2].split()[0]) / 1000

    def read(self, limit_s: float) -> bool:
        """Take what the program wrote, waiting at most ``limit_s``; False where nothing came."""
        ready, _, _ = select.select([self._leader], [], [], limit_s)
        if not ready:
            return False
        try:
            piece = os.read(self._leader, 1 << 16)
        except OSError:
            return False
        self.output += piece
        return bool(piece)

    def read_for(self, seconds: float) -> None:
        """Take what the program writes for ``seconds``, so that it never waits for a reader."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            self.read(left)

    def send(self, keys: str) -> None:
        """Press keys."""
        os.write(self._leader, keys.encode())

    def close(self) -> None:
        """End the program by SIGTERM, in order, so that its children end with it."""
        self.process.send_signal(signal.SIGTERM)
        end = time.perf_counter() + END_SECONDS
        while self.process.poll() is None and time.perf_counter() < end:
            self.read(0.05)
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._leader)


@contextmanager
def terminal(
    command: Sequence[str], environment: Mapping[str, str], folder: Path = ROOT
) -> Iterator[Terminal]:
    """A program under a pseudo terminal, ended on the way out."""
    running = Terminal(command, environment, folder)
    try:
        yield running
    finally:
        running.close()
