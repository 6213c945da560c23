"""The Python engine of ``search_files`` in a process of its own, which can be killed at any moment.

Invariant: whatever a pattern makes the engine do, it takes no more than ``MEMORY_BYTES`` and the time of the
search, and is gone when the search is. The process starts apart from the workspace's own modules, with an
empty environment, and reads files exactly as the program would. ``bound`` sets the same limits for ripgrep.
"""

import contextlib
import json
import os
import resource
import subprocess
import threading
from typing import Any

from sandbox.programs import python_command
from tools.builtin.searching import SECONDS, Found, Query
from tools.calls import ToolError

MEMORY_BYTES = 1 << 30
_CPU_SECONDS = int(SECONDS) + 5
_ARGUMENTS = ("-I", "-m", "tools.builtin.search_process")


def search_in_process(query: Query) -> Found:
    """The matches of a query. Raises ToolError where it cannot be searched, or takes too much."""
    asked = {
        "workspace": os.fspath(query.place.workspace),
        "parts": query.place.parts,
        "pattern": query.pattern,
        "literal": query.literal,
        "lenient": query.lenient,
    }
    with subprocess.Popen(
        python_command(*_ARGUMENTS, str(os.getpid())),
        cwd="/",
        env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        bound(process.pid)
        threading.Thread(target=end_in_time, args=(query, process), daemon=True).start()
        try:
            said, _ = process.communicate(json.dumps(asked).encode("utf-8", "surrogatepass"))
        finally:
            process.kill()
    query.check()
    return _read(query, said, process.returncode)


def bound(pid: int) -> None:
    """Limit what a process that was just started may take; one that has ended already is left alone."""
    limits = {
        resource.RLIMIT_AS: MEMORY_BYTES,
        resource.RLIMIT_CPU: _CPU_SECONDS,
        resource.RLIMIT_CORE: 0,
    }
    with contextlib.suppress(ProcessLookupError):
        for name, most in limits.items():
            resource.prlimit(pid, name, (most, most))


def end_in_time(query: Query, process: "subprocess.Popen[bytes]") -> None:
    """Kill a process when its search is given up."""
    while process.poll() is None:
        if query.given_up(within_s=0.1):
            process.kill()
            return


def _read(query: Query, said: bytes, code: int) -> Found:
    try:
        answer: dict[str, Any] = json.loads(said.decode("utf-8", "surrogatepass"))
    except ValueError:
        how = "was killed" if code < 0 else "failed"
        raise ToolError(
            f"the search {how}: it took too much memory or time; give a simpler pattern"
        ) from None
    if "error" in answer:
        raise ToolError(answer["error"])
    query.notes += answer["notes"]
    matches = [(name, number, line) for name, number, line in answer["matches"]]
    return Found(matches, answer["cut"], answer["literal"])
