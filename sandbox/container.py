"""The session's container, spoken to through the Docker SDK; blocking, for use in a thread.

Invariant: every error of the engine leaves here as SandboxError with one line that names the fix, and a
container names the process it belongs to, so that a later session removes what a dead one left.
"""

import contextlib
import os
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.base import Limits, Mount, SandboxError
from sandbox.launch import INSIDE_SOCKET, environment
from sandbox.protection import Bind

if TYPE_CHECKING:
    from docker import DockerClient

LABEL = "apprentice.sandbox"
_FIRST_PROCESS = ["/usr/bin/env", "--ignore-signal=CHLD", "/bin/cat"]
"""Ends with its input, which this program holds, so that the container ends with this program, however that
ends. It reaps orphans (it ignores SIGCHLD; a trap of dash ends at exec), and is beyond ``kill -1``."""
_OWN_PROCESSES = 3


class Container:
    """One running container, made for the protected paths and the limits that ``fits`` compares."""

    def __init__(
        self, client: "DockerClient", identifier: str, held: Any, binds: tuple[Bind, ...], limits: Limits
    ) -> None:
        self._client = client
        self._identifier = identifier
        self._held = held
        self._binds = binds
        self._limits = limits

    @classmethod
    def create(
        cls, client: "DockerClient", image: str, mount: Mount, binds: tuple[Bind, ...], limits: Limits
    ) -> "Container":
        """Create and start it. Raises SandboxError."""
        from docker.errors import DockerException

        with engine_errors(image):
            made = client.containers.create(image, **_options(client, mount, binds, limits))
            try:
                held = client.api.attach_socket(str(made.id), params={"stdin": 1, "stream": 1})
                made.start()
            except BaseException:
                with contextlib.suppress(DockerException):  # what went wrong first is what is told
                    _remove(client, str(made.id))
                raise
        return cls(client, str(made.id), held, binds, limits)

    @staticmethod
    def reap(client: "DockerClient") -> None:
        """Remove the containers of sessions of this machine whose process has ended."""
        place = _owner(os.getpid()).rsplit(":", 2)[0]
        for found in client.containers.list(all=True, filters={"label": LABEL}, ignore_removed=True):
            owner = found.labels.get(LABEL, "")
            if owner.startswith(place + ":") and owner != _owner(int(owner.split(":")[-2])):
                _remove(client, str(found.id))

    def fits(self, binds: tuple[Bind, ...], limits: Limits) -> bool:
        """Whether it protects ``binds`` and bounds a call by ``limits``."""
        same = (limits.memory_bytes, limits.processes) == (self._limits.memory_bytes, self._limits.processes)
        return same and binds == self._binds

    def runs(self) -> bool:
        """Whether it is still there and runs."""
        from docker.errors import NotFound

        with engine_errors():
            try:
                return bool(self._client.api.inspect_container(self._identifier)["State"]["Running"])
            except NotFound:
                return False

    def call(self, command: Sequence[str], stdin: bytes) -> "ContainerCall":
        """Start ``command`` in it."""
        with engine_errors():
            made = self._client.api.exec_create(self._identifier, list(command), stdin=bool(stdin))
            stream = self._client.api.exec_start(made["Id"], socket=True)
        return ContainerCall(self._client, made["Id"], stream, stdin)

    def is_quiet(self) -> bool:
        """Whether only the first process is left; the engine lists none where that has just been killed."""
        from docker.errors import APIError

        with engine_errors():
            try:
                return len(self._client.api.top(self._identifier)["Processes"] or ()) == 1
            except APIError:
                return False

    def remove(self) -> None:
        """Kill everything in it and remove it; absent already is fine."""
        with engine_errors():
            _remove(self._client, self._identifier)
        self._held.close()


class ContainerCall:
    """One exec: its output, and how it ended."""

    def __init__(self, client: "DockerClient", identifier: str, stream: Any, stdin: bytes) -> None:
        self._client = client
        self._identifier = identifier
        self._stream = stream
        self._stdin = stdin

    def read(self, feed: Callable[[bytes], None]) -> None:
        """Pass on the output until its end."""
        from docker.utils.socket import frames_iter

        frames: Callable[..., Iterator[tuple[int, bytes]]] = frames_iter

        connection = getattr(self._stream, "_sock", self._stream)
        writer = threading.Thread(target=_write, args=(connection, self._stdin), daemon=True)
        writer.start()
        try:
            with engine_errors():
                for _, chunk in frames(self._stream, tty=False):
                    feed(chunk)
        finally:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            writer.join()
            self._stream.close()

    def exit_code(self) -> int:
        """The exit code, after the end of the output."""
        with engine_errors():
            state = self._client.api.exec_inspect(self._identifier)
        if state["ExitCode"] is None:
            raise SandboxError("docker: the engine lost the end of a call; try again, or restart docker")
        return int(state["ExitCode"])


@contextlib.contextmanager
def engine_errors(image: str = "") -> Iterator[None]:
    """Turn the engine's errors into SandboxError with one line that names the fix."""
    import requests
    from docker.errors import APIError, DockerException, ImageNotFound

    try:
        yield
    except ImageNotFound as error:
        fix = "make it: python -m sandbox.image build"
        raise SandboxError(f"docker: image {image or 'of the sandbox'} is missing; {fix}") from error
    except APIError as error:
        said = " ".join(str(error.explanation or error).split())
        raise SandboxError(f"docker: the engine refused: {said}; see `docker info`") from error
    except (DockerException, requests.RequestException, OSError, ValueError) as error:
        where = os.environ.get("DOCKER_HOST", "the default socket")
        fix = "start it: sudo systemctl start docker, and join its group"
        raise SandboxError(f"docker: no engine answers at {where}; {fix}") from error


def _options(client: "DockerClient", mount: Mount, binds: Sequence[Bind], limits: Limits) -> dict[str, Any]:
    from docker.types import Mount as Bound

    root = str(mount.root)
    bound = [Bound(root, root, type="bind", read_only=not mount.writable)]
    bound += [Bound(str(b.path), str(b.path), type="bind", read_only=not b.writable) for b in binds]
    if mount.egress:
        bound.append(Bound(INSIDE_SOCKET, str(mount.egress), type="bind", read_only=True))
    return {
        "entrypoint": _FIRST_PROCESS,
        "stdin_open": True,
        "user": _user(client, mount.root),
        "working_dir": root,
        "environment": environment(mount),
        "network_mode": "none",
        "ipc_mode": "private",
        "hostname": "sandbox",
        "read_only": True,
        "mounts": bound,
        "tmpfs": {"/tmp": f"rw,exec,nosuid,nodev,mode=1777,size={limits.memory_bytes}"},
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "mem_limit": limits.memory_bytes,
        "memswap_limit": limits.memory_bytes,
        "pids_limit": limits.processes + _OWN_PROCESSES,
        "labels": {LABEL: _owner(os.getpid())},
        "healthcheck": {"test": ["NONE"]},
        "auto_remove": True,
        "use_config_proxy": False,
    }


def _user(client: "DockerClient", root: Path) -> str:
    """The owner of the workspace; root of a rootless engine is the person, whoever that is."""
    if any("rootless" in option for option in client.info().get("SecurityOptions") or ()):
        return "0:0"
    owner = root.stat()
    return f"{owner.st_uid}:{owner.st_gid}"


def _owner(pid: int) -> str:
    """Machine, process namespace, pid and its start: equal for the same living process only."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    try:
        started = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (FileNotFoundError, ProcessLookupError):
        started = "ended"
    return f"{boot}:{Path('/proc/self/ns/pid').stat().st_ino}:{pid}:{started}"


def _remove(client: "DockerClient", identifier: str) -> None:
    from docker.errors import APIError, NotFound

    try:
        client.api.remove_container(identifier, force=True)
    except NotFound:
        return
    except APIError as error:
        if error.status_code != 409:  # 409: its removal is already under way
            raise


def _write(connection: socket.socket, stdin: bytes) -> None:
    """Feed stdin and close it; the program may end without reading it."""
    with contextlib.suppress(OSError):
        if stdin:
            connection.sendall(stdin)
            connection.shutdown(socket.SHUT_WR)
