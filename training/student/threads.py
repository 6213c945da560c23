"""How many threads an evaluation gets on a machine that does other work too.

llama.cpp's threads wait for one another many times in every layer, so one that waits for a core holds up
all of them: on two busy cores one thread decodes several times faster than two. They spin for some
milliseconds after an evaluation, so what runs is ours or others' work, and only others' counts.
"""

import os
from pathlib import Path

LOADAVG = Path("/proc/loadavg")
TASKS = Path("/proc/self/task")
RUNNING = "R"


def free_threads(
    wanted: int, *, cores: int | None = None, loadavg: Path = LOADAVG, tasks: Path = TASKS
) -> int:
    """At most ``wanted``, at least one: as many as find a core of their own right now.

    Where the system does not tell what runs, ``wanted``.
    """
    try:
        running = int(loadavg.read_text("ascii").split()[3].partition("/")[0])
        others = max(0, running - _own(tasks))
    except (OSError, ValueError, IndexError):
        return wanted
    return max(1, min(wanted, (cores or os.cpu_count() or 1) - others))


def _own(tasks: Path) -> int:
    """How many threads of this process run now; the state follows the name, which may hold anything."""
    states = [
        (task / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()[0]
        for task in tasks.iterdir()
    ]
    return states.count(RUNNING)
