"""A sandbox that is proven again after what was proven is gone.

Invariant: a call runs only in what the canary has proven since the engine was last lost. Covered: an engine
that was restarted, a container that somebody removed, a failure of the sandbox itself. Not covered: an engine
that is exchanged for another one within a call.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from sandbox.base import Check, Completed, Limits, Sandbox, SandboxError, SandboxLost
from sandbox.launch import DEFAULT_LIMITS

Prove = Callable[[], Awaitable[list[Check]]]


class ProvenSandbox:
    """Fulfils ``Sandbox`` by one that has just been proven; ``prove`` proves it again."""

    def __init__(self, inner: Sandbox, prove: Prove) -> None:
        self._inner = inner
        self._prove = prove
        self._holds = True
        self._proving = asyncio.Lock()

    @property
    def name(self) -> str:
        """That of the sandbox inside."""
        return self._inner.name

    async def start(self) -> None:
        """Nothing: it was started to be proven."""

    async def run(
        self,
        argv: Sequence[str],
        *,
        limits: Limits = DEFAULT_LIMITS,
        stdin: bytes = b"",
        on_output: Callable[[str], None] | None = None,
        read_only: bool = False,
    ) -> Completed:
        """Run ``argv``, after a proof where one is due; see ``Sandbox.run``."""
        await self._proof()
        call = partial(
            self._inner.run, argv, limits=limits, stdin=stdin, on_output=on_output, read_only=read_only
        )
        try:
            return await call()
        except SandboxLost:
            self._holds = False
            await self._proof()
            return await call()
        except SandboxError:
            self._holds = False
            raise

    async def close(self) -> None:
        """See ``Sandbox.close``."""
        await self._inner.close()

    async def _proof(self) -> None:
        async with self._proving:
            if self._holds:
                return
            failed = [check for check in await self._prove() if not check.ok]
            if failed:
                why = f"{failed[0].name}: {failed[0].detail or 'failed'}"
                raise SandboxError(
                    f"{self.name} was lost and is not proven again: {why}; run `apprentice doctor`"
                )
            self._holds = True
