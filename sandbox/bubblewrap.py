"""Bubblewrap: new namespaces for every call, nothing kept between two of them.

Invariant: a call is the only child of a process namespace of its own, so that its end, its time-out, its
cancellation and the death of this program kill everything it started. Covered: see ``sandbox.namespace`` for
what it sees, ``sandbox.launch`` and ``sandbox.usage`` for what it may use, ``sandbox.lifeline`` for when it
ends. Not covered: a bug of the kernel.
"""

import asyncio
import contextlib
import os
import platform
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from sandbox import namespace, seccomp
from sandbox.base import Completed, Limits, Mount, SandboxError
from sandbox.control_group import process_group
from sandbox.launch import DEFAULT_LIMITS, limited, unstartable
from sandbox.lifeline import INSIDE, OWN_PROCESSES, Lifeline
from sandbox.output import CappedOutput
from sandbox.programs import ProgramError, host_command
from sandbox.protection import Bind, Protection
from sandbox.scratch import Scratch
from sandbox.threads import to_end
from sandbox.usage import LOOK_S, DiskRoom, tree_excess
from sandbox.workspace import check_mount

_INSTALL = "install it: sudo apt-get install bubblewrap"
_CHUNK = 64 << 10
_GONE_S = 30.0
_KILLED = 128 + signal.SIGKILL
_OWN_PROCESSES = OWN_PROCESSES + 2
_FORBIDDEN = ("namespace", "uid map", "No permissions", "Operation not permitted", "Permission denied")


class BubblewrapSandbox:
    """Runs each call under ``bwrap``; calls of one instance run one at a time."""

    def __init__(self, mount: Mount, program: str = "bwrap") -> None:
        self._mount = mount
        self._program = program
        self._path = ""
        self._scratch: Scratch | None = None
        self._protection = Protection(mount)
        self._one_at_a_time = asyncio.Lock()
        self._running: asyncio.subprocess.Process | None = None

    @property
    def name(self) -> str:
        """``bubblewrap``."""
        return "bubblewrap"

    async def start(self) -> None:
        """Check the mount and the program, and run one empty call."""
        check_mount(self._mount)
        try:
            (path,) = host_command(self._program, workspace=self._mount.root, fix=_INSTALL)
        except ProgramError as error:
            raise SandboxError(f"bubblewrap: {error}") from error
        if not Path("/proc/thread-self/children").exists():
            raise SandboxError("this kernel does not list child processes; use docker ([sandbox] engine)")
        if self._scratch is None:
            self._scratch = await to_end(Scratch, "sandbox")
            self._protection = Protection(self._mount, self._scratch)
        self._path = path
        completed = await self.run(["true"])
        if completed.exit_code != 0:
            raise SandboxError(f"bubblewrap does not run a program here: {completed.output.strip()}")

    async def run(
        self,
        argv: Sequence[str],
        *,
        limits: Limits = DEFAULT_LIMITS,
        stdin: bytes = b"",
        on_output: Callable[[str], None] | None = None,
        read_only: bool = False,
    ) -> Completed:
        """Run ``argv`` in new namespaces; see ``Sandbox.run``."""
        refused = unstartable(argv)
        if refused is not None:
            return refused
        if not self._path:
            raise SandboxError("bubblewrap: not started, or closed; start it before a call")
        output = CappedOutput(limits.output_bytes, on_output)
        async with self._one_at_a_time:
            started = time.monotonic()
            if read_only:  # there is nothing to protect: nothing can be written
                mount = self._mount.only_read()
                exit_code, timed_out = await self._call(argv, limits, stdin, output, mount, ())
                duration_ms = (time.monotonic() - started) * 1000
                return Completed(exit_code, output.finish(), duration_ms, timed_out, output.truncated)
            try:
                binds = await to_end(self._protection.prepare)
                exit_code, timed_out = await self._call(argv, limits, stdin, output, self._mount, binds)
                duration_ms = (time.monotonic() - started) * 1000
            finally:
                for line in await to_end(self._protection.release):
                    output.note(line)
        return Completed(exit_code, output.finish(), duration_ms, timed_out, output.truncated)

    async def close(self) -> None:
        """Kill a call that still runs, and take no more."""
        self._path = ""
        if self._running is not None:
            _kill(self._running)
        async with self._one_at_a_time:
            if self._scratch is not None:
                self._scratch.close()
                self._scratch = None

    async def _call(
        self,
        argv: Sequence[str],
        limits: Limits,
        stdin: bytes,
        output: CappedOutput,
        mount: Mount,
        binds: Sequence[Bind],
    ) -> tuple[int | None, bool]:
        assert self._scratch is not None
        async with contextlib.AsyncExitStack() as stack:
            processes = limits.processes + _OWN_PROCESSES
            join = await stack.enter_async_context(process_group(processes, self._scratch))
            read_status, write_status = os.pipe()
            stack.callback(os.close, read_status)
            os.set_blocking(read_status, False)
            lifeline = Lifeline(self._scratch)
            stack.callback(lifeline.cut)
            with os.fdopen(write_status, "wb") as status_end:
                inside = [*INSIDE, *limited(argv, limits, processes=_counts_per_namespace())]
                process = await self._spawn(
                    inside, limits, stdin, mount, binds, status_end.fileno(), lifeline, join
                )
            lifeline.started()
            self._running = process
            timed_out, stopped = False, ""
            try:
                async with asyncio.timeout(limits.wall_s):
                    stopped = await self._watch(process, limits, output)
            except TimeoutError:
                timed_out = True
            finally:
                _kill(process)
                lifeline.cut()
                await self._end(process, output)
                self._running = None
            if stopped:
                output.note(f"stopped by the sandbox: {stopped}")
            exit_code = _exit_code(_said(read_status))
        if timed_out:
            return None, True
        if stopped:
            return _KILLED, False
        if exit_code is None:
            raise _failure(process.returncode, output)
        return exit_code, False

    async def _spawn(
        self,
        command: Sequence[str],
        limits: Limits,
        stdin: bytes,
        mount: Mount,
        binds: Sequence[Bind],
        status: int,
        lifeline: Lifeline,
        join: Path | None,
    ) -> asyncio.subprocess.Process:
        """Start bwrap. ``status`` is where it reports; ``join`` the control group to start in."""
        uid, gid = namespace.own_id(os.getuid()), namespace.own_id(os.getgid())
        with contextlib.ExitStack() as stack:
            files = {
                name: stack.enter_context(_in_memory(content))
                for name, content in namespace.account_files(uid, gid).items()
            }
            arguments = namespace.options(mount, binds, limits, files, uid, gid)
            passed = [*files.values(), status]
            if filter_code := seccomp.program():
                passed.append(stack.enter_context(_in_memory(filter_code)))
                arguments += ["--seccomp", str(passed[-1])]
            arguments += ["--json-status-fd", str(status)]
            passed.append(stack.enter_context(_in_memory(namespace.packed(arguments))))
            root = self._mount.root
            try:
                started = host_command(
                    self._path, "--args", str(passed[-1]), "--", *command, workspace=root, fix=_INSTALL
                )
                return await asyncio.create_subprocess_exec(
                    *host_command(*lifeline.command(started, limits.wall_s, join), workspace=root),
                    stdin=stack.enter_context(_in_memory(stdin)),
                    stdout=asyncio.subprocess.PIPE,
                    stderr=lifeline.watched,
                    pass_fds=passed,
                    start_new_session=True,
                    env=lifeline.environment,
                )
            except ProgramError as error:
                raise SandboxError(f"bubblewrap: {error}") from error
            except OSError as error:
                raise SandboxError(f"bubblewrap cannot be started: {error.strerror}; {_INSTALL}") from error

    async def _watch(self, process: asyncio.subprocess.Process, limits: Limits, output: CappedOutput) -> str:
        """Read until the end of the output; why the call must stop, or empty where it ended by itself."""
        reading = asyncio.create_task(_read(process, output))
        room = DiskRoom.of(self._mount.root)
        try:
            while True:
                done, _ = await asyncio.wait({reading}, timeout=LOOK_S)
                if done:
                    return ""
                if excess := tree_excess(process.pid, limits, _OWN_PROCESSES):
                    return excess
                if excess := room.excess(self._mount.root, limits):
                    return excess
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def _end(self, process: asyncio.subprocess.Process, output: CappedOutput) -> None:
        """Wait until nobody holds the output of what was killed any more."""
        try:
            async with asyncio.timeout(_GONE_S):
                await _read(process, output)
                await process.wait()
        except TimeoutError as error:
            fix = "end them by hand"
            raise SandboxError(f"bubblewrap: processes of {process.pid} outlive their kill; {fix}") from error


async def _read(process: asyncio.subprocess.Process, output: CappedOutput) -> None:
    assert process.stdout is not None
    while chunk := await process.stdout.read(_CHUNK):
        output.feed(chunk)


def _kill(process: asyncio.subprocess.Process) -> None:
    """Kill the group: the watch, the timer, bwrap, and the first process of its namespace."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _said(status: int) -> bytes:
    try:
        return os.read(status, _CHUNK)
    except BlockingIOError:
        return b""


def _exit_code(status: bytes) -> int | None:
    """The command's exit code in bwrap's status documents; None where it never ran to its end."""
    import json

    codes = [json.loads(line).get("exit-code") for line in status.splitlines()]
    return next((int(code) for code in codes if code is not None), None)


def _failure(returncode: int | None, output: CappedOutput) -> SandboxError:
    said = output.finish().strip().splitlines()
    line = said[-1] if said else f"bwrap ended with {returncode}"
    fix = "run `apprentice doctor`"
    if any(sign in line for sign in _FORBIDDEN):
        fix = "allow user namespaces (sudo sysctl kernel.unprivileged_userns_clone=1) or use docker"
    elif "Unknown option" in line:
        fix = "bubblewrap 0.8 or newer is needed"
    return SandboxError(f"bubblewrap failed: {line}; {fix}")


def _counts_per_namespace() -> bool:
    """Since Linux 5.14 a limit of processes counts those of the namespace, before that all of the user."""
    major, minor = platform.release().split(".")[:2]
    return (int(major), int(minor)) >= (5, 14)


@contextlib.contextmanager
def _in_memory(content: bytes) -> Iterator[int]:
    """A descriptor that reads ``content``: no pipe to fill, nothing on disk."""
    with os.fdopen(os.memfd_create("apprentice"), "w+b", buffering=0) as file:
        file.write(content)
        file.seek(0)
        yield file.fileno()
