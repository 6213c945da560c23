"""How much memory a model may take on this machine.

Weights are mapped, so this is what it takes to run without reading them from the disk again and again.
"""

from pathlib import Path

RESERVE_BYTES = 256 << 20
"""Left to everything else."""
STEP = 256
MEMINFO = Path("/proc/meminfo")
CGROUPS = Path("/sys/fs/cgroup")
OWN_CGROUP = Path("/proc/self/cgroup")


def available_bytes(
    meminfo: Path = MEMINFO, cgroups: Path = CGROUPS, own_cgroup: Path = OWN_CGROUP
) -> int | None:
    """What the machine, and the control group of this process, have left; None where nothing tells."""
    left = [found for found in (_of_machine(meminfo), _of_group(cgroups, own_cgroup)) if found is not None]
    return min(left) if left else None


def _of_machine(meminfo: Path) -> int | None:
    try:
        lines = meminfo.read_text("ascii").splitlines()
    except OSError:
        return None
    fields = dict(line.split(":", 1) for line in lines if ":" in line)
    return int(fields["MemAvailable"].split()[0]) << 10 if "MemAvailable" in fields else None


def _of_group(cgroups: Path, own: Path) -> int | None:
    """By version 2 of control groups; pages of files that nobody uses now do not count."""
    try:
        name = next(line[3:] for line in own.read_text().splitlines() if line.startswith("0::"))
        folder = cgroups / name.lstrip("/")
        limit = int((folder / "memory.max").read_text())
        used = int((folder / "memory.current").read_text())
        stat = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
    except (OSError, ValueError, StopIteration):
        return None
    return max(0, limit - used + int(stat.get("inactive_file", 0)))


def fitting_context(available: int | None, weights: int, kv_bytes_per_token: int, longest: int) -> int:
    """The longest context, in tokens, whose keys and values fit beside the weights; at most ``longest``."""
    if available is None or kv_bytes_per_token <= 0:
        return longest
    tokens = max(0, available - weights - RESERVE_BYTES) // kv_bytes_per_token
    return min(longest, tokens // STEP * STEP)
