"""How much processor time the program takes while nobody does anything.

The chat is opened under a pseudo terminal; once the model has loaded and read its prompt, the
processor time of the program and of every process it started (the student's) is read from /proc twice.
"""

import os
import time
from pathlib import Path

from measuring import Terminal, own_folders, parser, program, report, terminal

QUIET_S = 3.0
LOAD_LIMIT_S = 90.0
TARGET_PERCENT = 1.0


def tree(pid: int) -> list[int]:
    """``pid`` and all that descend from it."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += tree(int(child))
    return found


def cpu_seconds(pid: int) -> float:
    """User and system time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def name_of(pid: int) -> str:
    """``program`` or ``student``."""
    return "student" if b"training.student.worker" in Path(f"/proc/{pid}/cmdline").read_bytes() else "program"


def wait_until_ready(running: Terminal) -> None:
    """Until the student has loaded and read its prompt: its process lives and uses no more time.

    A program that never comes to rest is measured as it is once LOAD_LIMIT_S have passed.
    """
    end = time.perf_counter() + LOAD_LIMIT_S
    while time.perf_counter() < end:
        pids = tree(running.process.pid)
        before = sum(map(cpu_seconds, pids))
        running.read_for(QUIET_S)
        used = sum(map(cpu_seconds, pids)) - before
        if used < QUIET_S / 100 and any(name_of(pid) == "student" for pid in pids):
            return


def main() -> None:
    arguments = parser(__doc__ or "")
    arguments.add_argument("--seconds", type=float, default=10.0)
    given = arguments.parse_args()
    with own_folders() as (workspace, environment), terminal(program(), environment, workspace) as running:
        running.wait_for("Apprentice")
        wait_until_ready(running)
        pids = tree(running.process.pid)
        before = {pid: cpu_seconds(pid) for pid in pids}
        drawn = len(running.output)
        running.read_for(given.seconds)
        used = {pid: cpu_seconds(pid) - before[pid] for pid in pids}
        drawn = len(running.output) - drawn
        rows = [
            {"what": name_of(pid), "cpu s": seconds, "percent of one core": seconds / given.seconds * 100}
            for pid, seconds in used.items()
        ]
    facts = {
        "seconds": given.seconds,
        "percent in all": sum(used.values()) / given.seconds * 100,
        "target percent": TARGET_PERCENT,
        "bytes drawn": drawn,
    }
    report("idle", rows, facts, given.json)


if __name__ == "__main__":
    main()
