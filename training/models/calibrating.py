"""Measuring a model in a process of its own, and keeping what was found.

Invariant: the process that measures ends with the one that asked for it, and what it found is kept whole or
not at all.
"""

import asyncio
import json
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sandbox.programs import python_command
from training.models.base import ModelError
from training.models.calibration import Calibration, calibrations_dir, cores, keep, runtime
from training.models.files import sha256

Steps = Callable[[int, int, str], None]
"""Receives how many steps are done, of how many, and what comes next."""


@dataclass(frozen=True)
class Effort:
    """How long is measured; ``limit_s`` ends the process, with loading and all."""

    seconds: float
    limit_s: float
    quick: bool = False


QUICK = Effort(seconds=3, limit_s=60, quick=True)
"""At the first load: one round."""
THOROUGH = Effort(seconds=30, limit_s=300)


async def calibrate(
    path: Path,
    context_tokens: int,
    effort: Effort = THOROUGH,
    *,
    steps: Steps = lambda done, of, what: None,
    folder: Path | None = None,
) -> Calibration:
    """Measure the model at ``path`` with that context, or the longest that fits, and keep it.

    Raises ModelError, one line.
    """
    folder = folder or calibrations_dir()
    try:
        digest = await _digest(path, folder)
        specification = {
            "path": str(path),
            "cores": cores(),
            "context_tokens": context_tokens,
            "seconds": effort.seconds,
            "quick": effort.quick,
        }
        found = await _measured(path, json.dumps(specification), effort.limit_s, steps)
        made = Calibration.model_validate(
            {
                **found,
                "sha256": digest,
                "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
                "cores": cores(),
                "runtime": runtime(),
                "quick": effort.quick,
            }
        )
        keep(made, folder)
    except OSError as error:
        raise ModelError(f"{error.filename or path}: {error.strerror or error}") from None
    return made


async def _digest(path: Path, folder: Path) -> str:
    """In a thread, which ends where this is cancelled: a program that ends waits for its threads."""
    stopped = threading.Event()
    try:
        return await asyncio.to_thread(sha256, path, folder, stopped.is_set)
    finally:
        stopped.set()


async def _measured(path: Path, specification: str, limit_s: float, steps: Steps) -> dict[str, Any]:
    process = await asyncio.create_subprocess_exec(
        *python_command("-m", "training.models.measure", specification),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        # Without it a native abort starts a debugger to print where it was.
        env={**os.environ, "GGML_NO_BACKTRACE": "1"},
    )
    try:
        async with asyncio.timeout(limit_s):
            result = await _followed(process, steps)
            await process.wait()
    except TimeoutError:
        raise ModelError(f"{path}: it could not be measured within {limit_s:g} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if result is None:
        raise ModelError(f"{path}: {_epitaph(process.returncode or 0)}")
    if "problem" in result:
        raise ModelError(f"{path}: not calibrated: {result['problem']}")
    found: dict[str, Any] = result["result"]
    return found


async def _followed(process: asyncio.subprocess.Process, steps: Steps) -> dict[str, Any] | None:
    """The last line of the process, which is its result; None where it ended without one."""
    assert process.stdout is not None
    async for line in process.stdout:
        told: dict[str, Any] = json.loads(line)
        if "step" not in told:
            return told
        steps(told["step"], told["of"], told["what"])
    return None


def _epitaph(code: int) -> str:
    if code < 0:
        return f"the process that measured it was ended by {signal.Signals(-code).name}"
    return f"the process that measured it ended with code {code}"
