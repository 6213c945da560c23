"""A sandbox that runs nothing: it answers from a script and remembers what it was asked.

Invariant: no process is started. For tests of what stands on a sandbox; never chosen by ``choose``.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from sandbox.base import Completed, Limits, SandboxError
from sandbox.launch import DEFAULT_LIMITS


@dataclass(frozen=True)
class Asked:
    """One call as it came in."""

    argv: tuple[str, ...]
    limits: Limits
    stdin: bytes
    read_only: bool = False


@dataclass
class ScriptedSandbox:
    """Answers calls with ``answers`` in order, then with an empty success.

    An answer that is a SandboxError is raised; ``start_error`` is raised by ``start``; ``delay_s`` passes
    before each answer.
    """

    answers: Iterable[Completed | SandboxError] = ()
    start_error: SandboxError | None = None
    delay_s: float = 0.0
    asked: list[Asked] = field(default_factory=list)
    started: bool = False
    closed: bool = False

    def __post_init__(self) -> None:
        self._answers = iter(self.answers)

    @property
    def name(self) -> str:
        """``scripted``."""
        return "scripted"

    async def start(self) -> None:
        """Note the start. Raises ``start_error`` where there is one."""
        if self.start_error is not None:
            raise self.start_error
        self.started = True

    async def run(
        self,
        argv: Sequence[str],
        *,
        limits: Limits = DEFAULT_LIMITS,
        stdin: bytes = b"",
        on_output: Callable[[str], None] | None = None,
        read_only: bool = False,
    ) -> Completed:
        """The next answer; its output is passed to ``on_output`` first."""
        self.asked.append(Asked(tuple(argv), limits, stdin, read_only))
        await asyncio.sleep(self.delay_s)
        answer = next(self._answers, Completed(exit_code=0, output="", duration_ms=0.0))
        if isinstance(answer, SandboxError):
            raise answer
        if on_output is not None and answer.output:
            on_output(answer.output)
        return answer

    async def close(self) -> None:
        """Note the close."""
        self.closed = True
