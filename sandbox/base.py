"""The sandbox contract that every back end fulfils.

Invariant: a command runs inside a sandbox that its canary has proven, or it does not run. Nothing in
this package falls back to the host.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol


class SandboxError(Exception):
    """The sandbox itself failed (engine gone, image missing, limits not applied), not the command in it."""


class SandboxLost(SandboxError):
    """What was proven is gone, as a container is after a restart of its engine; the call has not begun."""


@dataclass(frozen=True)
class Limits:
    """What one call may use. Times in seconds, sizes in bytes."""

    wall_s: float = 60.0
    cpu_s: int = 60
    memory_bytes: int = 1 << 30
    processes: int = 128
    file_bytes: int = 256 << 20
    disk_bytes: int = 2 << 30
    output_bytes: int = 64 << 10


@dataclass(frozen=True)
class Completed:
    """How a command in the sandbox ended.

    ``exit_code`` is None where the command was killed (time-out or cancel). ``output`` is stdout and
    stderr in the order they arrived, head and tail kept within ``Limits.output_bytes``, with one
    line between them that says how much was left out; it is decoded with replacement.
    """

    exit_code: int | None
    output: str
    duration_ms: float
    timed_out: bool = False
    truncated: bool = False


@dataclass(frozen=True)
class Check:
    """One line of a canary's or a doctor's report."""

    name: str
    ok: bool
    detail: str = ""
    fix: str = ""


@dataclass(frozen=True)
class Mount:
    """The one host folder that the sandbox sees, and where: always at the same path as outside.

    ``protected`` are paths relative to the root that stay read-only inside (``.git/hooks``,
    ``.git/config``, ``.apprentice``), also where they do not exist yet. ``egress`` is the socket of a proxy
    that leads to allowed domains, or None: then nothing of the network is there. Where it is not ``writable``
    the root is read-only, and programs are not looked for in it.
    """

    root: Path
    protected: tuple[str, ...] = (".git/hooks", ".git/config", ".apprentice")
    environment: dict[str, str] = field(default_factory=dict)
    egress: Path | None = None
    writable: bool = True

    def only_read(self) -> "Mount":
        """The mount of a call that only reads: nothing of it can be written, and it has no way out."""
        return replace(self, writable=False, egress=None)


class Sandbox(Protocol):
    """A place where commands run contained. One instance serves one session."""

    @property
    def name(self) -> str:
        """``docker`` or ``bubblewrap``."""

    async def start(self) -> None:
        """Make the container or namespace ready. Raises SandboxError with one line that names the fix."""

    async def run(
        self,
        argv: Sequence[str],
        *,
        limits: Limits = Limits(),
        stdin: bytes = b"",
        on_output: Callable[[str], None] | None = None,
        read_only: bool = False,
    ) -> Completed:
        """Run ``argv`` with the workspace as current folder; ``read_only`` as ``Mount.only_read`` says.

        Cancelling the awaiting task kills the whole process tree. Raises SandboxError where the
        sandbox, not the command, failed.
        """

    async def close(self) -> None:
        """End everything that still runs and give the resources back. Safe to call twice."""
