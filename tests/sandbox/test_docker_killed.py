"""A18: kill -9 of the program ends its container, without any next start."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sandbox.container import LABEL
from sandbox.image import DEFAULT_NAME, connect

ROOT = Path(__file__).parents[2]
PROGRAM = """
import asyncio, sys
from pathlib import Path
from sandbox.base import Mount
from sandbox.docker import DockerSandbox

async def main():
    sandbox = DockerSandbox(Mount(Path(sys.argv[1])), sys.argv[2])
    await sandbox.start()
    print("started", flush=True)
    await sandbox.run(["sh", "-c", "echo > runs; setsid sleep 1000 & exec sleep 1000"])

asyncio.run(main())
"""


@pytest.mark.docker
@pytest.mark.parametrize("moment", ["between two calls", "in a call", "stopped"])
def test_A18_kill_9_ends_the_container(workspace: Path, docker_engine: str | None, moment: str) -> None:
    command = [sys.executable, "-P", "-c", PROGRAM, str(workspace), DEFAULT_NAME]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    running = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, start_new_session=True)
    assert running.stdout is not None and running.stdout.readline() == b"started\n"
    client = connect(docker_engine or "")

    def ours() -> list[str]:
        found = client.containers.list(all=True, filters={"label": LABEL}, ignore_removed=True)
        return [str(one.id) for one in found if f":{running.pid}:" in one.labels.get(LABEL, "")]

    end = time.monotonic() + 60
    while moment != "between two calls" and not (workspace / "runs").exists():
        assert time.monotonic() < end
        time.sleep(0.02)
    assert ours()
    if moment == "stopped":
        running.send_signal(signal.SIGSTOP)
    running.kill()
    running.wait()
    running.stdout.close()
    while ours():
        assert time.monotonic() < end
        time.sleep(0.05)
    client.close()


@pytest.mark.parametrize(
    "host",
    [
        "garbage",
        "ssh://x",
        "unix://",
        "npipe://x",
        "tcp://",
        "tcp://[::1",
        "https://127.0.0.1:x",
        "tcp://a b",
    ],
)
async def test_A18_an_odd_address_of_the_engine_is_one_line(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    from sandbox.base import Mount, SandboxError
    from sandbox.docker import DockerSandbox

    monkeypatch.setenv("DOCKER_HOST", host)
    with pytest.raises(SandboxError, match="no engine answers") as caught:
        await DockerSandbox(Mount(workspace), "any").start()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "image", ["--privileged", "../x", "a/../../b", "a b", "", "a\nb", "http://x?", "A", "x" * 300]
)
def test_A18_what_names_no_image_is_no_setting(image: str) -> None:
    from pydantic import ValidationError

    from sandbox.settings import SandboxSettings

    with pytest.raises(ValidationError, match="name of an image"):
        SandboxSettings(image=image)
