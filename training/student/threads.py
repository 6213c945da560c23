"""How many threads an evaluation gets on a machine that does other work too.

llama.cpp's threads wait for one another many times in every layer, so one that waits for a core holds up
all of them: on two busy cores one thread decodes several times faster than two.
"""

import os
from pathlib import Path

LOADAVG = Path("/proc/loadavg")


def free_threads(wanted: int, own: int, *, cores: int | None = None, loadavg: Path = LOADAVG) -> int:
    """At most ``wanted``, at least one: as many as find a core of their own right now.

    ``own`` is how many of the running threads are the caller's. Where the system does not tell what runs,
    ``wanted``.
    """
    try:
        running = int(loadavg.read_text("ascii").split()[3].partition("/")[0])
    except (OSError, ValueError, IndexError):
        return wanted
    others = max(0, running - own)
    return max(1, min(wanted, (cores or os.cpu_count() or 1) - others))
