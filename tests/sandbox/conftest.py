"""Back ends under test: each contract and hazard test runs on every engine that this machine has."""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from sandbox.base import Completed, Mount, Sandbox, SandboxError
from sandbox.image import DEFAULT_NAME
from tests.marks import sleep_mark

BACK_ENDS = [
    pytest.param("bubblewrap", marks=pytest.mark.bubblewrap),
    pytest.param("docker", marks=pytest.mark.docker),
]


def docker_host() -> str | None:
    """The engine for tests; None is the one at the default socket."""
    return os.environ.get("DOCKER_HOST")


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """An ordinary project folder under git, with one file."""
    root = (tmp_path / "project").resolve()
    root.mkdir()
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    (root / "main.py").write_text("print('hello')\n")
    return root


@pytest.fixture
def plain_folder(tmp_path: Path) -> Path:
    """A project folder without git."""
    root = (tmp_path / "plain").resolve()
    root.mkdir()
    return root


@pytest.fixture(scope="session")
def docker_engine() -> str | None:
    """The engine's address, or a skip with the reason."""
    from sandbox.image import connect, has_image

    host = docker_host()
    try:
        client = connect(host or "")
    except SandboxError as error:
        pytest.skip(f"no Docker engine: {error}")
    if not has_image(client, DEFAULT_NAME):
        pytest.skip(f"the engine has no image {DEFAULT_NAME}")
    client.close()
    return host


@pytest.fixture
def make_sandbox(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str, Mount], Sandbox]:
    """Make a back end by name, or skip with the reason."""

    def make(name: str, mount: Mount) -> Sandbox:
        if name == "docker":
            from sandbox.docker import DockerSandbox

            return DockerSandbox(mount, DEFAULT_NAME, base_url=request.getfixturevalue("docker_engine"))
        from sandbox.bubblewrap import BubblewrapSandbox

        if shutil.which("bwrap") is None:
            pytest.skip("bwrap is not installed")
        return BubblewrapSandbox(mount)

    return make


@pytest.fixture(params=BACK_ENDS)
def back_end(request: pytest.FixtureRequest) -> str:
    """The name of each back end in turn."""
    return str(request.param)


@pytest.fixture
async def sandbox(
    back_end: str, workspace: Path, make_sandbox: Callable[[str, Mount], Sandbox]
) -> AsyncIterator[Sandbox]:
    """A started sandbox on ``workspace``."""
    made = make_sandbox(back_end, Mount(workspace))
    await made.start()
    yield made
    await made.close()


@pytest.fixture
def python(sandbox: Sandbox) -> Callable[..., "object"]:
    """Run Python source inside: ``await python(source, *arguments, **run_options)``."""

    async def run(source: str, *arguments: str, **options: object) -> Completed:
        return await sandbox.run(["python3", "-c", source, *arguments], **options)  # type: ignore[arg-type]

    return run


@pytest.fixture
def shell(sandbox: Sandbox) -> Callable[..., "object"]:
    """Run a shell command inside: ``await shell(command, **run_options)``."""

    async def run(command: str, **options: object) -> Completed:
        return await sandbox.run(["sh", "-c", command], **options)  # type: ignore[arg-type]

    return run


@pytest.fixture
def sleepers() -> Iterator[Callable[[str], list[int]]]:
    """Host pids whose command line holds a mark: what a call left behind."""

    def find(mark: str) -> list[int]:
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                line = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if mark.encode() in line and int(entry.name) != os.getpid():
                found.append(int(entry.name))
        return found

    assert sys.platform == "linux"
    yield find


@pytest.fixture
def mark() -> str:
    """What a process of this test sleeps for."""
    return sleep_mark()


@pytest.fixture
def none_left(sleepers: Callable[[str], list[int]]) -> Callable[[str], Awaitable[None]]:
    """Wait until the kernel has taken away all that holds a mark, which was killed."""

    async def wait(mark: str) -> None:
        async with asyncio.timeout(60):
            while sleepers(mark):
                await asyncio.sleep(0.02)

    return wait
