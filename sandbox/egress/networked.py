"""A sandbox whose calls reach a list of domains, and nothing else of the network.

Invariant: the sandbox inside has no route and no address but its own loopback; the proxy's socket is the one
thing it is given, and lives and ends with it.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from sandbox.base import Completed, Limits, Mount, Sandbox, SandboxError
from sandbox.egress.proxy import EgressProxy
from sandbox.launch import DEFAULT_LIMITS, INSIDE_PORT, INSIDE_SOCKET, python_inside

_NAMED = 5
_FORWARD = Path(__file__).with_name("forward.py")


class NetworkedSandbox:
    """Fulfils ``Sandbox`` by another one, which ``make`` makes on a mount with the proxy's socket."""

    def __init__(self, make: Callable[[Mount], Sandbox], mount: Mount, proxy: EgressProxy) -> None:
        self._proxy = proxy
        self._inner = make(replace(mount, egress=proxy.socket))
        self._source = ""

    @property
    def name(self) -> str:
        """That of the sandbox inside."""
        return self._inner.name

    async def start(self) -> None:
        """Listen first, so that the socket is there to be given."""
        self._source = _FORWARD.read_text(encoding="utf-8")
        try:
            await self._proxy.start()
        except OSError as error:
            raise SandboxError(
                f"the proxy of [sandbox] network cannot listen: {error}; empty the list"
            ) from error
        await self._inner.start()

    async def run(
        self,
        argv: Sequence[str],
        *,
        limits: Limits = DEFAULT_LIMITS,
        stdin: bytes = b"",
        on_output: Callable[[str], None] | None = None,
        read_only: bool = False,
    ) -> Completed:
        """Run ``argv`` with the way to the proxy open; see ``Sandbox.run``.

        The output begins with a line that names the hosts that were refused, for programs say only ``403``.
        A call that only reads has no way to the proxy.
        """
        if not argv:
            raise ValueError("argv: empty; name the program to run")
        if read_only:
            return await self._inner.run(
                argv, limits=limits, stdin=stdin, on_output=on_output, read_only=True
            )
        forward = python_inside(self._source, INSIDE_SOCKET, str(INSIDE_PORT))
        more = replace(limits, processes=limits.processes + 1)
        before = self._proxy.refused.copy()
        done = await self._inner.run([*forward, *argv], limits=more, stdin=stdin, on_output=on_output)
        refused = ", ".join(list(self._proxy.refused - before)[:_NAMED])
        if not refused:
            return done
        return replace(done, output=f"[not in the list [sandbox] network: {refused}]\n{done.output}")

    async def close(self) -> None:
        """End the calls, then the proxy."""
        await self._inner.close()
        await self._proxy.close()
