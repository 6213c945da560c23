"""A18: the engine is away, dies in the middle, or lacks the image; and what dead sessions left."""

import asyncio
import contextlib
import io
import subprocess
import sys
import tarfile
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from sandbox.base import Limits, Mount, SandboxError, SandboxLost
from sandbox.choose import choose
from sandbox.container import LABEL, Container
from sandbox.docker import DockerSandbox
from sandbox.image import DEFAULT_NAME, connect, ensure_image, has_image, import_rootfs
from sandbox.settings import SandboxSettings

if TYPE_CHECKING:
    from docker import DockerClient


async def test_A18_absent_engine_is_one_line_with_the_fix(workspace: Path, tmp_path: Path) -> None:
    sandbox = DockerSandbox(Mount(workspace), "any", base_url=f"unix://{tmp_path}/absent.sock")
    with pytest.raises(SandboxError, match="no engine answers") as caught:
        await sandbox.start()
    assert "start docker" in str(caught.value) and "\n" not in str(caught.value)
    await sandbox.close()


async def test_A18_something_else_on_the_socket(workspace: Path, tmp_path: Path) -> None:
    async def rude(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        writer.close()

    server = await asyncio.start_unix_server(rude, str(tmp_path / "s"))
    with pytest.raises(SandboxError, match="no engine answers"):
        await DockerSandbox(Mount(workspace), "any", base_url=f"unix://{tmp_path}/s").start()
    server.close()


@pytest.mark.parametrize(("listed", "quiet"), [(None, False), ([["1"]], True), ([["1"], ["2"]], False)])
def test_A18_a_container_just_killed_is_not_quiet(listed: list[list[str]] | None, quiet: bool) -> None:
    client = SimpleNamespace(api=SimpleNamespace(top=lambda _: {"Processes": listed}))
    assert Container(cast("DockerClient", client), "any", None, (), Limits()).is_quiet() is quiet


@pytest.mark.docker
async def test_A18_missing_image_names_the_command(workspace: Path, docker_engine: str | None) -> None:
    sandbox = DockerSandbox(Mount(workspace), "no-such-image", base_url=docker_engine)
    with pytest.raises(SandboxError, match=r"python -m sandbox\.image build"):
        await sandbox.start()
    await sandbox.close()


class Proxy:
    """Stands between a client and the engine's socket, so that the engine can "die"."""

    def __init__(self, path: Path, engine: str) -> None:
        self.path, self._engine = path, engine.removeprefix("unix://")
        self._writers: list[asyncio.StreamWriter] = []
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_unix_server(self._serve, str(self.path))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_unix_connection(self._engine)
        self._writers += [writer, inner_writer]
        await asyncio.gather(self._copy(reader, inner_writer), self._copy(inner_reader, writer))

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                writer.write(data)
            if writer.can_write_eof():
                writer.write_eof()
        except OSError:
            writer.close()

    def die(self) -> None:
        assert self._server is not None
        self._server.close()
        self.path.unlink()
        for writer in self._writers:
            writer.transport.abort()


@pytest.mark.docker
async def test_A18_engine_that_dies_in_the_middle_is_a_failure_of_the_sandbox(
    workspace: Path, tmp_path: Path, docker_engine: str | None
) -> None:
    proxy = Proxy(tmp_path / "proxy.sock", docker_engine or "unix:///var/run/docker.sock")
    await proxy.start()
    sandbox = DockerSandbox(Mount(workspace), DEFAULT_NAME, base_url=f"unix://{proxy.path}")
    await sandbox.start()
    started = asyncio.Event()
    task = asyncio.create_task(
        sandbox.run(["sh", "-c", "echo started; sleep 300"], on_output=lambda _: started.set())
    )
    await started.wait()
    proxy.die()
    with pytest.raises(SandboxError) as caught:
        await asyncio.wait_for(task, 60)
    assert "docker" in str(caught.value) and "\n" not in str(caught.value)
    with pytest.raises(SandboxError):
        await sandbox.close()
    leave_no_container(docker_engine, workspace)


def leave_no_container(host: str | None, workspace: Path) -> None:
    """Remove the workspace's containers, also those that the engine is removing by itself."""
    from docker.errors import APIError, NotFound

    client = connect(host or "")
    for found in client.containers.list(filters={"label": LABEL}, ignore_removed=True):
        if any(mount["Source"] == str(workspace) for mount in found.attrs["Mounts"]):
            try:
                found.remove(force=True)
            except NotFound:
                continue
            except APIError as error:
                if error.status_code != 409:
                    raise
                with contextlib.suppress(NotFound):
                    found.wait(condition="removed", timeout=60)
    client.close()


@pytest.mark.docker
async def test_A18_container_removed_by_somebody_is_made_again(
    workspace: Path, docker_engine: str | None
) -> None:
    sandbox = DockerSandbox(Mount(workspace), DEFAULT_NAME, base_url=docker_engine)
    await sandbox.start()
    leave_no_container(docker_engine, workspace)
    with pytest.raises(SandboxLost, match="is gone"):
        await sandbox.run(["touch", "ran"])
    assert not (workspace / "ran").exists()
    assert (await sandbox.run(["echo", "again"])).output == "again\n"
    await sandbox.close()


@pytest.mark.docker
async def test_A18_what_was_lost_is_proven_again_before_the_next_call(
    workspace: Path, docker_engine: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if docker_engine:
        monkeypatch.setenv("DOCKER_HOST", docker_engine)
    chosen = await choose(SandboxSettings(engine="docker"), Mount(workspace))
    assert chosen.sandbox is not None
    leave_no_container(docker_engine, workspace)
    assert (await chosen.sandbox.run(["echo", "again"])).output == "again\n"
    await chosen.sandbox.close()


@pytest.mark.docker
async def test_container_of_a_killed_session_is_removed_by_the_next(
    workspace: Path, docker_engine: str | None
) -> None:
    source = (
        "import asyncio, os, signal, sys\nfrom pathlib import Path\n"
        "from sandbox.base import Mount\nfrom sandbox.docker import DockerSandbox\n"
        "async def main():\n"
        "    mount, image, host = Mount(Path(sys.argv[1])), sys.argv[3], sys.argv[2] or None\n"
        "    await DockerSandbox(mount, image, base_url=host).start()\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "asyncio.run(main())\n"
    )
    command = [sys.executable, "-c", source, str(workspace), docker_engine or "", DEFAULT_NAME]
    subprocess.run(command, check=False)
    client = connect(docker_engine or "")

    def owners() -> list[str]:
        return [
            found.labels[LABEL]
            for found in client.containers.list(filters={"label": LABEL}, ignore_removed=True)
            if any(mount["Source"] == str(workspace) for mount in found.attrs["Mounts"])
        ]

    (dead,) = owners()
    sandbox = DockerSandbox(Mount(workspace), DEFAULT_NAME, base_url=docker_engine)
    await sandbox.start()
    assert len(owners()) == 1 and dead not in owners()
    await sandbox.close()
    assert owners() == []
    client.close()


@pytest.mark.docker
async def test_replaced_config_is_protected_again(workspace: Path, docker_engine: str | None) -> None:
    sandbox = DockerSandbox(Mount(workspace), DEFAULT_NAME, base_url=docker_engine)
    await sandbox.start()
    subprocess.run(["git", "-C", str(workspace), "config", "user.name", "person"], check=True)
    before = (workspace / ".git/config").read_bytes()
    assert (await sandbox.run(["sh", "-c", "echo evil >> .git/config"])).exit_code != 0
    await sandbox.close()
    assert (workspace / ".git/config").read_bytes() == before


@pytest.mark.docker
def test_image_that_is_there_is_not_built(docker_engine: str | None) -> None:
    client = connect(docker_engine or "")
    before = client.images.get(DEFAULT_NAME).id
    ensure_image(client, DEFAULT_NAME)
    assert client.images.get(DEFAULT_NAME).id == before
    client.close()


@pytest.mark.docker
def test_root_file_system_becomes_an_image(docker_engine: str | None, tmp_path: Path) -> None:
    name = "apprentice-sandbox-test-import"
    with tarfile.open(tmp_path / "rootfs.tar", "w") as archive:
        entry = tarfile.TarInfo("etc/hello")
        entry.size = 5
        archive.addfile(entry, io.BytesIO(b"hello"))
    client = connect(docker_engine or "")
    import_rootfs(client, tmp_path / "rootfs.tar", name)
    assert has_image(client, name)
    client.images.remove(name)
    client.close()


@pytest.mark.docker
def test_what_is_no_archive_is_refused_with_the_recipe(docker_engine: str | None, tmp_path: Path) -> None:
    (tmp_path / "x.tar").write_text("<html>")
    client = connect(docker_engine or "")
    with pytest.raises(SandboxError, match="mmdebstrap"):
        import_rootfs(client, tmp_path / "x.tar", "any")
    client.close()


@pytest.mark.slow
def test_command_line_says_where_no_engine_answers(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sandbox.image", "build", "--host", f"unix://{tmp_path}/absent.sock"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "no engine answers" in done.stderr and "Traceback" not in done.stderr
