"""A "sandbox" that contains nothing: what the canary must catch."""

import asyncio
import contextlib
import os
import signal
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.base import Completed, Limits
from sandbox.launch import DEFAULT_LIMITS, limited


@dataclass
class UnsafeSandbox:
    """Runs on the host, under the limits of each process or under none."""

    root: Path
    with_limits: bool = False
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))
    closed: bool = False

    @property
    def name(self) -> str:
        return "unsafe"

    async def start(self) -> None:
        return

    async def run(
        self,
        argv: Sequence[str],
        *,
        limits: Limits = DEFAULT_LIMITS,
        stdin: bytes = b"",
        on_output: Callable[[str], None] | None = None,
        read_only: bool = False,
    ) -> Completed:
        command = limited(argv, limits, processes=False) if self.with_limits else list(argv)
        return await asyncio.to_thread(self._run, command)

    def _run(self, command: list[str]) -> Completed:
        with tempfile.TemporaryFile() as output:
            process = subprocess.Popen(
                command, cwd=self.root, env=self.environment, stdout=output, start_new_session=True
            )
            code = process.wait()
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            output.seek(0)
            return Completed(code, output.read().decode(errors="replace"), 0.0)

    async def close(self) -> None:
        self.closed = True
