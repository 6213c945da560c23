"""The process that does the work of a job.

Invariant: it ends when its supervisor does, and it says in the journal how it ended unless it is killed;
who reads there that it ended finds the log whole.
"""

import os
import select
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from training.jobs import inputs
from training.jobs.base import Cancelled, Reporter, one_line
from training.jobs.journal import Journal
from training.jobs.layout import CANCEL, JOURNAL, read_spec
from training.jobs.reporting import JobReporter
from training.jobs.view import look

Work = Callable[[Reporter], Mapping[str, Any] | None]
NICE = 5
AUTOGROUP = Path("/proc/self/autogroup")
_LOG_S = 10.0
"""The longest that the end of a job waits for its log; a grandchild may hold that open."""
_TRIES = 10


def work(folder: Path, parent: int, kept: int) -> int:
    """Do it; the exit code is 0 done, 1 failed, 130 cancelled. What is read from the descriptor ``kept``
    ends once the supervisor has kept all that was printed."""
    threading.Thread(target=end_with, args=(parent,), daemon=True).start()
    _stand_back()
    spec, _ = read_spec(folder)
    journal = Journal(folder / JOURNAL)
    resumed = look(folder).runs > 0
    reporter = JobReporter(folder, spec.arguments, resumed)
    signal.signal(signal.SIGTERM, lambda *_: _asked_to_end(folder, reporter))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        journal.write("started", pid=os.getpid(), resumed=resumed)
        inputs.check(spec.inputs)
        result = _function(spec.work)(reporter) or {}
        reporter.flush()
        _end(journal, kept, "done", result=result)
        return 0
    except Cancelled:
        _end(journal, kept, "cancelled")
        return 130
    except Exception as error:  # noqa: BLE001 - the edge of the process: whatever it was is the job's end
        traceback.print_exc()
        with suppress(OSError):
            reporter.flush()
        _end(journal, kept, "failed", error=one_line(error))
        return 1


def _asked_to_end(folder: Path, reporter: JobReporter) -> None:
    """By the person, or by what ends all processes: a machine that goes down cancels nothing."""
    if (folder / CANCEL).exists():
        reporter.cancel()
    else:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTERM)


def _end(journal: Journal, kept: int, what: str, **values: Any) -> None:
    """Print no more, wait until what was printed is kept, and say how it ended.

    A process of its own that still holds the log open keeps nobody waiting for long.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for printed in (1, 2):
        os.dup2(nowhere, printed)
    select.select([kept], [], [], _LOG_S)
    journal.write(what, **values)


def _stand_back() -> None:
    """Let the chat beside it stay quick. Where Linux weighs whole sessions against one another, how nice a
    process is counts within its session only, so the session is made as nice."""
    os.nice(NICE)
    for _ in range(_TRIES):  # the kernel takes one such change at a time, from whom it does not trust
        try:
            AUTOGROUP.write_text(str(NICE))
        except BlockingIOError:
            time.sleep(0.1)
        except OSError:
            return
        else:
            return


def _function(name: str) -> Work:
    module, _, function = name.partition(":")
    found: Work = getattr(import_module(module), function)
    return found


def end_with(parent: int) -> None:
    """End this process when ``parent`` is gone; for a thread of its own."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)  # nobody reads what it might say
