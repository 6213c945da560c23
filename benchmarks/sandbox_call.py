"""The cost of a call in a sandbox: ``python benchmarks/sandbox_call.py [-n 40] [--engine docker]``.

Milliseconds of running ``true``: as a bare subprocess, by the engine alone, and as a call of ours: limits,
protected paths looked for in a tree of 2,000 files, output, the end of all processes.
"""

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from measuring import parser, report

from sandbox.base import Mount, Sandbox, SandboxError
from sandbox.bubblewrap import BubblewrapSandbox
from sandbox.docker import DockerSandbox
from sandbox.egress.networked import NetworkedSandbox
from sandbox.egress.proxy import EgressProxy
from sandbox.image import DEFAULT_NAME, connect

Call = Callable[[], Awaitable[object]]
BARE_BWRAP = (
    *(
        "bwrap",
        "--unshare-all",
        "--die-with-parent",
        "--ro-bind",
        "/",
        "/",
        "--proc",
        "/proc",
        "--dev",
        "/dev",
    ),
    "true",
)


async def process(*argv: str) -> None:
    await (await asyncio.create_subprocess_exec(*argv, stdout=asyncio.subprocess.DEVNULL)).wait()


async def measured(name: str, call: Call, rounds: int) -> dict[str, object]:
    """One line of the table."""
    await call()
    taken = []
    for _ in range(rounds):
        started = time.perf_counter()
        await call()
        taken.append((time.perf_counter() - started) * 1000)
    taken.sort()
    p50, p95 = statistics.median(taken), taken[int(rounds * 0.95) - 1]
    return {"call": name, "least_ms": taken[0], "p50_ms": p50, "p95_ms": p95}


async def docker_alone(mount: Mount, rounds: int) -> dict[str, object]:
    """An exec over the SDK in a container with nothing of ours."""
    client = connect(os.environ.get("DOCKER_HOST", ""))
    held = client.containers.run(DEFAULT_NAME, ["sleep", "infinity"], detach=True, network_mode="none")
    try:
        return await measured("docker exec alone", lambda: asyncio.to_thread(held.exec_run, ["true"]), rounds)
    finally:
        held.remove(force=True)
        client.close()


async def ours(name: str, sandbox: Sandbox, rounds: int) -> dict[str, object]:
    await sandbox.start()
    try:
        return await measured(name, lambda: sandbox.run(["true"]), rounds)
    finally:
        await sandbox.close()


async def measure(engines: list[str], rounds: int) -> list[dict[str, object]]:
    with tempfile.TemporaryDirectory(prefix="sandbox-benchmark-") as folder:
        root = Path(folder).resolve() / "project"
        for number in range(2000):
            file = root / f"d{number // 50}" / f"f{number}.py"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("value = 1\n")
        mount = Mount(root)
        rows = [await measured("bare subprocess", lambda: process("true"), rounds)]
        if "bubblewrap" in engines:
            rows.append(await measured("bwrap alone", lambda: process(*BARE_BWRAP), rounds))
            rows.append(await ours("bubblewrap", BubblewrapSandbox(mount), rounds))
            listed = NetworkedSandbox(BubblewrapSandbox, mount, EgressProxy(("github.com",)))
            rows.append(await ours("bubblewrap with a list of domains", listed, rounds))
        if "docker" in engines:
            rows.append(await docker_alone(mount, rounds))
            rows.append(await ours("docker", DockerSandbox(mount, DEFAULT_NAME), rounds))
        return rows


if __name__ == "__main__":
    arguments = parser(__doc__ or "")
    arguments.add_argument("-n", type=int, default=40, metavar="CALLS", help="calls of each kind")
    arguments.add_argument(
        "--engine", action="append", choices=["bubblewrap", "docker"], help="default: both"
    )
    given = arguments.parse_args()
    try:
        found = asyncio.run(measure(given.engine or ["bubblewrap", "docker"], given.n))
    except SandboxError as error:
        raise SystemExit(str(error)) from error
    report("sandbox: milliseconds of one call", found, {"calls": given.n}, given.json)
