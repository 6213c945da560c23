"""What the jobs of these tests do."""

import atexit
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from training.jobs.base import JobError, Reporter


def count(reporter: Reporter) -> Mapping[str, Any]:
    """Count up, a line in a file per step, and go on where an earlier run stopped."""
    total = int(reporter.arguments["total"])
    done_file = reporter.folder / "done.txt"
    done = len(done_file.read_text().split()) if done_file.exists() else 0
    reporter.note(f"from {done}")
    for number in range(done, total):
        with done_file.open("a") as file:
            file.write(f"{number}\n")
        reporter.progress(number + 1, total, "steps")
        if number + 1 == reporter.arguments.get("kill_at") and not reporter.resumed:
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(float(reporter.arguments.get("pause", 0)))
    reporter.metric(loss=0.5)
    with reporter.output("numbers.txt") as path:
        path.write_text(done_file.read_text())
    return {"counted": total}


def how_nice(reporter: Reporter) -> Mapping[str, Any]:
    group = Path("/proc/self/autogroup")
    return {"own": os.nice(0), "session": group.read_text().split()[-1] if group.exists() else "5"}


def refuse(reporter: Reporter) -> None:
    raise JobError("line 3 of data.jsonl is no JSON; mend it")


def done_and_dead(reporter: Reporter) -> Mapping[str, Any]:
    """The process dies of what it tears down, after it has said its result."""
    atexit.register(os.abort)
    return {"made": 7}


def done_and_stuck(reporter: Reporter) -> Mapping[str, Any]:
    atexit.register(time.sleep, 600)
    return {"made": 7}


def leave(reporter: Reporter) -> None:
    sys.exit(0)


def crash(reporter: Reporter) -> None:
    raise ZeroDivisionError("of\nall things")


def shout(reporter: Reporter) -> None:
    for _ in range(int(reporter.arguments["lines"])):
        sys.stdout.write("x" * 1000 + "\n")
    sys.stdout.write("the end\n")


def hang(reporter: Reporter) -> None:
    """Deaf to a request to stop, with a child that is too."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    child = subprocess.Popen(["sleep", "600"])
    (reporter.folder / "child").write_text(str(child.pid))
    child.wait()


def half(reporter: Reporter) -> None:
    with reporter.output("model") as path:
        path.mkdir()
        (path / "weights").write_text("half")
        raise OSError(28, "No space left on device")


def waits_for(reporter: Reporter) -> None:
    """Until a file is there; what it wrote says whether another did so at the same time."""
    busy = Path(reporter.arguments["busy"])
    busy.touch(exist_ok=False)
    time.sleep(0.3)
    busy.unlink()
