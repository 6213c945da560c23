"""The sandbox of a session: chosen and proven in the background, waited for by the first call that needs it.

Invariant: ``context.sandbox`` is set only to a sandbox that its canary has just proven.
"""

import asyncio
from pathlib import Path

from sandbox.base import Check, Mount, Sandbox, SandboxError
from sandbox.settings import SandboxSettings
from tools.base import ToolContext

STARTING = "starting"
READY = "ready"
OFF = "off"


class Confinement:
    """Fulfils ``assistant.agent.gate.Place`` over ``sandbox.choose``."""

    def __init__(self, settings: SandboxSettings, workspace: Path, context: ToolContext) -> None:
        self._settings = settings
        self._workspace = workspace
        self._context = context
        self._task: asyncio.Task[None] | None = None
        self.checks: dict[str, list[Check]] = {}
        self.state = STARTING

    @property
    def name(self) -> str:
        """The back end in use, or ``none``."""
        sandbox = self._context.sandbox
        return sandbox.name if sandbox else "none"

    def start(self) -> None:
        """Begin to choose, once."""
        if self._task is None:
            self._task = asyncio.create_task(self._choose())

    async def _choose(self) -> None:
        from sandbox.choose import choose
        from sandbox.git_identity import git_identity

        try:
            on = self._settings.engine != "off"
            who = await asyncio.to_thread(git_identity, self._workspace) if on else {}
            chosen = await choose(self._settings, Mount(self._workspace, environment=who))
        except SandboxError as error:
            self._settle(None, str(error))
            return
        self.checks = chosen.checks
        self._settle(chosen.sandbox, chosen.problem)

    def _settle(self, sandbox: Sandbox | None, problem: str) -> None:
        self._context.sandbox = sandbox
        self._context.sandbox_problem = problem
        self.state = READY if sandbox else OFF

    async def ready(self) -> None:
        self.start()
        if self._task:
            await asyncio.shield(self._task)

    def where(self) -> str:
        if self._context.sandbox is None:
            return f"no sandbox: {self._context.sandbox_problem}"
        domains = ", ".join(self._settings.network)
        network = f"network only to {domains}" if domains else "no network"
        return f"{self.name} sandbox, {network}, writes only in {self._workspace}"

    async def close(self) -> None:
        """End the sandbox. Safe to call twice."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        sandbox, self._context.sandbox = self._context.sandbox, None
        if sandbox:
            await sandbox.close()
