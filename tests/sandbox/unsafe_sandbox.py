"""A "sandbox" that contains nothing: what the canary must catch."""

import asyncio
import os
import subprocess
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
    ) -> Completed:
        command = limited(argv, limits, processes=False) if self.with_limits else list(argv)
        ended = await asyncio.to_thread(
            subprocess.run,
            command,
            cwd=self.root,
            env=self.environment,
            capture_output=True,
            start_new_session=True,
            check=False,
        )
        return Completed(ended.returncode, ended.stdout.decode(errors="replace"), 0.0)

    async def close(self) -> None:
        self.closed = True
