"""Which process is it? A pid alone is used again; with its start time it is not.

Invariant: a process that ended, a zombie included, is not alive, whoever has its pid now.
"""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from sandbox.programs import host_command


@dataclass(frozen=True)
class Identity:
    """``started`` is compared for equality only; ``boot`` tells the runs of the machine apart."""

    pid: int
    started: str
    boot: str

    def is_alive(self) -> bool:
        return self.boot == _boot() and self.started != "" and self.started == _started(self.pid)


def own() -> Identity:
    return of(os.getpid())


def of(pid: int) -> Identity:
    return Identity(pid, _started(pid), _boot())


def _started(pid: int) -> str:
    """When the process started, in the system's own form; empty where there is none that runs."""
    if not Path("/proc/self/stat").exists():
        return _started_by_ps(pid)
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return ""
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] in "ZX" else fields[19]


def _started_by_ps(pid: int) -> str:
    found = subprocess.run(
        host_command("ps", "-o", "stat=,lstart=", "-p", str(pid)), capture_output=True, text=True, check=False
    ).stdout.strip()
    return "" if found[:1] in ("", "Z") else found.partition(" ")[2].strip()


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
