"""``python -m training.finetune.probe THREADS PRECISION``: what this machine computes, as one JSON line.

In a process of its own, because torch takes seconds to load and much memory, and whoever asks needs neither
afterwards.
"""

import json
import math
import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from importlib.util import find_spec

from sandbox.clean_start import clean
from sandbox.programs import python_command
from training.jobs.base import JobError

_LIMIT_S = 120.0
_FOR_S = 1.0
_AT_ONCE = 5
_ROWS, _INNER, _COLUMNS = 1024, 576, 1536


@dataclass(frozen=True)
class Machine:
    """``gflops`` is what products of matrices as small models have them reach, in the best moment of a
    second, so that other work counts little; ``gpu_bytes`` the memory of each GPU."""

    device: str
    gflops: float
    gpus: tuple[str, ...] = ()
    gpu_bytes: tuple[int, ...] = ()
    bitsandbytes: bool = False


def probe(threads: int = 0, precision: str = "bfloat16") -> Machine:
    """Measure, for about four seconds. Raises JobError."""
    command = python_command("-m", "training.finetune.probe", str(threads), precision)
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_LIMIT_S, check=False)
    except subprocess.TimeoutExpired:
        raise JobError(f"this machine did not multiply two matrices within {_LIMIT_S:.0f} s") from None
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise JobError(f"torch does not work here: {said[-1] if said else 'it said nothing'}")
    found = json.loads(done.stdout)
    return Machine(**{**found, "gpus": tuple(found["gpus"]), "gpu_bytes": tuple(found["gpu_bytes"])})


def measure(threads: int, precision: str) -> Machine:
    """In this process."""
    import torch

    torch.set_num_threads(threads or len(os.sched_getaffinity(0)))
    device = "cuda" if torch.cuda.is_available() else "cpu"
    count = torch.cuda.device_count()
    return Machine(
        device,
        _gflops(device, precision),
        tuple(torch.cuda.get_device_name(each) for each in range(count)),
        tuple(int(torch.cuda.get_device_properties(each).total_memory) for each in range(count)),
        find_spec("bitsandbytes") is not None,
    )


def _gflops(device: str, precision: str) -> float:
    import torch

    dtype = getattr(torch, precision)
    a = torch.randn(_ROWS, _INNER, device=device).to(dtype)
    b = torch.randn(_INNER, _COLUMNS, device=device).to(dtype)
    quickest = math.inf
    ends = time.perf_counter() + _FOR_S
    while (started := time.perf_counter()) < ends:
        for _ in range(_AT_ONCE):
            a @ b
        if device == "cuda":
            torch.cuda.synchronize()
        quickest = min(quickest, time.perf_counter() - started)
    return 2e-9 * _ROWS * _INNER * _COLUMNS * _AT_ONCE / quickest


if __name__ == "__main__":
    clean()
    sys.stdout.write(json.dumps(asdict(measure(int(sys.argv[1]), sys.argv[2]))) + "\n")
