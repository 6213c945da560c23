"""Starts the processes of a run that trains in several, and waits for them.

Invariant: when one fails or the job ends, none of them stays; what the person reads is the line of the one
that failed first.
"""

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from sandbox.programs import python_command
from training.finetune.settings import FinetuneSettings
from training.jobs.base import JobError, Reporter

RANKS, RESULT = "ranks", "result.json"
_EVERY_S = 0.2
_PATIENCE_S = 5.0


def train_together(reporter: Reporter, settings: FinetuneSettings) -> Mapping[str, Any]:
    """What the leading one gives back; empty on a machine that does not lead.

    Raises JobError, training.jobs.base.Cancelled.
    """
    folder = reporter.folder / RANKS
    folder.mkdir(mode=0o700, exist_ok=True)
    for path in folder.iterdir():
        path.unlink()
    reporter.note(_note(settings))
    with _started(reporter.folder, settings) as processes:
        while any(each.poll() is None for each in processes) and not _failed(processes):
            reporter.check()
            time.sleep(_EVERY_S)
        if _failed(processes):
            raise JobError(_why(folder, processes))
    if settings.machine:
        return {"machine": settings.machine, "machines": settings.machines}
    result: dict[str, Any] = orjson.loads((folder / RESULT).read_bytes())
    return result


def _note(settings: FinetuneSettings) -> str:
    if settings.machines == 1:
        return f"training in {settings.processes} processes"
    return (
        f"machine {settings.machine} of {settings.machines}, with {settings.processes} processes: "
        f"waiting for the others at {settings.meet}; machine 0 writes the result"
    )


@contextmanager
def _started(job: Path, settings: FinetuneSettings) -> Iterator[list["subprocess.Popen[bytes]"]]:
    host, _, port = settings.meet.rpartition(":") if settings.meet else ("127.0.0.1", "", str(free_port()))
    processes: list[subprocess.Popen[bytes]] = []
    command = python_command("-m", "training.finetune.rank", str(job), str(os.getpid()))
    try:
        for local in range(settings.processes):
            number = settings.machine * settings.processes + local
            told = {
                "RANK": str(number),
                "WORLD_SIZE": str(settings.ranks),
                "LOCAL_RANK": str(local),
                "LOCAL_WORLD_SIZE": str(settings.processes),
                "MASTER_ADDR": host,
                "MASTER_PORT": port,
            }
            processes.append(subprocess.Popen(command, env={**os.environ, **told}))
        yield processes
    finally:
        _end(processes)


def _end(processes: "Sequence[subprocess.Popen[bytes]]") -> None:
    for each in processes:
        each.terminate()
    until = time.monotonic() + _PATIENCE_S
    for each in processes:
        try:
            each.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            each.kill()
            each.wait()


def _failed(processes: "Sequence[subprocess.Popen[bytes]]") -> bool:
    return any(each.poll() for each in processes)


def _why(folder: Path, processes: "Sequence[subprocess.Popen[bytes]]") -> str:
    """The first word of any of them; the others then fail because it is gone."""
    said = sorted(folder.glob("error-*"), key=lambda path: path.stat().st_mtime_ns)
    if said:
        return said[0].read_text("utf-8")
    codes = ", ".join(str(each.poll()) for each in processes if each.poll())
    return f"a process of the training ended with {codes} and said nothing; see the log, then resume"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
