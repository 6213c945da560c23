"""The process that runs a job: waits for its turn, starts the work, keeps its log, and says how it ended.

Invariant: of one job there is one supervisor (``run.lock``), and no work without it. It is small, so that
what kills the work for its memory leaves somebody to say so.
"""

import os
import signal
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path

from sandbox.programs import python_command
from training.jobs import identity
from training.jobs.base import ENDS, JobSpec, one_line
from training.jobs.heartbeat import EVERY_S, beat
from training.jobs.journal import Journal
from training.jobs.layout import CANCEL, JOURNAL, LOCK, read_spec
from training.jobs.locks import taken
from training.jobs.logs import pump
from training.jobs.turns import Turn
from training.jobs.view import look

_LOOK_S = 0.2
_GRACE_S = 20.0


def supervise(folder: Path) -> int:
    """Run the job in ``folder`` to its end; 2 where it is running already."""
    lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    if not taken(lock):
        return 2
    spec, _ = read_spec(folder)
    signal.signal(signal.SIGINT, lambda *_: (folder / CANCEL).touch())
    beat(folder, identity.own())
    threading.Thread(target=_keep_beating, args=(folder,), daemon=True).start()
    turn = Turn(folder.parent, spec.resource) if spec.resource else None
    try:
        if turn is not None and not _has_come(turn, folder):
            Journal(folder / JOURNAL).write("cancelled")
            return 130
        return _run(folder, spec, lock)
    except Exception as error:  # noqa: BLE001 - nobody else would say it
        Journal(folder / JOURNAL).write("failed", error=f"it could not be run: {one_line(error)}")
        return 1
    finally:
        if turn is not None:
            turn.close()


def _has_come(turn: Turn, folder: Path) -> bool:
    """Wait for the turn; false where the job was cancelled meanwhile."""
    while not (folder / CANCEL).exists():
        if turn.has_come():
            return True
        time.sleep(_LOOK_S)
    return False


def _run(folder: Path, spec: JobSpec, lock: int) -> int:
    reading, writing = os.pipe()
    kept, keeping = os.pipe()
    command = python_command("-m", "training.jobs", "work", str(folder), str(os.getpid()), str(kept))
    worker = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=writing,
        stderr=writing,
        pass_fds=(lock, kept),  # the job is locked until the work is gone too
        process_group=0,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    os.close(writing)
    os.close(kept)
    pumping = threading.Thread(target=_keep_log, args=(reading, folder, keeping), daemon=True)
    pumping.start()
    code = _wait(worker, folder, pumping)
    pumping.join(timeout=2)
    if look(folder).state not in ENDS:
        _say_how_it_ended(folder, code)
    return 1 if code < 0 else code


def _say_how_it_ended(folder: Path, code: int) -> None:
    """For the work, which could not."""
    journal = Journal(folder / JOURNAL)
    if (folder / CANCEL).exists():
        journal.write("cancelled")
    elif code < 0:
        journal.write("failed", error=_killed(-code))
    else:
        why = f"the work ended with code {code} and did not say how: a full disk? The log may tell"
        journal.write("failed", error=why)


def _keep_log(reading: int, folder: Path, keeping: int) -> None:
    """Until the work prints no more; then it is told, by the end of the pipe, that its log is whole."""
    pump(reading, folder)
    os.close(keeping)


def _wait(worker: subprocess.Popen[bytes], folder: Path, pumping: threading.Thread) -> int:
    """Until the work ends; when the job is cancelled it is asked to, then made to, and so is work that
    has said its last word and stays."""
    ending: float | None = None
    asked = False
    while (code := worker.poll()) is None:
        if not asked and (folder / CANCEL).exists():
            worker.terminate()
            asked = True
        if ending is None and (asked or not pumping.is_alive()):
            ending = time.monotonic()
        if ending is not None and time.monotonic() - ending > _GRACE_S:
            os.killpg(worker.pid, signal.SIGKILL)
        time.sleep(_LOOK_S)
    return code


def _keep_beating(folder: Path) -> None:
    while folder.exists():
        with suppress(OSError):  # a full disk: the last sign of life still names this process
            beat(folder, identity.own())
        time.sleep(EVERY_S)


def _killed(number: int) -> str:
    name = signal.Signals(number).name
    hint = "; most likely the machine ran out of memory" if number == signal.SIGKILL else ""
    return f"the work was killed ({name}){hint}; resume it, or see the log"
