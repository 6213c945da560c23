"""Docker: one hardened container for the session and one for calls that only read, each call an exec in one.

Invariant: when a call has ended, only the container's first process is left; where that cannot be said, the
container is removed and the next call gets a new one. Covered: network, capabilities, new privileges, a
read-only root, memory and processes by control group, the engine's own seccomp profile. Not covered: a bug
of the kernel or of the engine; a workspace owned by root is entered as root without capabilities.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from sandbox.base import Completed, Limits, Mount, SandboxError, SandboxLost
from sandbox.container import Container, engine_errors
from sandbox.launch import DEFAULT_LIMITS, TIMEOUT, limited, unstartable
from sandbox.output import CappedOutput
from sandbox.protection import Protection
from sandbox.scratch import Scratch
from sandbox.threads import to_end
from sandbox.usage import LOOK_S, DiskRoom
from sandbox.workspace import check_mount

if TYPE_CHECKING:
    from docker import DockerClient

_KILLED = 137
_ENGINE_S = 30
_GONE_S = 2.0
_LATER_S = 5.0
"""How long after this program would have ended a call its own timer does."""
_LAUNCH = 'exec 2>&1; "$@"; code=$?; kill -9 -1 2>/dev/null; exit $code'
"""Runs the command, then kills all that it left: everything but the first process and this shell."""


class DockerSandbox:
    """Runs each call by exec in the session's container; calls of one instance run one at a time."""

    def __init__(self, mount: Mount, image: str, base_url: str | None = None) -> None:
        self._mount = mount
        self._image = image
        self._base_url = base_url
        self._client: DockerClient | None = None
        self._containers: dict[bool, Container] = {}
        """By whether the workspace is read-only in it; that one is made by the first call that needs it."""
        self._scratch: Scratch | None = None
        self._protection = Protection(mount)
        self._one_at_a_time = asyncio.Lock()

    @property
    def name(self) -> str:
        """``docker``."""
        return "docker"

    async def start(self) -> None:
        """Reach the engine, check the image, remove containers that dead sessions left, make our own."""
        check_mount(self._mount)
        self._client = await to_end(self._connect)
        if self._scratch is None:
            self._scratch = await to_end(Scratch, "sandbox")
            self._protection = Protection(self._mount, self._scratch)
        completed = await self.run(["true"])
        if completed.exit_code != 0:
            raise SandboxError(f"docker does not run a program here: {completed.output.strip()}")

    async def run(
        self,
        argv: Sequence[str],
        *,
        limits: Limits = DEFAULT_LIMITS,
        stdin: bytes = b"",
        on_output: Callable[[str], None] | None = None,
        read_only: bool = False,
    ) -> Completed:
        """Run ``argv`` in the container; see ``Sandbox.run``."""
        refused = unstartable(argv)
        if refused is not None:
            return refused
        if self._client is None:
            raise SandboxError("docker: not started, or closed; start it before a call")
        loop = asyncio.get_running_loop()
        output = CappedOutput(limits.output_bytes, _in_loop(loop, on_output))
        async with self._one_at_a_time:
            started = time.monotonic()
            try:
                container = await to_end(self._ready, limits, read_only)
                started = time.monotonic()
                exit_code, timed_out = await self._call(container, argv, limits, stdin, output)
                duration_ms = (time.monotonic() - started) * 1000
            finally:
                for line in await to_end(self._protection.sweep):
                    output.note(line)
        return Completed(exit_code, output.finish(), duration_ms, timed_out, output.truncated)

    async def close(self) -> None:
        """Remove the container; a call that still runs ends with it."""
        client, self._client = self._client, None
        for container in [*self._containers.values()]:
            await to_end(container.remove)
        async with self._one_at_a_time:
            for container in self._containers.values():  # of a call that began meanwhile
                await to_end(container.remove)
            self._containers.clear()
            await to_end(self._protection.release)
            if self._scratch is not None:
                self._scratch.close()
                self._scratch = None
            if client is not None:
                await to_end(client.close)

    def _connect(self) -> "DockerClient":
        import docker

        with engine_errors(self._image):
            if self._base_url:
                client = docker.DockerClient(base_url=self._base_url, timeout=_ENGINE_S)
            else:
                client = docker.from_env(timeout=_ENGINE_S)
            client.ping()
            client.images.get(self._image)
            Container.reap(client)
        return client

    def _ready(self, limits: Limits, read_only: bool) -> Container:
        """The container as these limits and the protected paths of this moment need it.

        Raises SandboxLost, once, where the one that was there is not: its engine may be another one now.
        """
        assert self._client is not None
        mount = self._mount.only_read() if read_only else self._mount
        binds = () if read_only else self._protection.prepare()
        container = self._containers.get(read_only)
        if container is not None and not container.runs():
            for one in self._containers.values():  # what is left of them is not proven any more either
                one.remove()
            self._containers.clear()
            raise SandboxLost("docker: the session's container is gone; was the engine restarted?")
        if container is not None and container.fits(binds, limits):
            return container
        if container is not None:
            container.remove()
            del self._containers[read_only]
        made = self._containers[read_only] = Container.create(self._client, self._image, mount, binds, limits)
        return made

    async def _call(
        self, container: Container, argv: Sequence[str], limits: Limits, stdin: bytes, output: CappedOutput
    ) -> tuple[int | None, bool]:
        timer = [TIMEOUT, "-s", "KILL", str(limits.wall_s + _LATER_S)]
        command = ["/bin/sh", "-c", _LAUNCH, "sh", *timer, *limited(argv, limits, processes=False)]
        call = await to_end(container.call, command, stdin)
        reading = asyncio.create_task(asyncio.to_thread(call.read, output.feed))
        exit_code: int | None = None
        timed_out, stopped, clean = False, "", False
        try:
            async with asyncio.timeout(limits.wall_s):
                stopped = await self._watch(reading, limits)
            if not stopped:
                exit_code = await to_end(call.exit_code)
                clean = await to_end(container.is_quiet)
        except TimeoutError:
            timed_out = True
        finally:
            if not clean:
                await to_end(self._discard, container)
            await self._ended(reading)
        if stopped:
            output.note(f"stopped by the sandbox: {stopped}")
            exit_code = _KILLED
        return exit_code, timed_out

    async def _watch(self, reading: "asyncio.Task[None]", limits: Limits) -> str:
        """Wait for the end of the output; why the call must stop, or empty where it ended by itself."""
        room = DiskRoom.of(self._mount.root)
        while True:
            done, _ = await asyncio.wait({reading}, timeout=LOOK_S)
            if done:
                reading.result()
                return ""
            if excess := room.excess(self._mount.root, limits):
                return excess

    def _discard(self, container: Container) -> None:
        container.remove()
        self._containers = {key: one for key, one in self._containers.items() if one is not container}

    async def _ended(self, reading: "asyncio.Task[None]") -> None:
        await asyncio.wait({reading}, timeout=_GONE_S)
        if not reading.done():
            fix = "restart it: sudo systemctl restart docker"
            raise SandboxError(f"docker: the engine does not end a call; {fix}")
        reading.result()


def _in_loop(
    loop: asyncio.AbstractEventLoop, on_output: Callable[[str], None] | None
) -> Callable[[str], None] | None:
    """``on_output`` for use in the reading thread: it is called in the loop's own thread."""
    if on_output is None:
        return None

    def post(text: str) -> None:
        loop.call_soon_threadsafe(on_output, text)

    return post
